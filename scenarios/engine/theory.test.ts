import { expect, test } from 'vitest'
import { mbitToBytesPerSecond } from '../../links/link.ts'
import { pipelineRate, seedersRate } from './theory.ts'

/** Published values count no header: C' = C, so the rate is given as the payload rate that makes C' round. */
const withHeader = (mbit: number) => (mbitToBytesPerSecond(mbit) * (16_384 + 13)) / 16_384
const inMbit = (bytesPerSecond: number) => (bytesPerSecond * 8) / 1e6

test.each([
  [100, 50, 1, 2.55],
  [100, 50, 5, 12.8],
  [100, 50, 10, 25.5],
  [100, 50, 40, 100],
  [100, 100, 1, 1.29],
  [100, 100, 10, 12.9],
  [100, 100, 50, 64.7],
  [100, 100, 78, 100],
  [20, 50, 1, 2.32],
  [20, 50, 5, 11.6],
  [20, 50, 9, 20],
  [1000, 100, 10, 13.1],
  [1000, 100, 100, 131],
  [1000, 100, 500, 654],
])('T1: %d Mbit/s, %d ms, depth %d gives %d Mbit/s', (mbit, rttMs, depth, expected) => {
  const rate = inMbit(pipelineRate(withHeader(mbit), rttMs, depth))
  expect(Math.abs(rate / expected - 1)).toBeLessThan(0.005) // three digits are given
})

test('T2: a straight line, then flat at the downlink', () => {
  const link = { upBytesPerSecond: 5e6, rttMs: 20 }
  const rates = [1, 2, 4, 8, 16].map((seeders) => seedersRate(seeders, link, 10, 40e6))
  expect(rates[1]! / rates[0]!).toBeCloseTo(2, 9)
  expect(rates[2]! / rates[0]!).toBeCloseTo(4, 9)
  expect(rates[4]).toBe(rates[3])
  expect(seedersRate(16, link, 10, null)).toBeCloseTo(16 * rates[0]!, 3)
})
