import { expect, test } from 'vitest'
import { leastPrecise } from './precision.ts'
import { sampleRow } from './sample.testing.ts'

function rowsOf(peers: number, rates: readonly number[]) {
  return rates.map((throughputBytesPerSecond, repeat) =>
    sampleRow({ repeat, parameters: { peers }, measures: { throughputBytesPerSecond } }),
  )
}

const ofRate = (rows: Parameters<typeof leastPrecise>[0]) => leastPrecise(rows, 'throughputBytesPerSecond', 1)

test('the widest group decides: 5 samples, whose interval is their range', () => {
  const rows = [...rowsOf(1, [100, 100, 100, 100, 100]), ...rowsOf(2, [96, 98, 100, 102, 104])]
  // (104 − 96) / 2 / 100
  expect(ofRate(rows)).toEqual({ halfWidthRatio: 0.04, parameters: { peers: 2 }, n: 5 })
})

test('equal samples are as precise as can be, at a median of 0 as well', () => {
  expect(ofRate(rowsOf(1, [7, 7, 7, 7, 7])).halfWidthRatio).toBe(0)
  expect(ofRate(rowsOf(1, [0, 0, 0, 0, 0])).halfWidthRatio).toBe(0)
})

test.each([
  ['four samples', rowsOf(1, [100, 100, 100, 100])],
  ['samples around a median of 0', rowsOf(1, [0, 0, 0, 1, 1])],
  ['five, one of them invalid', rowsOf(1, [1, 1, 1, 1, 1]).map((row, i) => (i === 0 ? { ...row, invalid: 'x' } : row))],
  ['none of the measure', rowsOf(1, [1, 1, 1, 1, 1]).map((row) => ({ ...row, measures: {} }))],
])('%s have no interval of their level', (_, rows) => {
  expect(ofRate(rows).halfWidthRatio).toBe(Number.POSITIVE_INFINITY)
})

test('no rows are refused', () => {
  expect(() => ofRate([])).toThrow('no rows')
})
