import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { freeAtMs, isFree, LATE_MS_MAX, RateLimiter, takeFrom } from './rate-limiter.ts'

const MIB = 1_048_576

/** Takes blocks as soon as it may, each time `lateMs` after it could; gives the bytes taken from `startMs` to `endMs`. */
function takenBytes(limiters: readonly RateLimiter[], startMs: number, endMs: number, lateMs = 0): number {
  let bytes = 0
  for (let nowMs = startMs; nowMs < endMs; nowMs = Math.max(nowMs, freeAtMs(limiters) + lateMs)) {
    while (isFree(limiters, nowMs)) {
      takeFrom(limiters, nowMs, BLOCK_BYTES)
      bytes += BLOCK_BYTES
    }
  }
  return bytes
}

describe('a limit of 1 MiB/s', () => {
  test('lets 10 MiB through in 10 s, the block that ends with them being the last', () => {
    expect(takenBytes([new RateLimiter(MIB)], 0, 10_000)).toBe(10 * MIB)
    // The next one goes at 10 s: in [0, 10 s] there is one block more.
    expect(takenBytes([new RateLimiter(MIB)], 0, 10_000.001)).toBe(10 * MIB + BLOCK_BYTES)
  })

  test('lets one block through at once after idling for an hour, like after none', () => {
    const limiter = new RateLimiter(MIB)
    takeFrom([limiter], 0, BLOCK_BYTES)
    expect(takenBytes([limiter], 3_600_000, 3_600_000 + 1000)).toBe(MIB)
  })

  test('is free again 15.625 ms after each block', () => {
    const limiter = new RateLimiter(MIB)
    expect([isFree([limiter], 0), limiter.freeAtMs()]).toEqual([true, 0])
    takeFrom([limiter], 100, BLOCK_BYTES)
    expect([isFree([limiter], 115.624), isFree([limiter], 115.625), limiter.freeAtMs()]).toEqual([false, true, 115.625])
  })

  test('makes those wait who come after what could not wait', () => {
    const limiter = new RateLimiter(MIB)
    for (let block = 0; block < 64; block++) limiter.take(0, BLOCK_BYTES)
    expect(limiter.freeAtMs()).toBe(1000)
  })
})

describe('lateness', () => {
  // Without being made up for, 1 ms late costs 6 % at 1 MiB/s, and 84 % at 100 MB/s.
  test.each([
    [MIB, 1],
    [MIB, 12],
    [100_000_000, 1],
    [100_000_000, LATE_MS_MAX],
  ])('at %i B/s, each wake %i ms late: 10 s let 10 s through', (rate, lateMs) => {
    const bytes = takenBytes([new RateLimiter(rate)], 0, 10_000, lateMs)
    // The last wake before the end is at most `lateMs` before it, and brings a block more than is due.
    expect(bytes).toBeGreaterThan(10 * rate - (rate * lateMs) / 1000 - BLOCK_BYTES)
    expect(bytes).toBeLessThanOrEqual(10 * rate + BLOCK_BYTES)
  })

  test(`is made up for to ${LATE_MS_MAX} ms, and no more`, () => {
    const bytesAfter = (lateMs: number) => {
      const limiter = new RateLimiter(1_000_000)
      limiter.take(0, 1000)
      isFree([limiter], 0)
      limiter.take(1 + lateMs, 1000)
      return limiter.freeAtMs()
    }
    expect([bytesAfter(LATE_MS_MAX), bytesAfter(LATE_MS_MAX + 1), bytesAfter(1000)]).toEqual([2, 3, 982])
  })

  test('of somebody who was not turned away is none: it came when it had something', () => {
    const limiter = new RateLimiter(1_000_000)
    limiter.take(0, 1000)
    limiter.take(6, 1000)
    expect(limiter.freeAtMs()).toBe(7)
  })

  test('is made up for by what is taken then, not by what comes later', () => {
    const limiter = new RateLimiter(1_000_000)
    limiter.take(0, 1000)
    isFree([limiter], 0)
    for (const freeAtMs of [2, 3]) {
      limiter.take(6, 1000)
      expect(limiter.freeAtMs()).toBe(freeAtMs)
    }
    limiter.take(6.5, 1000)
    expect(limiter.freeAtMs()).toBe(7.5)
  })
})

test('it never drifts: a million blocks at an odd rate end when their bytes are due', () => {
  const limiter = new RateLimiter(1_234_567)
  for (let block = 0; block < 1_000_000; block++) {
    const nowMs = limiter.freeAtMs()
    isFree([limiter], nowMs - 1)
    limiter.take(nowMs, BLOCK_BYTES)
  }
  expect(limiter.freeAtMs()).toBe((1_000_000 * BLOCK_BYTES * 1000) / 1_234_567)
})

describe('changing the rate', () => {
  test('midway: 5 s at 1 MiB/s and 5 s at 3 MiB/s let 20 MiB through', () => {
    const limiter = new RateLimiter(MIB)
    const before = takenBytes([limiter], 0, 5_000)
    limiter.setRate(5_000, 3 * MIB)
    expect(before + takenBytes([limiter], 5_000, 10_000)).toBe(20 * MIB)
  })

  test('finishes what was taken at the new rate: nobody waits for hours because the limit was 1 B/s', () => {
    const limiter = new RateLimiter(1)
    limiter.take(0, BLOCK_BYTES)
    expect(limiter.freeAtMs()).toBe(BLOCK_BYTES * 1000)
    limiter.setRate(384_000, 1_000_000)
    expect(limiter.freeAtMs()).toBe(384_016)
  })

  test('to none frees it at once, and from none owes nothing', () => {
    const limiter = new RateLimiter(1)
    limiter.take(0, BLOCK_BYTES)
    limiter.setRate(1, null)
    limiter.take(2, 1e12)
    expect([limiter.freeAtMs(), isFree([limiter], 2)]).toEqual([0, true])
    limiter.setRate(3, 1000)
    expect([limiter.freeAtMs(), isFree([limiter], 3)]).toEqual([3, true])
  })
})

describe('several limits', () => {
  test('the slowest decides, and none of them is exceeded', () => {
    const whole = new RateLimiter(3 * MIB)
    const torrents = [1, 4].map((mib) => [whole, new RateLimiter(mib * MIB)])
    expect(takenBytes(torrents[0]!, 0, 10_000)).toBe(10 * MIB)
    // The limit of all has 30 MiB for 10 s; the first torrent left it at the time of its last block.
    expect(takenBytes(torrents[1]!, 10_000, 20_000)).toBe(30 * MIB)
  })

  test('one that waits for another is not made up for: it was free all along', () => {
    const [fast, slow] = [new RateLimiter(1_000_000), new RateLimiter(100_000)]
    takeFrom([fast, slow], 0, 1000)
    expect([isFree([fast, slow], 0), freeAtMs([fast, slow])]).toEqual([false, 10])
    takeFrom([fast, slow], 10, 1000)
    expect([fast.freeAtMs(), slow.freeAtMs()]).toEqual([11, 20])
  })

  test('none at all let everything through', () => {
    for (const limiters of [[], [new RateLimiter(null)]]) {
      takeFrom(limiters, 5, 1e15)
      expect([isFree(limiters, 5), freeAtMs(limiters)]).toEqual([true, 0])
    }
  })
})

test('rates that are none are refused', () => {
  for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => new RateLimiter(rate)).toThrow(RangeError)
    expect(() => new RateLimiter(1).setRate(0, rate)).toThrow(RangeError)
  }
  expect(new RateLimiter(1).rateBytesPerSecond).toBe(1)
})

test('whoever comes whenever, in any time no more than rate × time, one take and the lateness go through', () => {
  const steps = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: BLOCK_BYTES })), {
    minLength: 1,
    maxLength: 60,
  })
  fc.assert(
    fc.property(steps, fc.integer({ min: 10_000, max: 10_000_000 }), (arrivals, rate) => {
      const limiter = new RateLimiter(rate)
      const takes: { nowMs: number; bytes: number }[] = []
      let nowMs = 0
      for (const [stepMs, bytes] of arrivals) {
        nowMs += stepMs
        if (!isFree([limiter], nowMs)) continue
        limiter.take(nowMs, bytes)
        takes.push({ nowMs, bytes })
      }
      for (const [from, first] of takes.entries()) {
        let sumBytes = 0
        for (const { nowMs: atMs, bytes } of takes.slice(from)) {
          // Before this take: what has gone since `first` has had its time.
          expect(sumBytes).toBeLessThanOrEqual(((atMs - first.nowMs + LATE_MS_MAX) * rate) / 1000 + 1e-6)
          sumBytes += bytes
        }
      }
    }),
  )
})
