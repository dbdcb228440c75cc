import { describe, expect, test } from 'vitest'
import { NS_PER_MS } from './link.ts'
import { SEGMENT_BYTES } from './loss.ts'
import { INITIAL_WINDOW_BYTES, type PathState, SlowStart, WINDOW_BYTES_MAX } from './slow-start.ts'

const RTT_MS = 100
const RTT_NS = RTT_MS * NS_PER_MS
/** RTT and 200 ms. */
const TIMEOUT_MS = 300
const FREE: PathState = { roundTripNs: RTT_NS, bytesPerSecond: null }

/** A sender that always has more, whose segments are all acknowledged a round trip later; bytes sent after each. */
function rounds(window: SlowStart, count: number, path = FREE, fromMs = 0): (number | 'full')[] {
  const sent: (number | 'full')[] = []
  let total = 0
  for (let round = 0; round < count; round++) {
    const nowNs = (fromMs + round * RTT_MS) * NS_PER_MS
    const allowance = window.allowanceBytes(nowNs, path)
    if (!Number.isFinite(allowance)) {
      sent.push('full')
      continue
    }
    window.sent(nowNs, allowance)
    total += allowance
    sent.push(total)
    for (let left = allowance; left > 0; left -= SEGMENT_BYTES) window.acknowledged(Math.min(left, SEGMENT_BYTES))
  }
  return sent
}

/** What the window is when nothing is on its way. */
function windowAt(window: SlowStart, nowMs: number): number {
  return window.allowanceBytes(nowMs * NS_PER_MS, FREE)
}

/** All of it is used, and acknowledged at once. */
function use(window: SlowStart, nowMs: number): void {
  const allowance = windowAt(window, nowMs)
  window.sent(nowMs * NS_PER_MS, allowance)
  window.acknowledged(allowance)
}

describe('slow start', () => {
  // 14,480 x (2^k - 1), k = 1 to 6, all of it half or more of the window.
  test('has sent IW x (2^k - 1) bytes after k round trips', () => {
    const window = new SlowStart()
    const sent: number[] = []
    let total = 0
    for (let k = 1; k <= 6; k++) {
      const allowance = windowAt(window, k * RTT_MS)
      window.sent(k * RTT_MS * NS_PER_MS, allowance)
      total += allowance
      sent.push(total)
      window.acknowledged(allowance)
    }
    expect(sent).toEqual([1, 3, 7, 15, 31, 63].map((rounds) => rounds * INITIAL_WINDOW_BYTES))
  })

  test('ends when the window is what the path holds: rate x round trip, and 4 MiB at most', () => {
    // 100 ms at 1.2 MB/s hold 120,000 bytes: more than 8 x 14,480 = 115,840, less than twice that.
    const limited = { ...FREE, bytesPerSecond: 1_200_000 }
    const grown = new SlowStart()
    for (let k = 0; k < 3; k++) use(grown, k * RTT_MS)
    expect(grown.allowanceBytes(3 * RTT_NS, limited)).toBe(8 * INITIAL_WINDOW_BYTES)
    use(grown, 3 * RTT_MS)
    expect(grown.allowanceBytes(4 * RTT_NS, limited)).toBe(Number.POSITIVE_INFINITY)
    const free = new SlowStart()
    let k = 0
    for (; Number.isFinite(windowAt(free, k * RTT_MS)); k++) use(free, k * RTT_MS)
    // 14,480 x 2^8 = 3.7 MB, and twice that is over.
    expect(k).toBe(9)
    expect(INITIAL_WINDOW_BYTES * 2 ** 8).toBeLessThan(WINDOW_BYTES_MAX)
  })

  test('of a short path is over at once', () => {
    expect(new SlowStart().allowanceBytes(0, { roundTripNs: 0, bytesPerSecond: 1e6 })).toBe(Number.POSITIVE_INFINITY)
  })

  test('lets nothing out that would be more than the window on its way', () => {
    const window = new SlowStart()
    window.sent(0, INITIAL_WINDOW_BYTES - 1)
    expect(windowAt(window, 1)).toBe(1)
    window.sent(0, 1)
    expect(windowAt(window, 1)).toBe(0)
    window.acknowledged(SEGMENT_BYTES)
    expect(windowAt(window, 1)).toBe(2 * SEGMENT_BYTES)
  })

  test('a window of which less than half is used does not grow', () => {
    const window = new SlowStart()
    for (let k = 0; k < 10; k++) {
      window.sent(k * RTT_NS, INITIAL_WINDOW_BYTES / 2)
      window.acknowledged(INITIAL_WINDOW_BYTES / 2)
    }
    expect(windowAt(window, 1_000)).toBe(INITIAL_WINDOW_BYTES)
  })

  test('segment by segment, the last of a round that nothing follows teach it nothing', () => {
    // Of 10 acknowledged with nothing sent in between, 2 x 10 > 10, 2 x 9 > 11, 2 x 8 > 12, 2 x 7 > 13; 2 x 6 is not > 14.
    expect(rounds(new SlowStart(), 2)).toEqual([INITIAL_WINDOW_BYTES, INITIAL_WINDOW_BYTES + 14 * SEGMENT_BYTES])
  })
})

describe('after silence', () => {
  const grownBy = (doublings: number) => {
    const window = new SlowStart()
    // All at one moment, 0, so that silence counts from there.
    for (let k = 0; k < doublings; k++) use(window, 0)
    return window
  }

  // 16 x IW halves for each whole time-out of 300 ms; RFC 2861.
  test.each([
    [0, 16],
    [TIMEOUT_MS, 16],
    [TIMEOUT_MS + 1, 8],
    [2 * TIMEOUT_MS + 1, 4],
    [4 * TIMEOUT_MS + 1, 1],
    [1e9, 1],
  ])('of %d ms the window is %d x IW', (silentMs, windows) => {
    expect(windowAt(grownBy(4), silentMs)).toBe(windows * INITIAL_WINDOW_BYTES)
  })

  test('that was looked at meanwhile, each time-out counts once', () => {
    const window = grownBy(4)
    for (let ms = 0; ms <= 2 * TIMEOUT_MS + 1; ms++) windowAt(window, ms)
    expect(windowAt(window, 2 * TIMEOUT_MS + 1)).toBe(4 * INITIAL_WINDOW_BYTES)
  })

  test('while something is on its way is no silence', () => {
    const window = grownBy(3)
    window.sent(0, 1)
    expect(windowAt(window, 10_000)).toBe(8 * INITIAL_WINDOW_BYTES - 1)
  })

  test('a path that was full is not any more', () => {
    const window = grownBy(9)
    expect(windowAt(window, 0)).toBe(Number.POSITIVE_INFINITY)
    window.left(1_000 * NS_PER_MS)
    expect(windowAt(window, 1_000 + TIMEOUT_MS)).toBe(Number.POSITIVE_INFINITY)
    expect(windowAt(window, 1_000 + TIMEOUT_MS + 1)).toBe((2 ** 9 / 2) * INITIAL_WINDOW_BYTES)
  })
})
