import { describe, expect, test } from 'vitest'
import type { ClientEvent } from '../../client/ports/events.ts'
import { Collector } from './collector.ts'
import type { TimelineMark } from './observations.ts'
import type { WindowPlan } from './swarm-plan.ts'

const BLOCK = 16_384
const block = (peer: string, wasted = false): ClientEvent => ({
  type: 'block-received',
  peer,
  piece: 0,
  offsetBytes: 0,
  lengthBytes: BLOCK,
  wasted,
})
const started: ClientEvent = { type: 'started', infohash: '', name: 'x', totalBytes: 1, pieceCount: 1 }

function collect(events: readonly (readonly [number, ClientEvent])[], window: WindowPlan | null = null) {
  const collector = new Collector((address) => `<${address}>`, window)
  for (const [nowMs, event] of events) collector.emit(nowMs, event)
  return collector.observations(10_000)
}

test('times count from the start, throughput from the first block to the last', () => {
  const found = collect([
    [1_000, started],
    [1_250, block('a')],
    [1_500, block('b')],
    [2_250, block('a')],
    [2_300, { type: 'completed', bytes: 3 * BLOCK }],
  ])
  expect(found.seconds).toBe(1.3)
  expect(found.isComplete).toBe(true)
  expect(found.timeToFirstByteSeconds).toBe(0.25)
  expect(found.throughputBytesPerSecond).toBe(2 * BLOCK)
  expect(found.samples).toEqual([
    { tMs: 200, peer: '<a>', bytes: BLOCK },
    { tMs: 500, peer: '<b>', bytes: BLOCK },
    { tMs: 1_200, peer: '<a>', bytes: BLOCK },
  ])
})

test('wasted bytes are in the timeline and in their own measure, not in the throughput', () => {
  const found = collect([
    [0, started],
    [100, block('a')],
    [150, block('a', true)],
    [1_100, block('a')],
  ])
  expect(found.wastedBytes).toBe(BLOCK)
  expect(found.throughputBytesPerSecond).toBe(BLOCK)
  expect(found.samples[0]!.bytes).toBe(2 * BLOCK)
  expect(found.isComplete).toBe(false)
})

test('requests lost are those voided by an end, a choke or a time-out', () => {
  const found = collect([
    [0, started],
    [1, { type: 'peer-choked', peer: 'a', requestsVoided: 2 }],
    [2, { type: 'peer-snubbed', peer: 'a', requestsReassigned: 3 }],
    [
      3,
      {
        type: 'peer-closed',
        peer: 'a',
        reason: 'closed by the peer',
        requestsLost: 4,
        downloadedBytes: 0,
        retryInMs: 1_000,
      },
    ],
  ])
  expect(found.requestsLost).toBe(9)
  expect(found.marks.map(({ mark, peer }) => [mark, peer])).toEqual([
    ['peer-choked', '<a>'],
    ['peer-snubbed', '<a>'],
    ['peer-closed', '<a>'],
  ])
})

test('pieces are told by the bin that they were stored in, with how many were left', () => {
  const collector = new Collector((address) => address, null)
  const stored = (piece: number, piecesLeft: number): ClientEvent => ({
    type: 'piece-stored',
    piece,
    bytes: BLOCK,
    piecesLeft,
  })
  collector.emit(1_000, started)
  collector.emit(1_110, stored(7, 9))
  collector.emit(1_190, stored(2, 8))
  collector.emit(1_450, stored(5, 7))
  expect(collector.observations(2_000).pieces).toEqual([
    { tMs: 100, pieces: [7, 2], piecesLeft: 8 },
    { tMs: 400, pieces: [5], piecesLeft: 7 },
  ])
})

describe('after a crash', () => {
  const verified = (pieces: number): ClientEvent => ({ type: 'verified-on-disk', pieces, ofPieces: 3, trusted: 0 })
  const stored: ClientEvent = { type: 'piece-stored', piece: 0, bytes: BLOCK, piecesLeft: 2 }

  /** One collector watches the client that dies, another carries on with what it had. */
  function collectBoth() {
    const first = new Collector((address) => address, null)
    const before: readonly (readonly [number, ClientEvent])[] = [
      [1_000, started],
      [1_000, verified(0)],
      [1_100, block('a')],
      [1_110, stored],
      [1_200, block('a')],
    ]
    for (const [nowMs, event] of before) first.emit(nowMs, event)
    first.crashed(1_300)
    const second = new Collector((address) => address, null, structuredClone(first.collected))
    const after: readonly (readonly [number, ClientEvent])[] = [
      [2_000, started],
      [2_250, verified(1)],
      [2_300, block('b')],
      [2_400, block('b')],
      [2_500, { type: 'completed', bytes: 3 * BLOCK }],
    ]
    for (const [nowMs, event] of after) second.emit(nowMs, event)
    return second.observations(9_999)
  }

  test('time and bytes count on from the first start', () => {
    const found = collectBoth()
    expect(found.seconds).toBe(1.5)
    expect(found.usefulBytes).toBe(4 * BLOCK)
    expect(found.samples.map(({ tMs, peer }) => [tMs, peer])).toEqual([
      [100, 'a'],
      [200, 'a'],
      [1_300, 'b'],
      [1_400, 'b'],
    ])
  })

  test('what was stored, what was not, and what was found again', () => {
    const { restart, marks } = collectBoth()
    expect(restart).toEqual({
      crashedSeconds: 0.3,
      storedBytes: BLOCK,
      unstoredBytes: BLOCK,
      restartedSeconds: 1,
      verifySeconds: 0.25,
      foundPieces: 1,
      trustedPieces: 0,
    })
    expect(marks.map(({ mark, tMs }: TimelineMark) => [mark, tMs])).toEqual([
      ['crashed', 300],
      ['restarted', 1_000],
      ['verified-on-disk', 1_250],
      ['completed', 1_500],
    ])
  })

  test('without one there is nothing to tell, and the first look at the disk is no mark', () => {
    const found = collect([
      [0, started],
      [0, verified(0)],
      [5, { type: 'announce-failed', url: 'x', reason: 'y', retryInMs: 1_000 }],
    ])
    expect(found.restart).toBeNull()
    expect(found.marks).toEqual([])
    expect(found.announcesFailed).toBe(1)
  })
})

describe('a window', () => {
  /** Bursts of three blocks, 1 ms apart, every 100 ms. */
  const bursts = Array.from({ length: 30 }, (_, burst) => [0, 1, 2].map((nth) => burst * 100 + nth)).flat()
  const events = [[0, started] as const, ...bursts.map((tMs) => [tMs, block('a')] as const)]

  test('is cut to whole bursts, so that its rate is exact wherever it begins', () => {
    for (const warmupMs of [0, 1, 2, 50, 501, 777]) {
      const found = collect(events, { warmupMs, measuredMs: 1_500, burstBlocks: 3 })
      expect(found.throughputBytesPerSecond).toBeCloseTo(30 * BLOCK, 6)
      expect(found.seconds).toBe(1.5)
    }
  })

  test('without a block in it has no throughput', () => {
    expect(collect(events, { warmupMs: 5_000, measuredMs: 100, burstBlocks: 3 }).throughputBytesPerSecond).toBeNull()
  })
})
