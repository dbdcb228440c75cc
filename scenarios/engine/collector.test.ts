import { describe, expect, test } from 'vitest'
import type { ClientEvent } from '../../client/ports/events.ts'
import { Collector } from './collector.ts'
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
