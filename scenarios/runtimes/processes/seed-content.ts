/** The content of a plan as a file, for a client that has it when it arrives. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { SyntheticContent, syntheticName } from '../../../client/metainfo/synthetic-content.ts'
import type { ContentPlan } from '../../engine/swarm-plan.ts'

const CHUNK_BYTES = 1_048_576

export async function writeContent({ totalBytes, contentSeed }: ContentPlan, folder: string): Promise<void> {
  const content = new SyntheticContent(totalBytes, contentSeed)
  const file = await open(contentPath({ totalBytes, contentSeed }, folder), 'w')
  try {
    for (let at = 0; at < totalBytes; at += CHUNK_BYTES) {
      await file.writeFile(content.read(at, Math.min(CHUNK_BYTES, totalBytes - at)))
    }
  } finally {
    await file.close()
  }
}

export function contentPath(content: Pick<ContentPlan, 'totalBytes' | 'contentSeed'>, folder: string): string {
  return join(folder, syntheticName(content.totalBytes, content.contentSeed))
}
