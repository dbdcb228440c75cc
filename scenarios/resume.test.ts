/** A download that dies, or is ended, and is started again: what it costs, and what it makes of a state that is wrong. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { PieceIndex } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { nodeSha1 } from '../client/node/sha1.ts'
import { encodeResumeState } from '../client/storage/resume-state.ts'
import { SPOT_CHECK_PIECES } from '../client/swarm/disk-check.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import { PURPOSE, seededRandom } from '../simulator/random.ts'
import type { SimulatedDisk } from '../simulator/storage.ts'
import { startSession } from './resume.testing.ts'
import { Ledger } from './soak/ledger.ts'
import type { Swarm } from './swarm-stage.testing.ts'

const LIMIT_MS = 30_000

/** What came and was stored in a session that is over. */
function book(ledger: Ledger, { judge }: Swarm, inDoubt: readonly number[]): void {
  for (const block of judge.all('block-received')) {
    if (!block.wasted) ledger.block({ ...block, piece: block.piece as PieceIndex })
  }
  for (const { piece } of judge.all('piece-stored')) ledger.storedPiece(piece as PieceIndex)
  ledger.ended(inDoubt as PieceIndex[])
}

const storedSince = ({ judge }: Swarm, sinceMs: number) =>
  judge.all('piece-stored').flatMap(({ atMs, piece }) => (atMs >= sinceMs ? [piece] : []))
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

const CRASHES = 5
/** Ledgers of a download that crashes five times, each after up to 1.3 s. */
function crashing(seed: number, fastResume: boolean) {
  const random = seededRandom(seed, -1, PURPOSE.behaviour)
  let disk: SimulatedDisk | null = null
  let startMs = 0
  let ledger: Ledger | null = null
  let writesCut = 0
  let trusted = 0
  for (let life = 0; ; life++) {
    const swarm = startSession({ disk, startMs, fastResume, seed: seed * 10 + life })
    ledger ??= new Ledger(swarm.torrent.geometry)
    if (life === CRASHES) swarm.complete(LIMIT_MS)
    else swarm.runUntil(1 + random.below(1_300))
    const { nowMs } = swarm.simulation
    book(ledger, swarm, fastResume ? storedSince(swarm, nowMs - 1_000) : [])
    writesCut += swarm.judge.all('piece-verified').length - swarm.judge.all('piece-stored').length
    trusted += sum(swarm.judge.all('verified-on-disk').map((event) => event.trusted))
    expect(swarm.judge.all('resume-state-rejected')).toEqual([])
    if (life === CRASHES) return { costs: ledger.sessions, writesCut, trusted }
    disk = swarm.disk.crash(nowMs, random)
    startMs = Math.ceil(nowMs) + 1 + random.below(10_000)
  }
}

describe.each([
  ['verified', false],
  ['believed (fast resume)', true],
])('killed at 100 moments of 20 downloads, with writes under way, and what is on the disk %s', (_, fastResume) => {
  let runs: ReturnType<typeof crashing>[] = []
  beforeAll(() => {
    runs = Array.from({ length: 20 }, (_, seed) => crashing(seed + 1, fastResume))
  })

  test('each ends with the right bytes, and no block comes again without need', () => {
    const costs = runs.flatMap((run) => run.costs)
    expect(costs.length).toBe(20 * (CRASHES + 1))
    expect(costs.flatMap(({ wrong }) => wrong)).toEqual([])
    for (const { againBytes, exposedBytes } of costs) expect(againBytes).toBeLessThanOrEqual(exposedBytes)
  })

  test('and the kills fell where it matters, else this would see nothing', () => {
    expect(sum(runs.map(({ writesCut }) => writesCut))).toBeGreaterThan(50)
    expect(sum(runs.flatMap(({ costs }) => costs.map(({ againBytes }) => againBytes)))).toBeGreaterThan(0)
    const trusted = sum(runs.map((run) => run.trusted))
    if (fastResume) expect(trusted).toBeGreaterThan(10)
    else expect(trusted).toBe(0)
  })
})

describe.each([false, true])('ended by its user (fast resume: %s)', (fastResume) => {
  test.each(Array.from({ length: 10 }, (_, index) => 130 + index * 370))(
    'after %d ms: nothing that came whole comes again',
    (endMs) => {
      const first = startSession({ disk: null }).runUntil(endMs)
      expect(first.stop().faults).toEqual([null])
      const stored = first.judge.all('piece-stored').length
      expect(stored).toBe(first.judge.all('piece-verified').length)
      const startMs = Math.ceil(first.simulation.nowMs) + 1
      const second = startSession({ disk: first.disk.crash(startMs), startMs, fastResume })
      second.complete(LIMIT_MS)
      const { pieceCount } = second.torrent.geometry
      expect(second.judge.all('piece-stored').length).toBe(pieceCount - stored)
      const trusted = fastResume ? Math.max(0, stored - SPOT_CHECK_PIECES) : 0
      expect(second.judge.all('verified-on-disk')).toMatchObject(stored === 0 ? [] : [{ pieces: stored, trusted }])
    },
  )
})

/** Half of the pieces are there, and the state says so; then it is made to say something else. */
function withState(forge: (honest: Uint8Array, swarm: Swarm) => Uint8Array) {
  const swarm = startSession({ disk: null }).runUntil(2_000)
  swarm.stop()
  const startMs = Math.ceil(swarm.simulation.nowMs) + 1
  const disk = swarm.disk.crash(startMs)
  disk.beginStateWrite(forge(disk.state!, swarm)).land(startMs)
  return { disk, startMs, stored: swarm.judge.all('piece-stored').length }
}

function claiming(swarm: Swarm, pieces: (piece: number) => boolean, infohash = swarm.torrent.infohashV1!): Uint8Array {
  const { pieceCount } = swarm.torrent.geometry
  const complete = new Bitfield(pieceCount)
  for (let piece = 0; piece < pieceCount; piece++) if (pieces(piece)) complete.set(piece as PieceIndex)
  const counts = { uploadedBytes: 0, downloadedBytes: 0, infoBytes: null }
  return encodeResumeState({ infohash, complete, files: swarm.disk.stats(), ...counts }, nodeSha1)
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at]! ^= 1
  return copy
}

const LIES: readonly [string, RegExp, (honest: Uint8Array, swarm: Swarm) => Uint8Array][] = [
  ['claims every piece', /not on the disk/, (_, swarm) => claiming(swarm, () => true)],
  [
    'claims what is missing, and no other piece',
    /not on the disk/,
    (_, swarm) => {
      const there = new Set(swarm.judge.all('piece-stored').map(({ piece }) => piece))
      return claiming(swarm, (piece) => !there.has(piece))
    },
  ],
  ['is of another torrent', /other-torrent/, (_, swarm) => claiming(swarm, () => true, 'ab'.repeat(20) as InfoHash)],
  ['is of another version', /other-version/, (honest) => changed(honest, 19)],
  ['is cut in its head', /cut/, (honest) => honest.subarray(0, 60)],
  ['is cut in its last byte', /cut/, (honest) => honest.subarray(0, honest.length - 1)],
  ['goes on after its end', /trailing-bytes/, (honest) => Uint8Array.of(...honest, 0)],
  ['has one wrong bit', /checksum/, (honest) => changed(honest, 90)],
  ['is something else', /not-ours/, () => new Uint8Array(1_000)],
  ['is empty', /not-ours|cut/, () => new Uint8Array(0)],
]

describe.each(LIES)('a resume state that %s', (_, reason, forge) => {
  test.each([true, false])('is found out, and the download is right all the same (fast resume: %s)', (fastResume) => {
    const { disk, startMs, stored } = withState(forge)
    const swarm = startSession({ disk, startMs, fastResume })
    swarm.complete(LIMIT_MS)
    expect(swarm.judge.all('resume-state-rejected')).toMatchObject([{ reason: expect.stringMatching(reason) }])
    expect(swarm.judge.all('verified-on-disk')).toMatchObject([{ pieces: stored, trusted: 0 }])
    expect(swarm.judge.all('piece-stored').length).toBe(swarm.torrent.geometry.pieceCount - stored)
  })
})

test('the state is honest where nobody touched it, and believed', () => {
  const { disk, startMs, stored } = withState((honest) => honest)
  const swarm = startSession({ disk, startMs, fastResume: true })
  swarm.complete(LIMIT_MS)
  expect(swarm.judge.all('resume-state-rejected')).toEqual([])
  expect(swarm.judge.all('verified-on-disk')).toMatchObject([{ pieces: stored, trusted: stored - SPOT_CHECK_PIECES }])
})
