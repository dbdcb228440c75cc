import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimate, median, quantile, relativeError } from './statistics.ts'

test.each([
  [[5], 5],
  [[3, 1], 2],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (samples, expected) => {
  expect(median(samples)).toBe(expected)
})

test.each([
  [0, 1],
  [0.25, 3.25],
  [0.5, 5.5],
  [0.9, 9.1],
  [1, 10],
])('the %d quantile of 1…10 is %d', (p, expected) => {
  expect(quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], p)).toBe(expected)
})

test('one sample has no interval', () => {
  expect(estimate([4], 'x')).toEqual({ n: 1, median: 4, interval: null, few: true })
})

test.each([2, 3, 4, 5])('with n = %d the interval is the range of the samples', (n) => {
  // P(median of a resample = the smallest sample) is 25 % (n = 2) … 5.8 % (n = 5), all above the 2.5 % of a tail.
  const samples = [1, 2, 4, 8, 16].slice(0, n)
  const { interval, few } = estimate(samples, 'x')
  expect(interval).toEqual({ low: 1, high: samples.at(-1) })
  expect(few).toBe(n < 5)
})

test('equal samples have an interval without width', () => {
  expect(estimate([7, 7, 7, 7, 7, 7], 'x').interval).toEqual({ low: 7, high: 7 })
})

test('of 101 even steps, the interval is that of the binomial order statistics', () => {
  // Exact 95 % interval of a median: ranks 51 ± 1.96·√101/2 = 41…61, so values 40…60. Resampling moves it by a step.
  const { interval } = estimate(
    Array.from({ length: 101 }, (_, i) => i),
    'x',
  )
  expect(Math.abs(interval!.low - 40)).toBeLessThanOrEqual(1.5)
  expect(Math.abs(interval!.high - 60)).toBeLessThanOrEqual(1.5)
})

test('same samples in any order and same seed give the same interval, another seed may give another', () => {
  const samples = Array.from({ length: 40 }, (_, i) => i * i)
  expect(estimate(samples.toReversed(), 1)).toEqual(estimate(samples, 1))
  const lows = new Set(Array.from({ length: 20 }, (_, seed) => estimate(samples, seed).interval!.low))
  expect(lows.size).toBeGreaterThan(1)
})

test('the median lies in its interval, and the interval in the range', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 12 }),
      (samples) => {
        const { median: middle, interval } = estimate(samples, 'x')
        expect(interval!.low).toBeGreaterThanOrEqual(Math.min(...samples))
        expect(interval!.low).toBeLessThanOrEqual(middle)
        expect(interval!.high).toBeGreaterThanOrEqual(middle)
        expect(interval!.high).toBeLessThanOrEqual(Math.max(...samples))
      },
    ),
    { numRuns: 30 },
  )
})

test.each([
  [[], 'no samples'],
  [[1, Number.NaN], 'a sample is NaN'],
  [[Number.POSITIVE_INFINITY], 'a sample is Infinity'],
])('%j is refused', (samples, message) => {
  expect(() => estimate(samples, 'x')).toThrow(message)
})

test.each([
  [99, 100, -0.01],
  [0, 0, 0],
  [1, 0, null],
])('measured %d for predicted %d is off by %j', (measured, predicted, expected) => {
  expect(relativeError(measured, predicted)).toBe(expected)
})
