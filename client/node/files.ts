/**
 * The files of one torrent on a real disk: `Storage` on node:fs, written and read off the event loop.
 *
 * Files are sparse: nothing is reserved, a file grows as its pieces come. An extent is one `pwritev`. At most 64 files
 * are open at a time (./files-pool.ts).
 *
 * What was there before: a file of up to its length in the torrent is taken for content, to be verified and overwritten;
 * a longer one must be somebody else's and is a fault, never cut. A symbolic link in place of a file is refused, and so
 * is one in place of a folder that leads out of `rootDir`. `prepare` looks for links once: this guards against what lies
 * there, not against somebody who moves folders meanwhile.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { Clock } from '../ports/clock.ts'
import type { Extent, PrepareOutcome, ReadOutcome, Storage, StorageFault } from '../ports/storage.ts'
import { splitParts } from '../storage/parts.ts'
import { faultOf, naming, StorageError } from './files-faults.ts'
import { FilePool } from './files-pool.ts'
import { makeFolders } from './make-folders.ts'

/** Far below the usual limit of 1,024 descriptors a process, which connections share. */
const OPEN_FILES_MAX = 64

/** How many files `close` brings to the disk at the same time: more than one lets a disk merge what it does. */
const SYNC_LANES = 8

export interface FileStorageOptions {
  /** Where the torrent's file or folder is made. Made, too, when it is missing. */
  readonly rootDir: string
  readonly files: readonly TorrentContentFile[]
  readonly clock: Clock
}

/** Throws a RangeError when a file's path was not sanitised. */
export function fileStorage(options: FileStorageOptions): Storage {
  return new FileStorage(options)
}

class FileStorage implements Storage {
  readonly #rootDir: string
  readonly #files: readonly TorrentContentFile[]
  readonly #clock: Clock
  readonly #paths: readonly string[]
  readonly #pool: FilePool
  readonly #written = new Set<number>()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor({ rootDir, files, clock }: FileStorageOptions) {
    this.#rootDir = rootDir
    this.#files = files
    this.#clock = clock
    this.#paths = files.map((file) => pathInside(rootDir, file.path))
    this.#pool = new FilePool(this.#paths, OPEN_FILES_MAX)
  }

  prepare(done: (nowMs: number, outcome: PrepareOutcome) => void): void {
    const ready = (nowMs: number, hadContent: boolean) => done(nowMs, { kind: 'ready', hadContent })
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
    this.#start(this.#read(extents), ready, (nowMs, fault) => done(nowMs, { kind: 'fault', fault }))
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

  async #prepare(): Promise<boolean> {
    await naming(this.#rootDir, () => makeFolders(this.#rootDir))
    const rootPath = await realpath(this.#rootDir)
    const folders = new Set<string>()
    let hadContent = false
    for (const [fileIndex, file] of this.#files.entries()) {
      if (file.pad) continue
      for (let depth = 1; depth < file.path.length; depth++) {
        const folder = path.join(this.#rootDir, ...file.path.slice(0, depth))
        if (folders.has(folder)) continue
        await naming(folder, () => prepareFolder(folder, rootPath))
        folders.add(folder)
      }
      const filePath = this.#paths[fileIndex]!
      const sizeBytes = await naming(filePath, () => prepareFile(filePath, file.lengthBytes))
      if (sizeBytes > 0) hadContent = true
    }
    return hadContent
  }

  async #write(extents: readonly Extent[], parts: readonly Uint8Array[]): Promise<void> {
    this.#assertOpen()
    const views = splitParts(
      parts,
      extents.map((extent) => extent.lengthBytes),
    )
    for (const [index, { fileIndex, offsetBytes }] of extents.entries()) {
      this.#written.add(fileIndex)
      await this.#pool.use(fileIndex, (handle) => writeAll(handle, views[index]!, offsetBytes))
    }
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

  async #close(): Promise<void> {
    this.#assertOpen()
    this.#closed = true
    await Promise.allSettled(this.#running)
    const left = [...this.#written]
    const lane = async () => {
      for (let fileIndex = left.pop(); fileIndex !== undefined; fileIndex = left.pop()) {
        await this.#pool.use(fileIndex, (handle) => handle.datasync())
      }
    }
    const lanes = await Promise.allSettled(Array.from({ length: SYNC_LANES }, lane))
    await this.#pool.closeAll()
    for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError({ code: 'broken', detail: `${this.#rootDir}: the storage was closed` })
  }
}

/** The segments were sanitised when the torrent was read; this is the second lock on the same door. */
function pathInside(rootDir: string, segments: readonly string[]): string {
  const bad = (segment: string) => segment === '' || segment === '.' || segment === '..' || /[/\\\0]/.test(segment)
  if (segments.length === 0 || segments.some(bad)) throw new RangeError(`not a safe path: ${JSON.stringify(segments)}`)
  return path.join(rootDir, ...segments)
}

/** Its parent is a real folder inside already, so nothing is made elsewhere. */
async function prepareFolder(folder: string, rootPath: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const inRoot = path.relative(rootPath, await realpath(folder))
    if (inRoot === '..' || inRoot.startsWith(`..${path.sep}`)) throw refused(`${folder}: leads out of ${rootPath}`)
    if (!(await stat(folder)).isDirectory()) throw refused(`${folder}: there is a file in place of this folder`)
  }
}

/** Makes the file, or finds it as it may be; its size now. */
async function prepareFile(filePath: string, lengthBytes: number): Promise<number> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(filePath, flags)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw refused(`${filePath}: is there, and is no regular file`)
    if (found.size > lengthBytes) {
      throw refused(`${filePath}: has ${found.size} bytes, the torrent's has ${lengthBytes}; move it away`)
    }
    return found.size
  } finally {
    await handle.close()
  }
}

function refused(detail: string): StorageError {
  return new StorageError({ code: 'not-writable', detail })
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
