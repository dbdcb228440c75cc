/**
 * Notices what others do to files that are being written. An open file goes on taking bytes though nobody can find it
 * any more, so at times one has to look: at the first write, then once a second, and at the end.
 */

import type { FileHandle } from 'node:fs/promises'
import { stat } from 'node:fs/promises'
import type { FileStat } from '../ports/storage.ts'
import { StorageError } from './files-faults.ts'
import { refuseLonger } from './files-prepare.ts'

const LOOK_EVERY_MS = 1_000

export class FilesGuard {
  /** How long each file is at least. */
  readonly #knownBytes = new Map<number, number>()
  readonly #lookedMs = new Map<number, number>()

  prepared(files: readonly FileStat[]): void {
    for (const [fileIndex, { lengthBytes }] of files.entries()) this.#knownBytes.set(fileIndex, lengthBytes)
  }

  /** Bytes up to there have been written. */
  wrote(fileIndex: number, endBytes: number): void {
    if (endBytes > (this.#knownBytes.get(fileIndex) ?? 0)) this.#knownBytes.set(fileIndex, endBytes)
  }

  isDue(fileIndex: number, nowMs: number): boolean {
    const lookedMs = this.#lookedMs.get(fileIndex)
    return lookedMs === undefined || nowMs - lookedMs >= LOOK_EVERY_MS
  }

  /** Throws a StorageError where the file is not as we left it, and then does so again the next time. */
  async look(fileIndex: number, handle: FileHandle, file: Looked, nowMs: number): Promise<void> {
    const knownBytes = this.#knownBytes.get(fileIndex) ?? 0
    const [inHand, atPath] = await Promise.all([handle.stat(), stat(file.path)])
    if (inHand.ino !== atPath.ino || inHand.dev !== atPath.dev) {
      throw new StorageError({ code: 'missing', detail: `${file.path}: was moved away, another file is in its place` })
    }
    refuseLonger(file.path, inHand.size, file.lengthBytes)
    if (inHand.size < knownBytes) {
      const detail = `${file.path}: was cut to ${inHand.size} bytes while it was written, it had ${knownBytes}`
      throw new StorageError({ code: 'short', detail })
    }
    this.#lookedMs.set(fileIndex, nowMs)
  }
}

export interface Looked {
  readonly path: string
  /** In the torrent. */
  readonly lengthBytes: number
}
