import { expect, test } from 'vitest'
import { BIN_MS } from './observations.ts'
import { recovery } from './recovery.ts'

/** A rate per bin, in bytes per second, from one peer. */
function samplesOf(rates: readonly number[]) {
  return rates.map((rate, bin) => ({ tMs: bin * BIN_MS, peer: 'peer 1', bytes: (rate * BIN_MS) / 1000 }))
}

const repeat = (rate: number, bins: number) => new Array<number>(bins).fill(rate)
const at = (rates: readonly number[], lostBin: number) =>
  recovery(
    { samples: samplesOf(rates), lostMs: lostBin * BIN_MS + 30, endMs: rates.length * BIN_MS },
    { rateBytesPerSecond: 200, tolerance: 0.1, burstBytes: 0 },
  )

test('settled at once: only the rest of the bin of the loss', () => {
  const found = at([...repeat(300, 20), ...repeat(200, 20)], 19)
  expect(found.recoverySeconds).toBeCloseTo(0.07, 9)
  expect(found.throughputBeforeLossBytesPerSecond).toBe(300)
  expect(found.throughputAfterLossBytesPerSecond).toBe(200)
})

test('a second of silence, then settled: windows that hold a silent bin do not count', () => {
  const found = at([...repeat(300, 20), ...repeat(0, 10), ...repeat(200, 20)], 19)
  expect(found.recoverySeconds).toBeCloseTo(1.07, 9)
  expect(found.throughputAfterLossBytesPerSecond).toBe(200)
})

test('a rate that falls again later was not settled before', () => {
  const found = at([...repeat(300, 20), ...repeat(200, 10), ...repeat(0, 2), ...repeat(200, 20)], 19)
  expect(found.recoverySeconds).toBeCloseTo(1.27, 9)
})

test('never settled: no recovery time, and the rate as it was', () => {
  const found = at([...repeat(300, 20), ...repeat(100, 20)], 19)
  expect(found.recoverySeconds).toBeUndefined()
  expect(found.throughputAfterLossBytesPerSecond).toBe(100)
})

test('too little time after the loss: nothing is claimed', () => {
  expect(at([...repeat(300, 20), ...repeat(200, 4)], 19)).toEqual({})
})
