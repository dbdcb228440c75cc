/** What lies where a torrent's files belong: looked at, and made where it is missing, before anything is written. */
import { constants, type Stats } from 'node:fs'
import { mkdir, open, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import { type FileStat, NO_FILE } from '../ports/storage.ts'
import { naming, StorageError } from './files-faults.ts'
import { makeFolders } from './make-folders.ts'

/** Beside the content of all torrents of a folder; none of them may be called like it. */
export const STATE_FOLDER = '.swarmlab'

/** The segments were sanitised when the torrent was read; this is the second lock on the same door. */
export function pathInside(rootDir: string, segments: readonly string[]): string {
  const bad = (segment: string) => segment === '' || segment === '.' || segment === '..' || /[/\\\0]/.test(segment)
  if (segments.length === 0 || segments.some(bad)) throw new RangeError(`not a safe path: ${JSON.stringify(segments)}`)
  return path.join(rootDir, ...segments)
}

/** Makes what is missing. Throws a StorageError where something else is in the way. */
export async function prepareFiles(rootDir: string, files: readonly TorrentContentFile[]): Promise<FileStat[]> {
  await naming(rootDir, () => makeFolders(rootDir))
  const rootPath = await realpath(rootDir)
  const folders = new Set<string>()
  const found: FileStat[] = []
  for (const file of files) {
    if (file.pad) {
      found.push(NO_FILE)
      continue
    }
    if (file.path[0]!.toLowerCase() === STATE_FOLDER) {
      throw refused(`${path.join(rootDir, STATE_FOLDER)}: is for resume states, and no place for a torrent`)
    }
    for (let depth = 1; depth < file.path.length; depth++) {
      const folder = path.join(rootDir, ...file.path.slice(0, depth))
      if (folders.has(folder)) continue
      await naming(folder, () => prepareFolder(folder, rootPath))
      folders.add(folder)
    }
    const filePath = pathInside(rootDir, file.path)
    found.push(await naming(filePath, () => prepareFile(filePath, file.lengthBytes)))
  }
  return found
}

/**
 * Makes nothing: what is not there, or is no file, is of 0 bytes. Links are followed, since what is read is checked
 * against its hash and nothing is written. Throws a StorageError where `rootDir` is not there or one may not look.
 */
export async function lookAtFiles(rootDir: string, files: readonly TorrentContentFile[]): Promise<FileStat[]> {
  await naming(rootDir, () => stat(`${rootDir}${path.sep}.`)) // through its place as a folder, which a file is not
  const found: FileStat[] = []
  for (const file of files) {
    const filePath = pathInside(rootDir, file.path)
    found.push(file.pad ? NO_FILE : await naming(filePath, () => statOrNone(filePath)))
  }
  return found
}

export async function statOrNone(filePath: string): Promise<FileStat> {
  try {
    const found = await stat(filePath)
    return found.isFile() ? statOf(found) : NO_FILE
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return NO_FILE
    throw error
  }
}

/** Its parent is a real folder inside already, so nothing is made elsewhere. `rootPath` has no links in it. */
export async function prepareFolder(folder: string, rootPath: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const inRoot = path.relative(rootPath, await realpath(folder))
    if (inRoot === '..' || inRoot.startsWith(`..${path.sep}`)) throw refused(`${folder}: leads out of ${rootPath}`)
    if (!(await stat(folder)).isDirectory()) throw refused(`${folder}: there is a file in place of this folder`)
  }
}

/** Makes the file, or finds it as it may be. */
async function prepareFile(filePath: string, lengthBytes: number): Promise<FileStat> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(filePath, flags)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw refused(`${filePath}: is there, and is no regular file`)
    refuseLonger(filePath, found.size, lengthBytes)
    return statOf(found)
  } finally {
    await handle.close()
  }
}

/** A file that is longer than the torrent's must be somebody else's, and is never cut. */
export function refuseLonger(filePath: string, foundBytes: number, lengthBytes: number): void {
  if (foundBytes <= lengthBytes) return
  throw refused(`${filePath}: has ${foundBytes} bytes, the torrent's has ${lengthBytes}; move it away`)
}

function refused(detail: string): StorageError {
  return new StorageError({ code: 'not-writable', detail })
}

function statOf({ size, mtimeMs }: Stats): FileStat {
  return { lengthBytes: size, modifiedMs: mtimeMs }
}
