import { describe, expect, test } from 'vitest'
import { randomCompliance } from '../client/ports/random.compliance.ts'
import { PURPOSE, type Purpose, seededRandom } from './random.ts'

randomCompliance('seeded', () => [seededRandom(1, 0, PURPOSE.links), seededRandom(1, 1, PURPOSE.links)])

const draws = (seed: number, peerIndex: number, purpose: Purpose, count = 5, bound = 1_000) => {
  const random = seededRandom(seed, peerIndex, purpose)
  return Array.from({ length: count }, () => random.below(bound))
}

describe('a stream of randomness', () => {
  test('gives the same on every call, and on every machine', () => {
    expect(draws(1, 0, PURPOSE.picker)).toEqual(draws(1, 0, PURPOSE.picker))
    expect(draws(1, 0, PURPOSE.picker)).toEqual(GOLDEN.picker)
    expect(draws(1, -1, PURPOSE.links)).toEqual(GOLDEN.links)
    expect(draws(2 ** 40, 250, PURPOSE.behaviour, 3, 2 ** 32)).toEqual(GOLDEN.behaviour)
  })

  test('is another for another seed, another peer and another purpose', () => {
    const streams = [0, 1, 2].flatMap((seed) =>
      [-1, 0, 1, 11].flatMap((peerIndex) =>
        Object.values(PURPOSE).map((purpose) => draws(seed, peerIndex, purpose).join()),
      ),
    )
    expect(new Set(streams).size).toBe(streams.length)
    expect(streams.length).toBe(3 * 4 * Object.keys(PURPOSE).length)
  })

  test('is not shifted by what another draws meanwhile', () => {
    const [one, other] = [seededRandom(1, 0, PURPOSE.picker), seededRandom(1, 1, PURPOSE.picker)]
    const drawn = Array.from({ length: 5 }, (_, index) => {
      for (let extra = 0; extra < index; extra++) other.below(10)
      return one.below(1_000)
    })
    expect(drawn).toEqual(draws(1, 0, PURPOSE.picker))
  })

  test.each([1, 2, 3, 1_000, 2 ** 32])('stays in [0, %d), in integers, and reaches both ends', (bound) => {
    const drawn = draws(5, 0, PURPOSE.order, 20_000, bound)
    expect(drawn.every((each) => Number.isInteger(each) && each >= 0 && each < bound)).toBe(true)
    // Of 20,000 even draws some fall into the first and the last thousandth, but for a chance of e^-20.
    expect(Math.min(...drawn)).toBeLessThanOrEqual(bound / 1_000)
    expect(Math.max(...drawn)).toBeGreaterThanOrEqual(bound - 1 - bound / 1_000)
  })

  test('is even: ten bins of 20,000 draws each hold a tenth', () => {
    const counts: number[] = new Array(10).fill(0)
    for (const drawn of draws(9, 0, PURPOSE.links, 20_000, 10)) counts[drawn]!++
    // Binomial: four deviations of √(20,000 × 0.1 × 0.9) = 42.
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(170)
  })
})

test('every purpose has a number of its own', () => {
  const numbers = Object.values(PURPOSE)
  expect(new Set(numbers).size).toBe(numbers.length)
})

/** Pinned: records of earlier runs are repeated by their seeds. */
const GOLDEN = {
  picker: [29, 767, 208, 357, 270],
  links: [970, 959, 913, 926, 667],
  behaviour: [2384828475, 3693760938, 1037292212],
}
