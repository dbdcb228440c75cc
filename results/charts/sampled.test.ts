import { expect, test } from 'vitest'
import { cdfPoints, evenSample } from './sampled.ts'

test('an even sample keeps few as they are, and of many every so manieth', () => {
  expect(evenSample([1, 2, 3], 3)).toEqual([1, 2, 3])
  expect(evenSample([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 5)).toEqual([0, 2, 4, 6, 8])
  expect(evenSample([], 5)).toEqual([])
})

test('a distribution of few: a step at each, from 0', () => {
  expect(cdfPoints([3, 1, 2, 2], 100)).toEqual([
    { value: 1, share: 0 },
    { value: 1, share: 0.25 },
    { value: 2, share: 0.5 },
    { value: 2, share: 0.75 },
    { value: 3, share: 1 },
  ])
})

test('those that never were do not count as done', () => {
  expect(cdfPoints([null, 5, null, 7], 100).at(-1)).toEqual({ value: 7, share: 0.5 })
  expect(cdfPoints([null], 100)).toEqual([])
})

test('a distribution of many: so many points, the ends exact, none further off than a step', () => {
  const values = Array.from({ length: 10_000 }, (_, index) => index + 1)
  const points = cdfPoints(values, 201)
  expect(points).toHaveLength(201)
  expect(points[0]).toEqual({ value: 1, share: 0 })
  expect(points.at(-1)).toEqual({ value: 10_000, share: 1 })
  for (const { value, share } of points) expect(Math.abs(value / 10_000 - share)).toBeLessThanOrEqual(1 / 200)
})
