import { expect, test } from 'vitest'
import { fluidSteadyState } from './fluid-model.ts'

const MIB = 2 ** 20
const T5 = {
  contentBytes: 64 * MIB,
  upBytesPerSecond: MIB,
  downBytesPerSecond: 4 * MIB,
  arrivalsPerSecond: 0.5,
  meanSeedingSeconds: 32,
  originBytesPerSecond: 0,
}

test.each([
  ['seeding 32 s', {}, 32, 16],
  ['seeding 80 s: downlinks are the limit', { meanSeedingSeconds: 80 }, 16, 8],
  ['an origin of 4 MiB/s', { originBytesPerSecond: 4 * MIB }, 24, 12],
  ['four times the arrivals', { arrivalsPerSecond: 2 }, 32, 64],
  ['an origin, and four times the arrivals', { originBytesPerSecond: 4 * MIB, arrivalsPerSecond: 2 }, 30, 60],
])('T5: %s', (_, changes, downloadSeconds, leechers) => {
  const state = fluidSteadyState({ ...T5, ...changes })
  expect(state.downloadSeconds).toBeCloseTo(downloadSeconds, 9)
  expect(state.leechers).toBeCloseTo(leechers, 9)
  expect(state.leechers).toBeCloseTo({ ...T5, ...changes }.arrivalsPerSecond * state.downloadSeconds, 9)
})
