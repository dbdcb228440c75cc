import { describe, expect, test } from 'vitest'
import { distanceMs, drawPlace, pairDistances } from './distance.ts'
import { seeded } from './random.testing.ts'

describe('on a plane', () => {
  test('a distance is that of the places, the same both ways', () => {
    const [a, b] = [
      { xMs: 10, yMs: 50 },
      { xMs: 40, yMs: 10 },
    ]
    expect([distanceMs(a, b), distanceMs(b, a), distanceMs(a, a)]).toEqual([50, 50, 0])
  })

  test('places are drawn evenly over the square: their mean distance is 0.5214 of its width', () => {
    const random = seeded(3)
    const pairs = Array.from({ length: 20_000 }, () => [drawPlace(random, 100), drawPlace(random, 100)] as const)
    for (const { xMs, yMs } of pairs.flat()) {
      expect(Math.min(xMs, yMs)).toBeGreaterThanOrEqual(0)
      expect(Math.max(xMs, yMs)).toBeLessThanOrEqual(100)
    }
    const mean = pairs.reduce((sum, [a, b]) => sum + distanceMs(a, b), 0) / pairs.length
    // The deviation of one distance is 24.8, of the mean of 20,000 0.175: four of those.
    expect(Math.abs(mean - 52.14)).toBeLessThan(0.7)
  })
})

test('of a list of pairs the order within a pair does not count, the later of two does, and others have none', () => {
  const distance = pairDistances([
    { between: ['10.0.0.2', '10.0.0.1'], rttMs: 7 },
    { between: ['10.0.0.1', '10.0.0.3'], rttMs: 5 },
    { between: ['10.0.0.1', '10.0.0.2'], rttMs: 9 },
  ])
  expect([distance('10.0.0.1', '10.0.0.2'), distance('10.0.0.2', '10.0.0.1')]).toEqual([9, 9])
  expect([distance('10.0.0.3', '10.0.0.1'), distance('10.0.0.3', '10.0.0.2')]).toEqual([5, 0])
})
