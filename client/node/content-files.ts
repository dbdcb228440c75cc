/**
 * The files below a path, as a torrent is to list them: sorted by the bytes of their paths. A name that would come out
 * of a .torrent as another one is refused here, since nobody could then seed the content under it.
 */
import { isUtf8 } from 'node:buffer'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { FOLDERS_DEEP_MAX } from '../metainfo/file-list.ts'
import { safeName, safeSegment } from '../metainfo/safe-path.ts'
import { describeSystemError, usageError } from './command-error.ts'
import { NAME_PLATFORM } from './read-torrent.ts'

export interface LocalContent {
  readonly name: string
  readonly kind: 'single' | 'multi'
  readonly files: readonly LocalFile[]
}

export interface LocalFile {
  readonly diskPath: string
  /** Below the content's name; empty for a single file. */
  readonly path: readonly string[]
  readonly lengthBytes: number
}

/** `path` is resolved already. Throws a usage error that names the path. Empty folders are left out: a torrent has none. */
export async function listContent(path: string): Promise<LocalContent> {
  try {
    const name = basename(path)
    if (name !== safeName(name, '_', NAME_PLATFORM)) throw badName(path)
    const entry = await stat(path)
    if (entry.isFile()) return { name, kind: 'single', files: [{ diskPath: path, path: [], lengthBytes: entry.size }] }
    if (!entry.isDirectory()) throw usageError(`${path}: is neither a file nor a folder`)
    const files = await listFolder(path, [])
    if (files.length === 0) throw usageError(`${path}: has no files`)
    return { name, kind: 'multi', files: files.sort(byPath) }
  } catch (error) {
    const problem = describeSystemError(error)
    throw problem === null ? error : usageError(problem)
  }
}

async function listFolder(folder: string, path: readonly string[]): Promise<LocalFile[]> {
  if (path.length > FOLDERS_DEEP_MAX) throw usageError(`${folder}: is more than ${FOLDERS_DEEP_MAX} folders deep`)
  const files: LocalFile[] = []
  for (const nameBytes of await readdir(folder, { encoding: 'buffer' })) {
    const name = nameBytes.toString()
    const diskPath = join(folder, name)
    if (!isUtf8(nameBytes) || safeSegment(name, NAME_PLATFORM) !== name) throw badName(diskPath)
    const entry = await stat(diskPath)
    const here = [...path, name]
    if (entry.isFile()) files.push({ diskPath, path: here, lengthBytes: entry.size })
    else if (entry.isDirectory()) files.push(...(await listFolder(diskPath, here)))
    else throw usageError(`${diskPath}: is neither a file nor a folder`)
  }
  return files
}

function badName(path: string): Error {
  return usageError(`${path}: a torrent cannot carry this name safely; rename it`)
}

function byPath(a: LocalFile, b: LocalFile): number {
  return Buffer.compare(Buffer.from(a.path.join('/')), Buffer.from(b.path.join('/')))
}
