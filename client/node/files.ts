/**
 * The files of one torrent on a real disk: `Storage` on node:fs, written and read off the event loop.
 *
 * Files are sparse: nothing is reserved, a file grows as its pieces come. An extent is one `pwritev`. At most 64 files
 * are open at a time (./files-pool.ts).
 *
 * What was there before: a file of up to its length in the torrent is taken for content, to be verified and overwritten;
 * a longer one must be somebody else's and is a fault, never cut. A symbolic link in place of a file is refused, and so
 * is one in place of a folder that leads out of `rootDir`. `prepare` looks for links once: this guards against what lies
 * there, not against somebody who moves folders meanwhile. A file that is removed, cut or lengthened while it is written
 * is noticed within a second of writing, and when it is closed (./files-guard.ts).
 */
import type { FileHandle } from 'node:fs/promises'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { Clock } from '../ports/clock.ts'
import {
  type Extent,
  type FileStat,
  NO_FILE,
  type PrepareOutcome,
  type ReadOutcome,
  type Storage,
  type StorageFault,
} from '../ports/storage.ts'
import { splitParts } from '../storage/parts.ts'
import { faultOf, forReading, StorageError } from './files-faults.ts'
import { FilesGuard } from './files-guard.ts'
import { FilePool } from './files-pool.ts'
import { lookAtFiles, pathInside, prepareFiles, statOrNone } from './files-prepare.ts'
import { readStateFile, removeUnfinishedStates, writeStateFile } from './files-state.ts'

/** Far below the usual limit of 1,024 descriptors a process, which connections share. */
const OPEN_FILES_MAX = 64

/** How many files `close` brings to the disk at the same time: more than one lets a disk merge what it does. */
const SYNC_LANES = 8

export interface FileStorageOptions {
  /** Where the torrent's file or folder is made. Made, too, when it is missing. */
  readonly rootDir: string
  readonly files: readonly TorrentContentFile[]
  readonly clock: Clock
  /** Names the resume state, `.swarmlab/INFOHASH.state` in `rootDir`. Without it there is none, and none can be written. */
  readonly infohash?: InfoHash
  /** Nothing is made or changed, whatever is missing: for content on read-only disks, and of others. */
  readonly readOnly?: boolean
}

/** Throws a RangeError when a file's path was not sanitised. */
export function fileStorage(options: FileStorageOptions): Storage {
  return new FileStorage(options)
}

class FileStorage implements Storage {
  readonly #rootDir: string
  readonly #files: readonly TorrentContentFile[]
  readonly #clock: Clock
  readonly #infohash: InfoHash | null
  readonly #readOnly: boolean
  readonly #paths: readonly string[]
  readonly #pool: FilePool
  readonly #guard = new FilesGuard()
  readonly #written = new Set<number>()
  /** As `stat` tells them, but those in `#changed`. */
  #known: FileStat[]
  readonly #changed = new Set<number>()
  #hasWrittenState = false
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor({ rootDir, files, clock, infohash, readOnly = false }: FileStorageOptions) {
    this.#rootDir = rootDir
    this.#files = files
    this.#clock = clock
    this.#infohash = infohash ?? null
    this.#readOnly = readOnly
    this.#paths = files.map((file) => pathInside(rootDir, file.path))
    this.#pool = new FilePool(this.#paths, OPEN_FILES_MAX, readOnly ? 'read' : 'write')
    this.#known = files.map(() => NO_FILE)
  }

  prepare(done: (nowMs: number, outcome: PrepareOutcome) => void): void {
    const ready = (nowMs: number, files: readonly FileStat[]) =>
      done(nowMs, { kind: 'ready', hadContent: files.some(({ lengthBytes }) => lengthBytes > 0), files })
    this.#start(this.#prepare(), ready, (nowMs, fault) => done(nowMs, { kind: 'fault', fault }))
  }

  write(
    extents: readonly Extent[],
    parts: readonly Uint8Array[],
    done: (nowMs: number, fault: StorageFault | null) => void,
  ): void {
    this.#start(this.#write(extents, parts), (nowMs) => done(nowMs, null), done)
  }

  read(extents: readonly Extent[], done: (nowMs: number, outcome: ReadOutcome) => void): void {
    const ready = (nowMs: number, bytes: Uint8Array) => done(nowMs, { kind: 'bytes', bytes })
    const failed = (nowMs: number, fault: StorageFault) => done(nowMs, { kind: 'fault', fault: forReading(fault) })
    this.#start(this.#read(extents), ready, failed)
  }

  stat(done: (nowMs: number, files: readonly FileStat[]) => void): void {
    const failed = (nowMs: number) => done(nowMs, this.#known)
    this.#start(this.#stat(), done, failed)
  }

  readState(done: (nowMs: number, bytes: Uint8Array | null) => void): void {
    const infohash = this.#infohash
    const reading = infohash === null ? Promise.resolve(null) : readStateFile(this.#rootDir, infohash)
    this.#start(reading, done, (nowMs) => done(nowMs, null))
  }

  writeState(bytes: Uint8Array, done: (nowMs: number, fault: StorageFault | null) => void): void {
    this.#start(this.#writeState(bytes), (nowMs) => done(nowMs, null), done)
  }

  close(done: (nowMs: number, fault: StorageFault | null) => void): void {
    this.#start(this.#close(), (nowMs) => done(nowMs, null), done)
  }

  /** What `done` and `failed` throw is not caught here: it ends the process, as it should. */
  #start<Result>(
    work: Promise<Result>,
    done: (nowMs: number, result: Result) => void,
    failed: (nowMs: number, fault: StorageFault) => void,
  ): void {
    const over = () => this.#running.delete(work)
    this.#running.add(work)
    work.then(over, over)
    work.then(
      (result) => done(this.#clock.nowMs(), result),
      (error) => failed(this.#clock.nowMs(), faultOf(error, this.#rootDir)),
    )
  }

  async #prepare(): Promise<readonly FileStat[]> {
    this.#known = await (this.#readOnly ? lookAtFiles : prepareFiles)(this.#rootDir, this.#files)
    this.#guard.prepared(this.#known)
    return [...this.#known]
  }

  async #write(extents: readonly Extent[], parts: readonly Uint8Array[]): Promise<void> {
    this.#assertWritable()
    const views = splitParts(
      parts,
      extents.map((extent) => extent.lengthBytes),
    )
    for (const [index, { fileIndex, offsetBytes, lengthBytes }] of extents.entries()) {
      this.#written.add(fileIndex)
      try {
        await this.#pool.use(fileIndex, async (handle) => {
          await writeAll(handle, views[index]!, offsetBytes)
          this.#guard.wrote(fileIndex, offsetBytes + lengthBytes)
          if (this.#guard.isDue(fileIndex, this.#clock.nowMs())) await this.#look(fileIndex, handle)
        })
      } finally {
        this.#changed.add(fileIndex) // of a write that failed some bytes may be there
      }
    }
  }

  #look(fileIndex: number, handle: FileHandle): Promise<void> {
    const file = { path: this.#paths[fileIndex]!, lengthBytes: this.#files[fileIndex]!.lengthBytes }
    return this.#guard.look(fileIndex, handle, file, this.#clock.nowMs())
  }

  async #read(extents: readonly Extent[]): Promise<Uint8Array> {
    this.#assertOpen()
    const bytes = new Uint8Array(extents.reduce((sum, extent) => sum + extent.lengthBytes, 0))
    let atBytes = 0
    for (const { fileIndex, offsetBytes, lengthBytes } of extents) {
      const into = bytes.subarray(atBytes, atBytes + lengthBytes)
      await this.#pool.use(fileIndex, (handle) => readAll(handle, into, offsetBytes, this.#paths[fileIndex]!))
      atBytes += lengthBytes
    }
    return bytes
  }

  async #stat(): Promise<readonly FileStat[]> {
    const changed = [...this.#changed]
    this.#changed.clear()
    const found = await Promise.all(
      changed.map((fileIndex) => statOrNone(this.#paths[fileIndex]!).catch(() => NO_FILE)),
    )
    for (const [index, fileIndex] of changed.entries()) this.#known[fileIndex] = found[index]!
    return [...this.#known]
  }

  async #writeState(bytes: Uint8Array): Promise<void> {
    this.#assertWritable()
    const infohash = this.#infohash
    if (infohash === null) throw new StorageError({ code: 'not-writable', detail: `${this.#rootDir}: keeps no state` })
    if (!this.#hasWrittenState) await removeUnfinishedStates(this.#rootDir, infohash)
    this.#hasWrittenState = true
    await writeStateFile(this.#rootDir, infohash, bytes)
  }

  async #close(): Promise<void> {
    this.#assertOpen()
    this.#closed = true
    await Promise.allSettled(this.#running)
    const left = [...this.#written]
    const lane = async () => {
      for (let fileIndex = left.pop(); fileIndex !== undefined; fileIndex = left.pop()) {
        const at = fileIndex
        await this.#pool.use(at, async (handle) => {
          await this.#look(at, handle)
          await handle.datasync()
        })
      }
    }
    const lanes = await Promise.allSettled(Array.from({ length: SYNC_LANES }, lane))
    await this.#pool.closeAll()
    for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
  }

  #assertWritable(): void {
    this.#assertOpen()
    if (!this.#readOnly) return
    throw new StorageError({ code: 'not-writable', detail: `${this.#rootDir}: was opened for reading only` })
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError({ code: 'broken', detail: `${this.#rootDir}: the storage was closed` })
  }
}

/** A disk that fills up takes the first bytes of a write and refuses the rest when asked again. */
async function writeAll(handle: FileHandle, views: readonly Uint8Array[], offsetBytes: number): Promise<void> {
  let left = views
  let leftBytes = views.reduce((sum, view) => sum + view.length, 0)
  for (let atBytes = offsetBytes; leftBytes > 0; ) {
    const { bytesWritten } =
      left.length === 1 ? await handle.write(left[0]!, 0, leftBytes, atBytes) : await handle.writev(left, atBytes)
    atBytes += bytesWritten
    leftBytes -= bytesWritten
    if (leftBytes > 0) left = splitParts(left, [bytesWritten, leftBytes])[1]!
  }
}

async function readAll(handle: FileHandle, into: Uint8Array, offsetBytes: number, filePath: string): Promise<void> {
  for (let gotBytes = 0; gotBytes < into.length; ) {
    const { bytesRead } = await handle.read(into, gotBytes, into.length - gotBytes, offsetBytes + gotBytes)
    if (bytesRead === 0) {
      const detail = `${filePath}: ends at ${offsetBytes + gotBytes}, bytes up to ${offsetBytes + into.length} are needed`
      throw new StorageError({ code: 'short', detail })
    }
    gotBytes += bytesRead
  }
}
