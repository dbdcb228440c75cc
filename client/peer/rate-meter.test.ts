import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RateMeter } from './rate-meter.ts'

/** What a meter reads at `atMs` after these bytes came at these times. */
function reading(arrivals: readonly (readonly [nowMs: number, bytes: number])[], atMs: number): number {
  const meter = new RateMeter()
  for (const [nowMs, bytes] of arrivals) meter.add(nowMs, bytes)
  return meter.rateBytesPerSecond(atMs)
}

/** `bytes` every `everyMs` from `fromMs` on, `count` times. */
const steady = (fromMs: number, everyMs: number, bytes: number, count: number) =>
  Array.from({ length: count }, (_, index) => [fromMs + index * everyMs, bytes] as const)

describe.each([0, 1_000_000_007.25, 1.7e12])('from %i ms on', (startMs) => {
  test('a meter reads 0 before anything came', () => expect(reading([], startMs)).toBe(0))

  test('one block does not look faster than a block in 250 ms', () => {
    expect(reading([[startMs, 16_384]], startMs)).toBe(65_536)
    expect(reading([[startMs, 16_384]], startMs + 1)).toBe(65_536)
    expect(reading([[startMs, 16_384]], startMs + 1_000)).toBeCloseTo(16_384)
  })

  test('a steady rate is read as it is, after a second and after a minute', () => {
    for (const seconds of [1, 2, 3, 10, 60]) {
      const rate = reading(steady(startMs, 10, 10_000, seconds * 100), startMs + seconds * 1000 - 10)
      expect(rate / 1_000_000, `after ${seconds} s`).toBeGreaterThan(0.99)
      expect(rate / 1_000_000, `after ${seconds} s`).toBeLessThan(1.02)
    }
  })

  test('two seconds after the last byte nothing is left of it, and time alone is enough', () => {
    const arrivals = steady(startMs, 10, 10_000, 500)
    const lastMs = startMs + 4_990
    expect(reading(arrivals, lastMs + 1_000)).toBeGreaterThan(0)
    for (const laterMs of [2_000, 2_001, 10_000, 1e9]) expect(reading(arrivals, lastMs + laterMs)).toBe(0)
  })

  test('after a pause what came before it does not count', () => {
    const arrivals = [...steady(startMs, 10, 10_000, 100), [startMs + 60_000, 1_000] as const]
    expect(reading(arrivals, startMs + 60_000)).toBeLessThanOrEqual(1_000 / 1.75)
  })
})

test('the total counts every byte', () => {
  const meter = new RateMeter()
  for (const [nowMs, bytes] of steady(5, 997, 16_384, 100)) meter.add(nowMs, bytes)
  expect(meter.totalBytes).toBe(100 * 16_384)
})

test('whenever bytes came, the rate is theirs over the last 1.75 to 2 s, or over all that was when that is less', () => {
  const anyArrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.nat(50_000)), { minLength: 1 })
  fc.assert(
    fc.property(anyArrivals, fc.nat(3_000), fc.nat(1_000_000), (steps, waitMs, startMs) => {
      let nowMs = startMs
      const arrivals = steps.map(([stepMs, bytes]) => {
        nowMs += stepMs
        return [nowMs, bytes] as const
      })
      const atMs = nowMs + waitMs
      const sinceFirstMs = atMs - arrivals[0]![0]
      const cameWithin = (windowMs: number) =>
        arrivals.reduce((sum, [cameMs, bytes]) => sum + (atMs - cameMs < windowMs ? bytes : 0), 0)
      const rate = reading(arrivals, atMs)
      const spanMs = (fullMs: number) => Math.max(250, Math.min(fullMs, sinceFirstMs))
      expect(rate).toBeGreaterThanOrEqual((cameWithin(1_750) * 1000) / spanMs(2_000) - 1e-6)
      expect(rate).toBeLessThanOrEqual((cameWithin(2_000) * 1000) / spanMs(1_750) + 1e-6)
    }),
  )
})
