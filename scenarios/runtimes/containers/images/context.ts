/**
 * What an image is built from: its Dockerfile, and perhaps Node, packages and sources of this project. Listed and hashed
 * first, so that an image that has it all already is not built; laid out in a folder only for a build.
 */
import { createHash } from 'node:crypto'
import { cp, glob, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { packageFolders } from './packages.ts'
import type { ImagePlan } from './plans.ts'

/** Runs in a container; tests and what they share do not. */
const SOURCES = ['client', 'links', 'simulator', 'seeder', 'tracker-mock', 'results', 'scenarios'].map(
  (room) => `${room}/**/*.{ts,mjs}`,
)
const NO_SOURCES = ['**/*.test.ts', '**/*.testing.ts', '**/*.compliance.ts', 'results/runs/**', 'client/fuzz/**']

/** Hex; another hash, another image. */
export async function inputsHash(projectFolder: string, plan: ImagePlan, baseId: string): Promise<string> {
  const hash = createHash('sha256').update(baseId).update(process.versions.node)
  hash.update(await readFile(join(projectFolder, plan.dockerfile)))
  for (const folder of packageFolders(projectFolder, plan.packages)) {
    const { version } = JSON.parse(await readFile(join(projectFolder, folder, 'package.json'), 'utf8'))
    hash.update(`${folder} ${version}\n`)
  }
  if (plan.hasSources) {
    for (const path of await sourcePaths(projectFolder)) {
      hash.update(`${path}\n`).update(await readFile(join(projectFolder, path)))
    }
  }
  return hash.digest('hex')
}

export async function layOut(projectFolder: string, plan: ImagePlan, into: string): Promise<void> {
  await cp(join(projectFolder, plan.dockerfile), join(into, 'Dockerfile'))
  if (plan.packages.length > 0) {
    await cp(process.execPath, join(into, 'node'))
    for (const folder of packageFolders(projectFolder, plan.packages)) {
      await cp(join(projectFolder, folder), join(into, folder), {
        recursive: true,
        dereference: true,
        // Its own packages come on the list where they are needed.
        filter: (source) => !source.slice(join(projectFolder, folder).length).includes('/node_modules'),
      })
    }
  }
  if (!plan.hasSources) return
  for (const path of [...(await sourcePaths(projectFolder)), 'package.json']) {
    const to = join(into, 'sources', path)
    await mkdir(dirname(to), { recursive: true })
    await cp(join(projectFolder, path), to)
  }
}

async function sourcePaths(projectFolder: string): Promise<readonly string[]> {
  const paths: string[] = []
  for await (const path of glob(SOURCES, { cwd: projectFolder, exclude: NO_SOURCES })) paths.push(path)
  return paths.sort()
}
