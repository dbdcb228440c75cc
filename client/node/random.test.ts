import { expect, test } from 'vitest'
import { nodeRandom } from './random.ts'

test('below(bound) takes every bound from 1 to 2^32 and none beyond', () => {
  const random = nodeRandom()
  expect(random.below(1)).toBe(0)
  expect(random.below(2 ** 32)).toBeLessThan(2 ** 32)
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => random.below(bound)).toThrow(RangeError)
})

test('below(3) is unbiased: 30,000 draws stay within 6 standard deviations of a third each', () => {
  const random = nodeRandom()
  const counts = [0, 0, 0]
  for (let draw = 0; draw < 30_000; draw++) counts[random.below(3)]! += 1
  // One count is binomial(30000, 1/3): sd = sqrt(30000 * 2 / 9) = 81.6; 6 sd is 490, missed once in 5 * 10^8 runs.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(490)
})

test('a bound above 2^31 reaches the upper half', () => {
  const random = nodeRandom()
  const draws = Array.from({ length: 64 }, () => random.below(2 ** 32))
  expect(Math.max(...draws)).toBeGreaterThan(2 ** 31) // fails once in 2^64 runs
})
