/**
 * Simulated Storage: a disk is files of bytes in memory, and outlives the storages opened on it, as after a restart.
 * Completions come at the same virtual instant, in order.
 */
import { joined } from '../client/ports/bytes.ts'
import type { Extent, Storage, StorageFault } from '../client/ports/storage.ts'
import type { Simulation } from './simulation.ts'

interface SimulatedFile {
  readonly bytes: Uint8Array
  /** As far as it was written; a read beyond is short. */
  lengthBytes: number
}

export class SimulatedDisk {
  readonly #files: SimulatedFile[]

  /** The files as long as they are to become; nothing is written yet. */
  constructor(fileLengthsBytes: readonly number[]) {
    this.#files = fileLengthsBytes.map((lengthBytes) => ({ bytes: new Uint8Array(lengthBytes), lengthBytes: 0 }))
  }

  get hasContent(): boolean {
    return this.#files.some(({ lengthBytes }) => lengthBytes > 0)
  }

  /** As far as the file was written. */
  file(fileIndex: number): Uint8Array {
    const { bytes, lengthBytes } = this.#files[fileIndex]!
    return bytes.subarray(0, lengthBytes)
  }

  write({ fileIndex, offsetBytes, lengthBytes }: Extent, source: PartsReader): void {
    const file = this.#files[fileIndex]!
    source.readInto(file.bytes.subarray(offsetBytes, offsetBytes + lengthBytes))
    file.lengthBytes = Math.max(file.lengthBytes, offsetBytes + lengthBytes)
  }

  /** Null where the file is too short. */
  read({ fileIndex, offsetBytes, lengthBytes }: Extent): Uint8Array | null {
    const file = this.#files[fileIndex]!
    if (offsetBytes + lengthBytes > file.lengthBytes) return null
    return file.bytes.subarray(offsetBytes, offsetBytes + lengthBytes)
  }
}

const CLOSED: StorageFault = { code: 'broken', detail: 'the storage is closed' }

export function simulatedStorage(simulation: Simulation, disk: SimulatedDisk): Storage {
  let isClosed = false
  return {
    prepare: (done) => {
      const hadContent = disk.hasContent
      simulation.soon((nowMs) =>
        done(nowMs, isClosed ? { kind: 'fault', fault: CLOSED } : { kind: 'ready', hadContent }),
      )
    },
    write: (extents, parts, done) => {
      const fault = isClosed ? CLOSED : null
      const source = new PartsReader(parts)
      if (fault === null) for (const extent of extents) disk.write(extent, source)
      simulation.soon((nowMs) => done(nowMs, fault))
    },
    read: (extents, done) => {
      const runs = extents.map((extent) => disk.read(extent))
      const bytes = runs.every((run) => run !== null) ? joined(runs) : null
      simulation.soon((nowMs) => {
        if (isClosed) done(nowMs, { kind: 'fault', fault: CLOSED })
        else if (bytes === null) done(nowMs, { kind: 'fault', fault: { code: 'short', detail: 'a file is too short' } })
        else done(nowMs, { kind: 'bytes', bytes })
      })
    },
    close: (done) => {
      isClosed = true
      simulation.soon((nowMs) => done(nowMs, null))
    },
  }
}

/** Parts, read as if they were joined. */
class PartsReader {
  readonly #parts: readonly Uint8Array[]
  #index = 0
  #at = 0

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts
  }

  readInto(target: Uint8Array): void {
    let filled = 0
    while (filled < target.length) {
      const part = this.#parts[this.#index]
      if (part === undefined) throw new RangeError('extents count more bytes than parts')
      const taken = part.subarray(this.#at, this.#at + target.length - filled)
      target.set(taken, filled)
      filled += taken.length
      this.#at += taken.length
      if (this.#at === part.length) {
        this.#index++
        this.#at = 0
      }
    }
  }
}
