/** The content of a plan as files, for a client that has it when it arrives; and where one that got it has it. */
import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SyntheticContent, syntheticFiles, syntheticName } from '../../../client/metainfo/synthetic-content.ts'
import type { ContentPlan } from '../../engine/swarm-plan.ts'

const CHUNK_BYTES = 1_048_576

export async function writeContent(plan: ContentPlan, folder: string): Promise<void> {
  const content = new SyntheticContent(plan.totalBytes, plan.contentSeed)
  for (const { path, offsetBytes, lengthBytes } of contentFiles(plan, folder)) {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'w')
    try {
      for (let at = 0; at < lengthBytes; at += CHUNK_BYTES) {
        await file.writeFile(content.read(offsetBytes + at, Math.min(CHUNK_BYTES, lengthBytes - at)))
      }
    } finally {
      await file.close()
    }
  }
}

export interface ContentFile {
  readonly path: string
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/** In order: one after another they are the content. */
export function contentFiles({ totalBytes, contentSeed, fileBytes }: ContentPlan, folder: string): ContentFile[] {
  const path = contentPath({ totalBytes, contentSeed }, folder)
  if (fileBytes === undefined) return [{ path, offsetBytes: 0, lengthBytes: totalBytes }]
  return syntheticFiles(totalBytes, fileBytes).map((file) => ({ ...file, path: join(path, ...file.path) }))
}

/** The file, or the folder of files. */
export function contentPath(content: Pick<ContentPlan, 'totalBytes' | 'contentSeed'>, folder: string): string {
  return join(folder, syntheticName(content.totalBytes, content.contentSeed))
}
