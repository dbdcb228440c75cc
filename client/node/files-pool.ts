/**
 * The open files of one torrent, at most so many at a time: opened when first used, closed when another needs the place
 * and they were used longest ago. Who finds all of them in use waits.
 */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { naming } from './files-faults.ts'

/** Only what is written is refused where it is a link (./files-prepare.ts). */
const FLAGS = {
  read: constants.O_RDONLY | constants.O_NONBLOCK,
  write: constants.O_RDWR | constants.O_NOFOLLOW,
} as const

interface OpenFile {
  readonly handle: Promise<FileHandle>
  users: number
}

export class FilePool {
  readonly #paths: readonly string[]
  readonly #openMax: number
  readonly #flags: number
  /** In order of last use. */
  readonly #files = new Map<number, OpenFile>()
  readonly #waiting: (() => void)[] = []
  /** Still open: their places are free when they are closed, not before. */
  #closing = 0

  constructor(paths: readonly string[], openMax: number, purpose: keyof typeof FLAGS) {
    this.#paths = paths
    this.#openMax = openMax
    this.#flags = FLAGS[purpose]
  }

  /** Rejects with a StorageError that names the file. The handle is valid until `act` is done. */
  async use<Result>(fileIndex: number, act: (handle: FileHandle) => Promise<Result>): Promise<Result> {
    const path = this.#paths[fileIndex]!
    const file = await this.#enter(fileIndex, path)
    try {
      return await naming(path, async () => act(await file.handle))
    } finally {
      file.users--
      this.#waiting.shift()?.()
    }
  }

  /** Only when nothing uses the pool any more. */
  async closeAll(): Promise<void> {
    const files = [...this.#files.values()]
    this.#files.clear()
    await Promise.all(files.map(async (file) => (await file.handle).close()))
  }

  async #enter(fileIndex: number, path: string): Promise<OpenFile> {
    for (;;) {
      const found = this.#files.get(fileIndex)
      if (found !== undefined) {
        this.#files.delete(fileIndex)
        this.#files.set(fileIndex, found)
        found.users++
        return found
      }
      if (this.#files.size + this.#closing < this.#openMax) return this.#open(fileIndex, path)
      await this.#makeRoom()
    }
  }

  #open(fileIndex: number, path: string): OpenFile {
    const handle = open(path, this.#flags)
    const file: OpenFile = { handle, users: 1 }
    this.#files.set(fileIndex, file)
    handle.catch(() => this.#files.delete(fileIndex))
    return file
  }

  /** Comes back when there may be room; the caller looks again. */
  async #makeRoom(): Promise<void> {
    for (const [fileIndex, file] of this.#files) {
      if (file.users > 0) continue
      this.#files.delete(fileIndex)
      await this.#close(file)
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async #close({ handle }: OpenFile): Promise<void> {
    this.#closing++
    try {
      await (await handle).close()
    } finally {
      this.#closing--
      this.#waiting.shift()?.()
    }
  }
}
