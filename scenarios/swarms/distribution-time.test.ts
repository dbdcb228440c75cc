import { expect, test } from 'vitest'
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import { distributionSeconds } from './distribution-time.ts'

/** Published values count no header. */
const header = (BLOCK_BYTES + 13) / BLOCK_BYTES

test.each([
  [1, 26.84],
  [5, 59.65],
  [10, 76.7],
  [20, 89.48],
  [50, 99.42],
  [100, 103.24],
  [1000, 106.95],
])('T3: 64 MiB from a seed of 20 Mbit/s to %d leechers of 5 and 50 Mbit/s take at least %d s', (count, seconds) => {
  const swarm = { contentMib: 64, seedUpMbit: 20 * header, downMbit: 50 * header }
  expect(distributionSeconds({ ...swarm, leechers: [{ count, upMbit: 5 * header }] })).toBeCloseTo(seconds, 2)
})

test('T3: classes add up, and the slowest downlink is a bound of its own', () => {
  const swarm = { contentMib: 1, seedUpMbit: 8 * header, downMbit: null }
  const bytes = 2 ** 20
  const halves = [
    { count: 5, upMbit: 0 },
    { count: 5, upMbit: 8 * header },
  ]
  expect(distributionSeconds({ ...swarm, leechers: halves })).toBeCloseTo((10 * bytes) / 6e6, 9)
  expect(distributionSeconds({ ...swarm, leechers: halves, downMbit: 0.8 * header })).toBeCloseTo(bytes / 1e5, 9)
})
