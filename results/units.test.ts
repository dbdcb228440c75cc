import { expect, test } from 'vitest'
import { formatDeviation, formatNumber, SHOWN, shownUnit, withUnit } from './units.ts'

test.each([
  [0, '0'],
  [48, '48'],
  [1_234_567, '1234567'],
  [1_234_567.8, '1234568'],
  [2.31762, '2.318'],
  [12.5, '12.5'],
  [0.015625, '0.01563'],
  [999.96, '1000'],
  [-0.25, '-0.25'],
  [1e-12, '0'],
])('%d is written %s', (value, text) => {
  expect(formatNumber(value)).toBe(text)
})

test.each([
  [0.0134, '+1.3 %'],
  [-0.5, '−50 %'],
  [0.00049, '+0.049 %'],
  [0.00001, '0 %'],
  [0, '0 %'],
])('a deviation of %d is written %s', (ratio, text) => {
  expect(formatDeviation(ratio)).toBe(text)
})

test('2 MiB/s are 16.777 Mbit/s', () => {
  expect((2 * shownUnit('bytes/s').per) / SHOWN.mbitPerSecond.per).toBeCloseTo(16.777216, 9)
})

test('a label has its unit in brackets, if it has one', () => {
  expect(withUnit('throughput', SHOWN.mibPerSecond)).toBe('throughput (MiB/s)')
  expect(withUnit('hash failures', SHOWN.plain)).toBe('hash failures')
})
