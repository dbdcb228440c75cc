import { describe, expect, test } from 'vitest'
import { evenMs, exponentialStayMs, poissonArrivalsMs } from './arrivals.ts'

describe('Poisson arrivals', () => {
  test('come in order, in whole ms, from 0 to before the horizon', () => {
    const arrivals = poissonArrivalsMs(1, 2, 10_000)
    expect(arrivals[0]).toBe(0)
    expect(arrivals).toEqual(arrivals.toSorted((one, other) => one - other))
    expect(arrivals.every((ms) => Number.isInteger(ms) && ms >= 0 && ms < 10_000)).toBe(true)
  })

  test('are as many as their rate says, and vary as Poisson does', () => {
    const counts = Array.from({ length: 200 }, (_, seed) => poissonArrivalsMs(seed, 5, 20_000).length - 1)
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    const variance = counts.reduce((sum, count) => sum + (count - mean) * (count - mean), 0) / counts.length
    // 100 expected, of variance 100: five standard errors of 200 samples.
    expect(Math.abs(mean - 100)).toBeLessThan(5 * Math.sqrt(100 / 200))
    expect(Math.abs(variance / 100 - 1)).toBeLessThan(5 * Math.sqrt(2 / 200))
  })

  test('are the same for the same seed only', () => {
    expect(poissonArrivalsMs(3, 1, 60_000)).toEqual(poissonArrivalsMs(3, 1, 60_000))
    expect(poissonArrivalsMs(3, 1, 60_000)).not.toEqual(poissonArrivalsMs(4, 1, 60_000))
  })
})

describe('stays', () => {
  test('are each client’s own, of the mean that is asked for', () => {
    const stays = Array.from({ length: 5_000 }, (_, index) => exponentialStayMs(1, index, 8_000))
    const mean = stays.reduce((sum, stay) => sum + stay, 0) / stays.length
    expect(Math.abs(mean / 8_000 - 1)).toBeLessThan(5 / Math.sqrt(5_000))
    expect(new Set(stays).size).toBeGreaterThan(4_000)
  })

  test('even ones stay within their bounds', () => {
    const drawn = Array.from({ length: 1_000 }, (_, index) => evenMs(1, index, 500, 700))
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(500)
    expect(Math.max(...drawn)).toBeLessThan(700)
    expect(evenMs(1, 0, 500, 500)).toBe(500)
  })
})
