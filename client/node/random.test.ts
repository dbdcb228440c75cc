import { expect, test } from 'vitest'
import { randomCompliance } from '../ports/random.compliance.ts'
import { nodeRandom } from './random.ts'

randomCompliance('entropy', () => [nodeRandom(), nodeRandom()])

test('below(bound) takes every bound from 1 to 2^32 and none beyond', () => {
  const random = nodeRandom()
  expect(random.below(1)).toBe(0)
  expect(random.below(2 ** 32)).toBeLessThan(2 ** 32)
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => random.below(bound)).toThrow(RangeError)
})
