/**
 * Content that lies on disk, read at any place: files back to back (BEP 3), padding as zeros (BEP 47).
 *
 * Synchronous, a block at a time: for serving from the page cache, where a block takes some 10 µs. The client under
 * test does not use it.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { TorrentContentFile, TorrentFile } from '../metainfo/torrent-file.ts'
import { contentRuns } from '../storage/layout.ts'
import { CommandError, describeSystemError, usageError } from './command-error.ts'

/** Files open at the same time. */
const OPEN_FILES_MAX = 32

export interface ContentReader {
  /** A fresh copy. Throws a CommandError when a file has become shorter, the system's error when it is gone. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array
  close(): void
}

/** `folder` holds the content under the torrent's name; throws a usage error that names the file that is not as it says. */
export function openContent(folder: string, { files }: TorrentFile): ContentReader {
  const paths = files.map((file) => join(folder, ...file.path))
  for (const [index, file] of files.entries()) if (!file.pad) checkFile(paths[index]!, file)
  /** In order of last use. */
  const open = new Map<string, number>()

  function descriptorOf(path: string): number {
    const descriptor = open.get(path) ?? openSync(path, 'r')
    open.delete(path)
    open.set(path, descriptor)
    const [oldest] = open
    if (open.size > OPEN_FILES_MAX && oldest !== undefined) {
      open.delete(oldest[0])
      closeSync(oldest[1])
    }
    return descriptor
  }

  return {
    read(offsetBytes, lengthBytes) {
      const bytes = new Uint8Array(lengthBytes)
      for (const run of contentRuns(files, offsetBytes, lengthBytes)) {
        if (run.pad) continue
        const path = paths[run.fileIndex]!
        const at = run.contentOffsetBytes - offsetBytes
        const inFile = run.contentOffsetBytes - files[run.fileIndex]!.offsetBytes
        fill(bytes.subarray(at, at + run.lengthBytes), descriptorOf(path), inFile, path)
      }
      return bytes
    },
    close() {
      for (const descriptor of open.values()) closeSync(descriptor)
      open.clear()
    },
  }
}

function checkFile(path: string, { lengthBytes }: TorrentContentFile): void {
  try {
    const found = statSync(path)
    if (!found.isFile()) throw usageError(`${path}: is no file`)
    if (found.size !== lengthBytes) {
      throw usageError(`${path}: has ${found.size} bytes, the torrent's has ${lengthBytes}`)
    }
  } catch (error) {
    const problem = describeSystemError(error)
    throw problem === null ? error : usageError(problem)
  }
}

function fill(target: Uint8Array, descriptor: number, offsetBytes: number, path: string): void {
  for (let filled = 0; filled < target.length; ) {
    const bytesRead = readSync(descriptor, target, filled, target.length - filled, offsetBytes + filled)
    if (bytesRead === 0) throw new CommandError(`${path}: became shorter while it was served`, 1)
    filled += bytesRead
  }
}
