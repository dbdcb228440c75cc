/**
 * Files that are there whole or not at all: written beside their place, synced, renamed onto it.
 *
 * Own code because write-file-atomic 8 takes a short write for a whole one, and so leaves a cut file on a full disk.
 */
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Replaces the file at `path`; when that fails, what was there stays. Throws the system's error, of that path. Without
 * `synced` that holds for a process that dies, but not for a power failure.
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | string,
  { synced = true }: { readonly synced?: boolean } = {},
): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}.unfinished`)
  try {
    const file = await open(unfinished, 'w')
    try {
      await file.writeFile(content)
      if (synced) await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error instanceof Error ? Object.assign(error, { path }) : error
  }
}
