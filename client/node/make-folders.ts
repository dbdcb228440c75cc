/**
 * Makes a folder and those above it that are missing. Own code because Node's `mkdir` with `recursive` never comes back
 * where the system says "no such folder" though the parent is there, as under /proc (Node 24).
 */
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/** Throws the system's error; `ENOTDIR` where a file is in the way. */
export async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && path.dirname(folder) !== folder && !(await isThere(path.dirname(folder)))) {
      await makeFolders(path.dirname(folder))
      await mkdir(folder)
      return
    }
    if (code !== 'EEXIST') throw error
    await stat(`${folder}${path.sep}.`) // through its place as a folder, which a file is not
  }
}

function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  )
}
