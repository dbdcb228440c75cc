import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { AUTO_DEPTH_LIMIT, AUTO_DEPTH_MAX, Pipeline } from './pipeline.ts'
import { at } from './wire-words.testing.ts'

/** A peer at the end of a path, as THEORY T1 has it: one queue that sends at a rate, and a delay. */
class Path {
  readonly pipeline = new Pipeline('auto')
  bytesPerSecond: number
  roundTripMs: number
  /** When each block comes, in order. */
  readonly #comingAtMs: number[] = []
  #busyUntilMs = 0
  #arrivedMs = 0
  nowMs = 0
  arrivedCount = 0

  constructor(bytesPerSecond: number, roundTripMs: number) {
    this.bytesPerSecond = bytesPerSecond
    this.roundTripMs = roundTripMs
    this.#fill()
  }

  /** Bytes per second that came in this time. */
  run(ms: number): number {
    const endMs = this.nowMs + ms
    const before = this.arrivedCount
    for (let atMs = this.#comingAtMs[before]; atMs !== undefined && atMs <= endMs; ) {
      this.nowMs = atMs
      this.pipeline.arrived(atMs, at(this.arrivedCount++, 0))
      this.#fill()
      atMs = this.#comingAtMs[this.arrivedCount]
    }
    this.nowMs = endMs
    return ((this.arrivedCount - before) * BLOCK_BYTES * 1000) / ms
  }

  /** As the exchange does: a few requests at a time. */
  #fill(): void {
    if (this.pipeline.depth - this.pipeline.outstandingCount < this.pipeline.batch) return
    while (this.pipeline.outstandingCount < this.pipeline.depth) {
      this.pipeline.requested(this.nowMs, at(this.#comingAtMs.length, 0))
      const startMs = Math.max(this.#busyUntilMs, this.nowMs + this.roundTripMs / 2)
      this.#busyUntilMs = startMs + (BLOCK_BYTES * 1000) / this.bytesPerSecond
      // TCP delivers in order, also while a path gets shorter.
      this.#arrivedMs = Math.max(this.#arrivedMs, this.#busyUntilMs + this.roundTripMs / 2)
      this.#comingAtMs.push(this.#arrivedMs)
    }
  }
}

const MBIT = 125_000
/** T1: as many as fill the path. */
const knee = (path: Path) => Math.ceil(1 + (path.bytesPerSecond * path.roundTripMs) / 1000 / BLOCK_BYTES)
const secondsOf = (path: Path, seconds: number) => Math.ceil((path.bytesPerSecond * seconds) / BLOCK_BYTES)

describe('the depth fills the path', () => {
  for (const [mbit, roundTripMs] of [
    [1, 20],
    [20, 50],
    [100, 0],
    [100, 50],
    [100, 100],
    [100, 600],
    [1_000, 100],
    [0.1, 300],
  ] as const) {
    test(`of ${mbit} Mbit/s and ${roundTripMs} ms: from a few seconds on, with about a second's worth to spare`, () => {
      const path = new Path(mbit * MBIT, roundTripMs)
      path.run(8_000)
      // Of whole blocks: one more or less in 10 s.
      expect(path.run(10_000)).toBeGreaterThan(0.995 * path.bytesPerSecond - BLOCK_BYTES / 5)
      const { depth } = path.pipeline
      expect(depth).toBeGreaterThanOrEqual(Math.min(AUTO_DEPTH_MAX, knee(path)))
      // Round trip and margin, 4 for the start, and a fifth for what a peak of some seconds is above the mean.
      expect(depth).toBeLessThanOrEqual(4 + 1.2 * secondsOf(path, 1.001 + roundTripMs / 1000 + 0.131 / mbit))
    })
  }
})

test('the depth all but doubles each round trip while the path is not full (slow start)', () => {
  const path = new Path(10_000 * MBIT, 100)
  const depths = Array.from({ length: 9 }, () => {
    path.run(100)
    return path.pipeline.depth
  })
  // The first 4 blocks come some microseconds after the first 100 ms; up to three of a round trip wait for a fourth.
  expect(depths.map((depth) => Math.round(depth / 4))).toEqual([1, 2, 4, 8, 15, 29, 57, 113, 225])
})

describe('the depth ends', () => {
  test.each([
    ['where they do not say what they queue, at 2,000', null, AUTO_DEPTH_MAX],
    ['at what they queue', 250, 250],
    ['at what they queue, above 2,000 too', 3_000, 3_000],
    ['where they queue no end of requests, at 8,192', 1e15, AUTO_DEPTH_LIMIT],
    ['at 1 where they queue one', 1, 1],
  ])('%s', (_, queueMax, depth) => {
    const path = new Path(100_000 * MBIT, 50)
    if (queueMax !== null) path.pipeline.setQueueMax(queueMax)
    path.run(2_000)
    expect(path.pipeline.depth).toBe(depth)
  })
})

describe('the depth follows', () => {
  test('a rate that falls to a tenth, down within the time that what waits there takes', () => {
    const path = new Path(100 * MBIT, 50)
    path.run(10_000)
    path.bytesPerSecond = 10 * MBIT
    path.run(15_000)
    expect(path.pipeline.depth).toBeLessThan(4 + 1.2 * secondsOf(path, 1.1))
    expect(path.run(10_000)).toBeGreaterThan(0.99 * path.bytesPerSecond)
  })

  test('a rate that rises tenfold, up within some seconds', () => {
    const path = new Path(10 * MBIT, 50)
    path.run(10_000)
    path.bytesPerSecond = 100 * MBIT
    path.run(3_000)
    expect(path.run(5_000)).toBeGreaterThan(0.99 * path.bytesPerSecond)
  })

  for (const roundTripMs of [600, 1_200, 3_000]) {
    test(`a round trip that grows from 20 to ${roundTripMs} ms, and fills the path again within a minute`, () => {
      const path = new Path(10 * MBIT, 20)
      path.run(20_000)
      path.roundTripMs = roundTripMs
      path.run(60_000)
      expect(path.run(30_000)).toBeGreaterThan(0.9 * path.bytesPerSecond)
    })
  }

  test('a round trip that shrinks, down within 10 s', () => {
    const path = new Path(10 * MBIT, 2_000)
    path.run(30_000)
    path.roundTripMs = 20
    path.run(10_000)
    expect(path.pipeline.depth).toBeLessThan(4 + 1.2 * secondsOf(path, 1.1))
    expect(path.run(10_000)).toBeGreaterThan(0.99 * path.bytesPerSecond)
  })
})

test('the depth does not grow by blocks that were given up, or that nobody asked for', () => {
  const pipeline = new Pipeline('auto')
  pipeline.requested(0, at(0, 0))
  pipeline.voidAll()
  expect([pipeline.arrived(1, at(0, 0)), pipeline.arrived(1, at(0, 1))]).toEqual(['late', 'unsolicited'])
  expect(pipeline.depth).toBe(4)
})

test('a peer that holds every block back for 9 s is owed no more than its rate is worth', () => {
  const path = new Path(1_000 * MBIT, 9_000)
  path.run(120_000)
  // 4 blocks at first, and 1 + 1/9 times as many every 9 s at most.
  expect(path.pipeline.depth).toBeLessThan(200)
})
