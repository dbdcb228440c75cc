/**
 * Simulated Storage on a `SimulatedDisk`, which outlives it, as after a restart. Completions come in order: at the same
 * virtual instant, or, where the disk is given time, so much later; bytes are on the disk when the completion comes, so
 * that a crash can fall between.
 */
import { type FileStat, NO_FILE, type Storage, type StorageFault } from '../client/ports/storage.ts'
import type { Timeline } from '../links/timeline.ts'
import type { SimulatedDisk } from './storage-disk.ts'

export { type DiskFault, SimulatedDisk } from './storage-disk.ts'

export interface SimulatedStorageOptions {
  readonly readOnly?: boolean
  /** From a write of content to its completion; from the close to its. */
  readonly writeMs?: number
  /** The same for the resume state. */
  readonly stateMs?: number
}

const CLOSED: StorageFault = { code: 'broken', detail: 'the storage is closed' }
const READ_ONLY: StorageFault = { code: 'not-writable', detail: 'the storage was opened for reading only' }

export function simulatedStorage(
  timeline: Timeline,
  disk: SimulatedDisk,
  { readOnly = false, writeMs = 0, stateMs = 0 }: SimulatedStorageOptions = {},
): Storage {
  let isClosed = false
  let known: FileStat[] = disk.stats().map(() => NO_FILE)
  const written = new Set<number>()

  function refusal(): StorageFault | null {
    if (isClosed) return CLOSED
    return readOnly ? READ_ONLY : null
  }

  return {
    prepare: (done) => {
      timeline.soon((nowMs) => {
        const fault = isClosed ? CLOSED : disk.prepare(nowMs, readOnly)
        if (fault !== null) return done(nowMs, { kind: 'fault', fault })
        known = disk.stats()
        done(nowMs, { kind: 'ready', hadContent: known.some(({ lengthBytes }) => lengthBytes > 0), files: [...known] })
      })
    },
    write: (extents, parts, done) => {
      const refused = refusal()
      const landing = refused === null ? disk.beginWrite(extents, parts) : null
      for (const { fileIndex } of refused === null ? extents : []) written.add(fileIndex)
      timeline.inMs(writeMs, (nowMs) => done(nowMs, landing === null ? refused : landing.land(nowMs)))
    },
    read: (extents, done) => {
      const wasClosed = isClosed
      timeline.soon((nowMs) => done(nowMs, wasClosed ? { kind: 'fault', fault: CLOSED } : disk.read(extents)))
    },
    stat: (done) => {
      timeline.soon((nowMs) => {
        const found = disk.stats()
        for (const fileIndex of written) known[fileIndex] = found[fileIndex]!
        done(nowMs, [...known])
      })
    },
    readState: (done) => {
      timeline.soon((nowMs) => done(nowMs, disk.state?.slice() ?? null))
    },
    writeState: (bytes, done) => {
      const refused = refusal()
      const landing = refused === null ? disk.beginStateWrite(bytes) : null
      timeline.inMs(stateMs, (nowMs) => done(nowMs, landing === null ? refused : landing.land(nowMs)))
    },
    close: (done) => {
      isClosed = true
      timeline.inMs(writeMs, (nowMs) => done(nowMs, disk.check(written)))
    },
  }
}
