/** What the simulated disk adds to the rules of the port: faults, and what a crash leaves. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Geometry, type PieceIndex } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { SyntheticContent } from '../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import type { Sha1 } from '../client/ports/sha1.ts'
import type { Extent, FileStat, PrepareOutcome, ReadOutcome, Storage, StorageFault } from '../client/ports/storage.ts'
import { PieceStore } from '../client/storage/piece-store.ts'
import { encodeResumeState, parseResumeState, type ResumeState } from '../client/storage/resume-state.ts'
import { StateSaver } from '../client/storage/state-saver.ts'
import { DiskCheck, type DiskCheckResult } from '../client/swarm/disk-check.ts'
import { storeVerifier } from '../client/swarm/disk-check-verifier.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import { simulatedHasher } from './hasher.ts'
import { PURPOSE, seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { type DiskFault, SimulatedDisk, simulatedStorage } from './storage.ts'

const sha1: Sha1 = (bytes) => createHash('sha1').update(bytes).digest()

/** What a call of a port comes to. */
function come<Outcome>(simulation: Simulation, start: (done: (nowMs: number, outcome: Outcome) => void) => void) {
  const outcomes: Outcome[] = []
  start((_, outcome) => outcomes.push(outcome))
  simulation.run(() => outcomes.length > 0, simulation.nowMs + 60_000)
  return outcomes[0]!
}

const whole: Extent = { fileIndex: 0, offsetBytes: 0, lengthBytes: 10 }

/** A file of 10 bytes that are all 7, and what happened to it then. */
function hurt(fault: DiskFault) {
  const simulation = new Simulation()
  const disk = new SimulatedDisk([10, 10])
  const storage = simulatedStorage(simulation, disk)
  come<PrepareOutcome>(simulation, (done) => storage.prepare(done))
  const write = (value: number, extent = whole) =>
    come<StorageFault | null>(simulation, (done) =>
      storage.write([extent], [new Uint8Array(extent.lengthBytes).fill(value)], done),
    )
  expect(write(7)).toBe(null)
  simulation.run(() => false, 500)
  simulation.advanceTo(500e6)
  disk.inject(simulation.nowMs, fault)
  const read = (extent = whole) => {
    const outcome = come<ReadOutcome>(simulation, (done) => storage.read([extent], done))
    return outcome.kind === 'bytes' ? outcome.bytes.join('') : outcome.fault.code
  }
  const writeState = () =>
    come<StorageFault | null>(simulation, (done) => storage.writeState(Uint8Array.of(1, 2, 3), done))
  return { disk, write, read, writeState }
}

describe('what goes wrong with a disk', () => {
  test('disk: full, after taking what fits; with room again it goes on', () => {
    const { disk, write, read, writeState } = hurt({ kind: 'full', freeBytes: 4 })
    expect(write(8)?.code).toBe('disk-full')
    expect(read()).toBe('8888777777')
    expect([writeState()?.code, disk.state]).toEqual(['disk-full', null])
    disk.heal()
    expect([write(9), read(), writeState()]).toEqual([null, '9999999999', null])
  })

  test('disk: read-only: nothing is written, what is there is read, and a storage that wants to write is refused', () => {
    const { disk, write, read, writeState } = hurt({ kind: 'read-only' })
    expect([write(8)?.code, writeState()?.code, read()]).toEqual(['not-writable', 'not-writable', '7777777777'])
    const simulation = new Simulation()
    const prepare = (readOnly: boolean) =>
      come<PrepareOutcome>(simulation, (done) => simulatedStorage(simulation, disk, { readOnly }).prepare(done))
    expect(prepare(false)).toMatchObject({ kind: 'fault', fault: { code: 'not-writable' } })
    expect(prepare(true)).toMatchObject({ kind: 'ready', hadContent: true })
  })

  test('a byte that becomes another: size and time do not tell', () => {
    const { disk, read } = hurt({ kind: 'rotten', fileIndex: 0, offsetBytes: 3 })
    expect(read()).toBe(`777${7 ^ 0x55}777777`)
    expect(disk.stats()[0]).toEqual({ lengthBytes: 10, modifiedMs: 0 })
  })

  test('bytes that cannot be read: broken; those around them can', () => {
    const { read } = hurt({ kind: 'unreadable', fileIndex: 0, offsetBytes: 4, lengthBytes: 2 })
    expect([read(), read({ ...whole, lengthBytes: 4 }), read({ ...whole, offsetBytes: 6, lengthBytes: 4 })]).toEqual([
      'broken',
      '7777',
      '7777',
    ])
    expect(read({ ...whole, offsetBytes: 5, lengthBytes: 1 })).toBe('broken')
  })

  test('a file that is cut or lengthened has the time when that was done', () => {
    for (const lengthBytes of [3, 12]) {
      const { disk } = hurt({ kind: 'resized', fileIndex: 0, lengthBytes })
      expect(disk.stats()[0]).toEqual({ lengthBytes, modifiedMs: 500 })
    }
  })
})

describe('a write that takes 5 ms', () => {
  test('is on the disk after 5 ms', () => {
    const simulation = new Simulation()
    const disk = new SimulatedDisk([10])
    const storage = simulatedStorage(simulation, disk, { writeMs: 5 })
    come<PrepareOutcome>(simulation, (done) => storage.prepare(done))
    const doneMs: number[] = []
    storage.write([whole], [new Uint8Array(10).fill(7)], (nowMs) => doneMs.push(nowMs))
    simulation.run(() => false, 4)
    expect([disk.file(0).length, disk.crash(4).file(0).length]).toEqual([0, 0])
    simulation.run(() => false, 10)
    expect([disk.file(0).length, disk.crash(10).file(0).length, doneMs]).toEqual([10, 10, [5]])
    expect(disk.stats()).toEqual([{ lengthBytes: 10, modifiedMs: 5 }])
  })

  test('and is interrupted by a crash leaves nothing, or a part, or all; a state leaves the old one', () => {
    const simulation = new Simulation()
    const disk = new SimulatedDisk([10])
    const storage = simulatedStorage(simulation, disk, { writeMs: 5, stateMs: 5 })
    come<PrepareOutcome>(simulation, (done) => storage.prepare(done))
    come<StorageFault | null>(simulation, (done) => storage.writeState(Uint8Array.of(1), done))
    storage.write([whole], [new Uint8Array(10).fill(7)], () => {})
    storage.writeState(Uint8Array.of(2), () => {})
    const lengths = Array.from({ length: 100 }, (_, seed) => {
      const after = disk.crash(7, seededRandom(seed, 0, PURPOSE.behaviour))
      expect([after.file(0).every((byte) => byte === 7), after.state]).toEqual([true, Uint8Array.of(1)])
      return after.file(0).length
    })
    expect([...new Set(lengths)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(disk.file(0).length).toBe(0)
  })
})

const PIECE_BYTES = 1_000
const LENGTHS = [12_345, 0, 20_000, 7_655, 500]
const TOTAL_BYTES = LENGTHS.reduce((sum, lengthBytes) => sum + lengthBytes, 0)
const CONTENT = new SyntheticContent(TOTAL_BYTES, 3).read(0, TOTAL_BYTES)
const INFOHASH = 'ab'.repeat(20) as InfoHash

function makeTorrent(): TorrentFile {
  let offsetBytes = 0
  const files = LENGTHS.map((lengthBytes, index) => {
    const file = { path: ['t', `${index}`], lengthBytes, offsetBytes, pad: false }
    offsetBytes += lengthBytes
    return file
  })
  const geometry = new Geometry(TOTAL_BYTES, PIECE_BYTES)
  return { files, geometry, pieceHashes: new Uint8Array(20 * geometry.pieceCount) } as unknown as TorrentFile
}

const TORRENT = makeTorrent()
const { geometry } = TORRENT

/** A process that stores pieces in any order, some 25 a second, each write taking up to 40 ms, and keeps its state. */
class Session {
  readonly storage: Storage
  readonly saver: StateSaver
  readonly store: PieceStore
  readonly complete: Bitfield
  readonly storedMs = new Map<PieceIndex, number>()
  readonly #simulation: Simulation

  constructor(simulation: Simulation, disk: SimulatedDisk, complete = new Bitfield(geometry.pieceCount)) {
    this.#simulation = simulation
    this.storage = simulatedStorage(simulation, disk, { writeMs: 40, stateMs: 5 })
    this.store = new PieceStore(this.storage, TORRENT)
    this.complete = complete
    this.saver = new StateSaver(
      { clock: simulation.clock, storage: this.storage },
      { encodeState: (files) => encodeResumeState(this.#state(files), sha1), stateFailed: () => expect.fail() },
    )
  }

  #state(files: readonly FileStat[]): ResumeState {
    return { infohash: INFOHASH, complete: this.complete, files, uploadedBytes: 0, downloadedBytes: 0, infoBytes: null }
  }

  /** Every missing piece, in an order of chance. */
  begin(seed: number): void {
    const random = seededRandom(seed, 0, PURPOSE.order)
    const missing = Array.from({ length: geometry.pieceCount }, (_, piece) => piece as PieceIndex)
    for (let atMs = 0; missing.length > 0; atMs += random.below(80)) {
      const [piece] = missing.splice(random.below(missing.length), 1)
      if (!this.complete.has(piece!)) this.#simulation.inMs(atMs, () => this.#write(piece!))
    }
  }

  #write(piece: PieceIndex): void {
    const from = piece * PIECE_BYTES
    this.store.write(piece, [CONTENT.subarray(from, from + geometry.pieceBytes(piece))], (nowMs, fault) => {
      expect(fault).toBe(null)
      this.complete.set(piece)
      this.storedMs.set(piece, nowMs)
      this.saver.changed(nowMs)
    })
  }
}

/** As a client starts: what the state says, and what the disk bears out. */
function restart(simulation: Simulation, disk: SimulatedDisk, seed: number, believes = true): DiskCheckResult {
  const session = new Session(simulation, disk)
  const bytes = come<Uint8Array | null>(simulation, (done) => session.storage.readState(done))
  const expected = { infohash: INFOHASH, content: TORRENT }
  const parsed = bytes === null ? null : parseResumeState(bytes, expected, sha1)
  if (parsed?.kind === 'fault') expect.fail(parsed.fault.code)
  const prepared = come<PrepareOutcome>(simulation, (done) => session.storage.prepare(done))
  if (prepared.kind === 'fault') expect.fail(prepared.fault.detail)
  const hasher = simulatedHasher(simulation, CONTENT, PIECE_BYTES)
  const random = seededRandom(seed, 0, PURPOSE.picker)
  return come<DiskCheckResult>(simulation, (done) => {
    const check = new DiskCheck(
      {
        content: TORRENT,
        files: prepared.files,
        verifier: storeVerifier(TORRENT, { store: session.store, hasher }),
        trust: parsed === null || !believes ? null : { state: parsed.state, random },
      },
      { progressed: () => {}, checked: done },
    )
    simulation.soon((nowMs) => check.start(nowMs))
  })
}

/** A session that dies after so many ms. */
function crashed(crashMs: number, seed: number) {
  const simulation = new Simulation()
  const disk = new SimulatedDisk(LENGTHS)
  const session = new Session(simulation, disk)
  come<PrepareOutcome>(simulation, (done) => session.storage.prepare(done))
  session.begin(seed)
  simulation.run(() => false, crashMs)
  simulation.advanceTo(crashMs * 1e6)
  const after = disk.crash(crashMs, seededRandom(seed, -1, PURPOSE.behaviour))
  return { after, storedMs: new Map(session.storedMs), nextSimulation: new Simulation() }
}

function isOnDisk(disk: SimulatedDisk, piece: PieceIndex): boolean {
  const bytes = Buffer.concat(
    LENGTHS.map((lengthBytes, index) => Buffer.concat([disk.file(index)], lengthBytes)), // zeros where it is short
  )
  const from = piece * PIECE_BYTES
  const to = from + geometry.pieceBytes(piece)
  return bytes.subarray(from, to).equals(CONTENT.subarray(from, to))
}

const pieces = Array.from({ length: geometry.pieceCount }, (_, piece) => piece as PieceIndex)

describe('killed at 100 moments of a download, with writes under way', () => {
  /** Half of them just after the first state was written, which is at 845 ms, while pieces are being written. */
  const crashes = Array.from({ length: 100 }, (_, index) => ({
    crashMs: index % 2 === 0 ? 17 + index * 19 : 844 + (index % 40),
    seed: index,
  }))

  test('fast resume believes no piece that is not whole, and loses none that was stored a second before', () => {
    let believed = 0
    let lost = 0
    for (const { crashMs, seed } of crashes) {
      const { after, storedMs, nextSimulation } = crashed(crashMs, seed)
      const result = restart(nextSimulation, after, seed)
      expect(result).toMatchObject({ claimedWrongly: [], stateLies: false })
      for (const piece of pieces) {
        if (result.complete.has(piece)) expect(isOnDisk(after, piece), `piece ${piece} of ${seed}`).toBe(true)
        const atMs = storedMs.get(piece)
        if (atMs === undefined || result.complete.has(piece)) continue
        lost++
        expect(crashMs - atMs, `piece ${piece} of ${seed}`).toBeLessThanOrEqual(1_000)
      }
      believed += result.trustedCount
    }
    // Else this test sees nothing.
    expect(believed).toBeGreaterThan(100)
    expect(lost).toBeLessThan(50)
  })

  test('a full check finds every piece that was stored', () => {
    for (const { crashMs, seed } of crashes.filter((_, index) => index % 5 === 0)) {
      const { after, storedMs, nextSimulation } = crashed(crashMs, seed)
      const { complete } = restart(nextSimulation, after, seed, false)
      for (const piece of pieces) {
        expect(complete.has(piece)).toBe(isOnDisk(after, piece))
        if (storedMs.has(piece)) expect(complete.has(piece)).toBe(true)
      }
    }
  })

  test('a session that is stopped loses nothing: all is believed', () => {
    const simulation = new Simulation()
    const disk = new SimulatedDisk(LENGTHS)
    const session = new Session(simulation, disk)
    come<PrepareOutcome>(simulation, (done) => session.storage.prepare(done))
    session.begin(1)
    simulation.run(() => session.complete.isFull, 60_000)
    come<void>(simulation, (done) => session.saver.stop(simulation.nowMs, done as (nowMs: number) => void))
    come<StorageFault | null>(simulation, (done) => session.storage.close(done))
    const result = restart(simulation, disk.crash(simulation.nowMs), 1)
    expect([result.complete.isFull, result.trustedCount]).toEqual([true, geometry.pieceCount - 16])
  })
})

describe('a state that lies', () => {
  test('about content that rotted is found out, and only what is right is complete', () => {
    const simulation = new Simulation()
    const disk = new SimulatedDisk(LENGTHS)
    const session = new Session(simulation, disk)
    come<PrepareOutcome>(simulation, (done) => session.storage.prepare(done))
    session.begin(1)
    simulation.run(() => session.complete.isFull, 60_000)
    come<void>(simulation, (done) => session.saver.stop(simulation.nowMs, done as (nowMs: number) => void))
    for (const fileIndex of [0, 2, 3]) {
      for (let offsetBytes = 100; offsetBytes < LENGTHS[fileIndex]!; offsetBytes += 2_000) {
        disk.inject(simulation.nowMs, { kind: 'rotten', fileIndex, offsetBytes })
      }
    }
    const result = restart(simulation, disk, 1)
    expect(result.stateLies).toBe(true)
    expect(result.claimedWrongly).toEqual(pieces.filter((piece) => !isOnDisk(disk, piece)))
    expect(pieces.filter((piece) => result.complete.has(piece))).toEqual(
      pieces.filter((piece) => isOnDisk(disk, piece)),
    )
  })
})
