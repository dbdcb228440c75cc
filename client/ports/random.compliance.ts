/** What every `Random` must do, seeded or entropy: the rules of ./random.ts as tests. A test file calls `randomCompliance`. */
import { describe, expect, test } from 'vitest'
import type { Random } from './random.ts'

const BOUND_MAX = 2 ** 32
const DRAWS = 30_000

/** Two streams of it, which must not be one. */
export function randomCompliance(name: string, makeRandom: () => readonly [Random, Random]): void {
  describe(`random: ${name}`, () => {
    const draws = (bound: number, count = DRAWS) => {
      const [random] = makeRandom()
      return Array.from({ length: count }, () => random.below(bound))
    }

    test.each([1, 2, 3, 1_000, 2 ** 31, 2 ** 31 + 1, BOUND_MAX])('below(%d) is an integer from 0 on', (bound) => {
      for (const drawn of draws(bound, 2_000)) {
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < bound, `${drawn}`).toBe(true)
      }
    })

    test.each([2, 3, 10])('below(%d) is even', (bound) => {
      const counts = new Map<number, number>()
      for (const drawn of draws(bound)) counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
      expect(counts.size).toBe(bound)
      const mean = DRAWS / bound
      // One count is binomial: 6 deviations, missed once in 5 x 10^8.
      for (const count of counts.values()) {
        expect(Math.abs(count - mean)).toBeLessThan(6 * Math.sqrt(mean * (1 - 1 / bound)))
      }
    })

    test('below(2^32) reaches every quarter, so no upper bit is stuck', () => {
      const quarters = draws(BOUND_MAX, 1_000).map((drawn) => Math.floor(drawn / 2 ** 30))
      expect(new Set(quarters)).toEqual(new Set([0, 1, 2, 3]))
    })

    test('one draw says nothing of the next: pairs are even too', () => {
      const drawn = draws(4, 2 * DRAWS)
      const counts = new Array<number>(16).fill(0)
      for (let at = 0; at < drawn.length; at += 2) counts[drawn[at]! * 4 + drawn[at + 1]!]! += 1
      for (const count of counts) {
        expect(Math.abs(count - DRAWS / 16)).toBeLessThan(6 * Math.sqrt((DRAWS / 16) * (15 / 16)))
      }
    })

    test('two streams are not the same', () => {
      const [one, other] = makeRandom()
      const both = [one, other].map((random) => Array.from({ length: 8 }, () => random.below(BOUND_MAX)).join())
      expect(both[0]).not.toBe(both[1])
    })
  })
}
