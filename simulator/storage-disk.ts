/**
 * A simulated disk: the files of one torrent (./disk-file.ts), their times in virtual time, one resume state, and what can
 * go wrong with them. Sparse, as real ones: what lies before a write and was never written is zeros.
 *
 * A write is *under way* from its call until it *lands*; `crash` shows what is there when the process dies between.
 */
import { joined } from '../client/ports/bytes.ts'
import type { Random } from '../client/ports/random.ts'
import type { Extent, FileStat, ReadOutcome, StorageFault } from '../client/ports/storage.ts'
import { DiskFile } from './disk-file.ts'

/** What happens to a disk; as data, so that scenarios can say it. Each lasts until `heal`, but what it did stays. */
export type DiskFault =
  /** So many bytes can be written, whatever was there before; then it is full. */
  | { readonly kind: 'full'; readonly freeBytes: number }
  | { readonly kind: 'read-only' }
  | { readonly kind: 'removed'; readonly fileIndex: number }
  /** Somebody cuts a file, or lengthens it with zeros. */
  | { readonly kind: 'resized'; readonly fileIndex: number; readonly lengthBytes: number }
  /** One byte becomes another, and the file's time does not tell. */
  | { readonly kind: 'rotten'; readonly fileIndex: number; readonly offsetBytes: number }
  /** Reading any of these bytes fails. */
  | ({ readonly kind: 'unreadable' } & Extent)

/** A write under way. */
export interface Landing {
  /** Now its bytes are there, or as many as could be. */
  land(nowMs: number): StorageFault | null
}

export class SimulatedDisk {
  readonly #files: readonly DiskFile[]
  readonly #underWay = new Set<{ readonly extents: readonly Extent[]; readonly parts: readonly Uint8Array[] }>()
  #state: Uint8Array | null = null
  #freeBytes = Number.POSITIVE_INFINITY
  #isReadOnly = false
  readonly #unreadable: Extent[] = []

  /**
   * The files as long as they are to become; nothing is written yet. `contents`: what they are to hold, by file, where it
   * is known. Then what is written and equal to it takes no room, and is read as a view on it.
   */
  constructor(fileLengthsBytes: readonly number[], contents: readonly Uint8Array[] = []) {
    this.#files = fileLengthsBytes.map((expectedBytes, index) => new DiskFile(expectedBytes, contents[index] ?? null))
  }

  // What is there.

  /** As far as the file was written. */
  file(fileIndex: number): Uint8Array {
    const file = this.#files[fileIndex]!
    return file.read(0, file.lengthBytes)
  }

  /** Every file is there, whole, as its content is. False where a content is not known. */
  get holdsContent(): boolean {
    return this.#files.every((file) => file.holdsContent)
  }

  get state(): Uint8Array | null {
    return this.#state
  }

  stats(): FileStat[] {
    return this.#files.map(({ lengthBytes, modifiedMs }) => ({ lengthBytes, modifiedMs }))
  }

  read(extents: readonly Extent[]): ReadOutcome {
    const runs: Uint8Array[] = []
    for (const extent of extents) {
      const fault = this.#readFault(extent)
      if (fault !== null) return { kind: 'fault', fault }
      runs.push(this.#files[extent.fileIndex]!.read(extent.offsetBytes, extent.lengthBytes))
    }
    return { kind: 'bytes', bytes: runs.length === 1 ? runs[0]! : joined(runs) }
  }

  // What the client does.

  prepare(nowMs: number, readOnly: boolean): StorageFault | null {
    if (readOnly) return null
    if (this.#isReadOnly) return READ_ONLY_DISK
    for (const [fileIndex, file] of this.#files.entries()) {
      const fault = tooLong(fileIndex, file)
      if (fault !== null) return fault
      if (!file.exists && file.expectedBytes > 0) {
        file.exists = true
        file.modifiedMs = nowMs
      }
      file.ourBytes = file.lengthBytes
    }
    return null
  }

  beginWrite(extents: readonly Extent[], parts: readonly Uint8Array[]): Landing {
    const underWay = { extents, parts }
    this.#underWay.add(underWay)
    return {
      land: (nowMs) => {
        this.#underWay.delete(underWay)
        return this.#land(nowMs, extents, parts)
      },
    }
  }

  /** Lands whole or not at all. */
  beginStateWrite(bytes: Uint8Array): Landing {
    return {
      land: () => {
        if (this.#isReadOnly) return READ_ONLY_DISK
        if (bytes.length > this.#freeBytes) return FULL
        this.#freeBytes -= bytes.length
        this.#state = bytes.slice()
        return null
      },
    }
  }

  /** What a look at these files finds wrong, as at their closing. */
  check(fileIndices: Iterable<number>): StorageFault | null {
    for (const fileIndex of fileIndices) {
      const file = this.#files[fileIndex]!
      const fault = missing(fileIndex, file) ?? tooLong(fileIndex, file)
      if (fault !== null) return fault
      if (file.lengthBytes < file.ourBytes) return { code: 'short', detail: `file ${fileIndex} was cut` }
    }
    return null
  }

  /** Without a storage: these bytes are there, since ever. */
  write(fileIndex: number, offsetBytes: number, bytes: Uint8Array): void {
    this.#files[fileIndex]!.write(0, offsetBytes, bytes)
  }

  /** Everything is there, since ever. Every content must be known. */
  fill(): void {
    for (const file of this.#files) file.fill()
  }

  // What happens to it.

  inject(nowMs: number, fault: DiskFault): void {
    if (fault.kind === 'full') this.#freeBytes = fault.freeBytes
    else if (fault.kind === 'read-only') this.#isReadOnly = true
    else if (fault.kind === 'unreadable') this.#unreadable.push(fault)
    else this.#harm(nowMs, fault, this.#files[fault.fileIndex]!)
  }

  /** There is room, and all can be written and read. What was removed, cut or changed stays so. */
  heal(): void {
    this.#freeBytes = Number.POSITIVE_INFINITY
    this.#isReadOnly = false
    this.#unreadable.length = 0
  }

  /**
   * The disk as a restart finds it when the process dies now; this one goes on by itself. Of each write under way
   * nothing is there, or, every second time that `random` draws, as many bytes as it draws. The state is the old one.
   */
  crash(nowMs: number, random: Random | null = null): SimulatedDisk {
    const after = new SimulatedDisk(
      this.#files.map(({ expectedBytes }) => expectedBytes),
      this.#files.flatMap(({ content }) => content ?? []),
    )
    for (const [fileIndex, file] of this.#files.entries()) after.#files[fileIndex]!.become(file)
    after.#state = this.#state
    for (const { extents, parts } of this.#underWay) {
      const bytes = joined(parts)
      const landedBytes = random === null || random.below(2) === 0 ? 0 : random.below(bytes.length + 1)
      after.#freeBytes = landedBytes
      if (landedBytes > 0) after.#land(nowMs, extents, [bytes])
    }
    after.heal()
    return after
  }

  #harm(nowMs: number, fault: DiskFault & { readonly kind: 'removed' | 'resized' | 'rotten' }, file: DiskFile): void {
    if (fault.kind === 'removed') file.remove()
    else if (fault.kind === 'resized') file.resize(nowMs, fault.lengthBytes)
    else file.rot(fault.offsetBytes)
  }

  #land(nowMs: number, extents: readonly Extent[], parts: readonly Uint8Array[]): StorageFault | null {
    if (this.#isReadOnly) return READ_ONLY_DISK
    const source = new PartsReader(parts)
    for (const { fileIndex, offsetBytes, lengthBytes } of extents) {
      const file = this.#files[fileIndex]!
      const fault = missing(fileIndex, file)
      if (fault !== null) return fault
      const endBytes = offsetBytes + Math.min(lengthBytes, this.#freeBytes)
      for (let atBytes = offsetBytes; atBytes < endBytes; ) {
        const run = source.next(endBytes - atBytes)
        file.write(nowMs, atBytes, run)
        atBytes += run.length
      }
      this.#freeBytes -= endBytes - offsetBytes
      if (endBytes < offsetBytes + lengthBytes) return FULL
    }
    return this.check(extents.map(({ fileIndex }) => fileIndex))
  }

  #readFault({ fileIndex, offsetBytes, lengthBytes }: Extent): StorageFault | null {
    const file = this.#files[fileIndex]!
    const endBytes = offsetBytes + lengthBytes
    if (!file.exists) return missing(fileIndex, file)
    if (endBytes > file.lengthBytes) return { code: 'short', detail: `file ${fileIndex} ends at ${file.lengthBytes}` }
    const isHurt = this.#unreadable.some(
      (hurt) =>
        hurt.fileIndex === fileIndex &&
        hurt.offsetBytes < endBytes &&
        offsetBytes < hurt.offsetBytes + hurt.lengthBytes,
    )
    return isHurt ? { code: 'broken', detail: `file ${fileIndex}: i/o error` } : null
  }
}

const FULL: StorageFault = { code: 'disk-full', detail: 'no space left on the disk' }
const READ_ONLY_DISK: StorageFault = { code: 'not-writable', detail: 'the disk is read-only' }

function missing(fileIndex: number, { exists }: DiskFile): StorageFault | null {
  return exists ? null : { code: 'missing', detail: `file ${fileIndex} is not there` }
}

function tooLong(fileIndex: number, { lengthBytes, expectedBytes }: DiskFile): StorageFault | null {
  if (lengthBytes <= expectedBytes) return null
  const detail = `file ${fileIndex} has ${lengthBytes} bytes, the torrent's has ${expectedBytes}`
  return { code: 'not-writable', detail }
}

/** Parts, read as if they were joined, as views. */
class PartsReader {
  readonly #parts: readonly Uint8Array[]
  #index = 0
  #at = 0

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts
  }

  /** What comes next: at least one byte, and at most so many. */
  next(bytesMax: number): Uint8Array {
    let part = this.#parts[this.#index]
    while (part !== undefined && this.#at === part.length) {
      part = this.#parts[++this.#index]
      this.#at = 0
    }
    if (part === undefined) throw new RangeError('extents count more bytes than parts')
    const run = part.subarray(this.#at, this.#at + bytesMax)
    this.#at += run.length
    return run
  }
}
