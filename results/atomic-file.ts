/**
 * Files that are there whole or not at all: written beside their place, synced, renamed onto it.
 *
 * Own code because write-file-atomic 8 takes a short write for a whole one: on a full disk it renames a file that is cut
 * off, without an error.
 */
import { open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { onDisk } from './record-error.ts'

const UNFINISHED = '.unfinished'

/** Replaces the file at `path`. Throws a RecordError that names it; the old content then stays. One writer at a time. */
export function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  return onDisk(path, async () => {
    const unfinished = join(dirname(path), `${basename(path)}${UNFINISHED}`)
    try {
      const file = await open(unfinished, 'w')
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, path)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  })
}

/** Removes what a killed process left of files it was writing in `dir`. */
export async function removeUnfinished(dir: string): Promise<void> {
  for (const name of await onDisk(dir, () => readdir(dir))) {
    if (name.endsWith(UNFINISHED)) await onDisk(join(dir, name), () => rm(join(dir, name)))
  }
}
