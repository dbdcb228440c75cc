import { describe, expect, test } from 'vitest'
import { drawStalls, lossOfBoth, SEGMENT_BYTES } from './loss.ts'
import { seeded } from './random.testing.ts'

/** A block with its header: 12 segments. */
const UNIT = 16_397
const SEGMENTS = 12
const UNITS = 200_000

/** What a draw of this share of all gives. */
const at = (share: number) => ({ below: (bound: number) => Math.floor(share * bound) })

test('nothing is drawn where nothing can be lost', () => {
  const never = { below: () => expect.fail('drawn') }
  expect([drawStalls(never, 0, UNIT), drawStalls(never, 0.5, 0)]).toEqual([0, 0])
})

describe('a unit stalls', () => {
  // One segment lost at 1 %: 0 stalls below 0.99, 1 below 0.9999, 2 below 0.999999.
  test.each([
    [0, 0],
    [0.989_999, 0],
    [0.990_001, 1],
    [0.999_899, 1],
    [0.999_901, 2],
  ])('of one segment, 1 %% lost, at a draw of %d: %d times', (share, stalls) => {
    expect(drawStalls(at(share), 0.01, SEGMENT_BYTES)).toBe(stalls)
  })

  // 0.99^12 = 0.886385, 0.9999^12 = 0.998801.
  test.each([
    [0.886_384, 0],
    [0.886_386, 1],
    [0.998_8, 1],
    [0.998_802, 2],
  ])('of twelve segments at a draw of %d: %d times', (share, stalls) => {
    expect(drawStalls(at(share), 0.01, UNIT)).toBe(stalls)
  })

  test('for as long as its slowest segment does, so many times on average as the sum over k of 1 - (1 - p^(k+1))^n', () => {
    for (const [index, lossRate] of [0.000_1, 0.002, 0.01, 0.05, 0.3].entries()) {
      const random = seeded(index)
      let sum = 0
      for (let unit = 0; unit < UNITS; unit++) sum += drawStalls(random, lossRate, UNIT)
      const tails = Array.from({ length: 60 }, (_, k) => 1 - (1 - lossRate ** (k + 1)) ** SEGMENTS)
      const mean = tails.reduce((total, tail) => total + tail, 0)
      // E[X^2] = sum of (2k + 1) P(X > k).
      const variance = tails.reduce((total, tail, k) => total + (2 * k + 1) * tail, 0) - mean * mean
      expect(Math.abs(sum / UNITS - mean)).toBeLessThan(4 * Math.sqrt(variance / UNITS))
      expect(sum).toBeGreaterThan(0)
    }
  })

  test('a single segment p / (1 - p) times: each is lost again with the same chance', () => {
    const random = seeded(9)
    const lossRate = 0.2
    let sum = 0
    for (let unit = 0; unit < UNITS; unit++) sum += drawStalls(random, lossRate, 1)
    // Geometric: mean 0.25, variance p / (1 - p)^2 = 0.3125.
    expect(Math.abs(sum / UNITS - 0.25)).toBeLessThan(4 * Math.sqrt(0.3125 / UNITS))
  })

  test('and never for ever, though nearly all is lost', () => {
    expect(drawStalls(at(1 - 2 ** -33), 0.999_999, UNIT)).toBe(64)
  })
})

test.each([
  [0, 0, 0],
  [0.1, 0, 0.1],
  [0.1, 0.1, 0.19],
  [0.9, 0.9, 0.99],
])('links that lose %d and %d lose %d together', (a, b, both) => {
  expect(lossOfBoth(a, b)).toBeCloseTo(both, 12)
  expect(lossOfBoth(b, a)).toBeCloseTo(both, 12)
})
