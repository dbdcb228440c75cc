import { describe, expect, test } from 'vitest'
import type { Random } from '../../client/ports/random.ts'
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import { exponential } from './exponential.ts'

const COUNT = 50_000

function variates(seed: number): number[] {
  const random = seededRandom(seed, -1, PURPOSE.swarm)
  return Array.from({ length: COUNT }, () => exponential(random))
}

/** Draws that are known beforehand, as shares of the whole range. */
function drawing(...shares: number[]): Random {
  return { below: (bound) => Math.floor(shares.shift()! * bound) }
}

describe('exponential variates', () => {
  test('have mean 1 and variance 1', () => {
    const all = variates(1)
    const mean = all.reduce((sum, each) => sum + each, 0) / COUNT
    const variance = all.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / COUNT
    // Five standard errors: 1/sqrt(n) of the mean, sqrt(8/n) of the variance.
    expect(Math.abs(mean - 1)).toBeLessThan(5 / Math.sqrt(COUNT))
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(8 / COUNT))
  })

  test('are distributed as 1 - e^-x, by Kolmogorov and Smirnov', () => {
    const sorted = variates(2).sort((one, other) => one - other)
    const deviations = sorted.map((x, index) => {
      const expected = 1 - Math.exp(-x)
      return Math.max(Math.abs((index + 1) / COUNT - expected), Math.abs(index / COUNT - expected))
    })
    // Reached by chance once in 1,000 seeds.
    expect(Math.max(...deviations)).toBeLessThan(1.95 / Math.sqrt(COUNT))
  })

  test('do not depend on the one before', () => {
    const all = variates(3)
    const products = all.slice(1).reduce((sum, each, index) => sum + (each - 1) * (all[index]! - 1), 0)
    expect(Math.abs(products / COUNT)).toBeLessThan(5 / Math.sqrt(COUNT))
  })

  test.each([
    ['a run of one is odd: it is the first draw', [0.25, 0.5], 0.25],
    ['a run of two is even: one more, and again', [0.5, 0.25, 0.75, 0.125, 0.5], 1.125],
    ['a run of three is odd', [0.75, 0.5, 0.25, 0.875], 0.75],
  ])('%s', (_, shares, expected) => {
    expect(exponential(drawing(...shares))).toBe(expected)
  })
})
