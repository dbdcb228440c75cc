import { expect, test } from 'vitest'
import type { ClientResult, SwarmSample } from '../runtimes/runtime.ts'
import { distributionTime, jainIndex, meanLeechersIn, steadyFigures, swarmFigures } from './swarm-figures.ts'
import { leecherPlan, MIB, runResult, swarmPlan } from './swarms.testing.ts'

const leecher = (changes: Partial<ClientResult>): Partial<ClientResult> => ({ group: 'leechers', ...changes })
const SEED: Partial<ClientResult> = { group: 'seed', isSeed: true, completedSeconds: 0, sentBytes: 3 * MIB }

/** The one under test, the seed, three more; the last is a free rider. */
const PLAN = swarmPlan([leecherPlan(), leecherPlan(), leecherPlan(), leecherPlan({ uploadSlots: 0 })])
const RESULT = runResult(
  [
    leecher({ completedSeconds: 4, sentBytes: MIB }),
    SEED,
    leecher({ completedSeconds: 2, sentBytes: MIB, arrivedSeconds: 1, leftSeconds: 3 }),
    leecher({ completedSeconds: null, sentBytes: 0, leftSeconds: 2 }),
    leecher({ completedSeconds: 8, sentBytes: 0 }),
  ],
  { endedSeconds: 8 },
)

test('efficiency, fairness, cost and utilisation, from what each client did', () => {
  const figures = swarmFigures(PLAN, RESULT)
  // Three were complete: 3 MiB through 1 MiB/s of the seed and four times 1/4 MiB/s.
  expect(distributionTime(PLAN, RESULT)).toEqual({ minimumSeconds: expect.closeTo(1.5, 6), tookSeconds: 8 })
  expect(figures.efficiency).toBeCloseTo(1.5 / 8, 6)
  // The free rider is not asked: (1 + 1 + 0)² / (3 · 2).
  expect(figures.uploadFairness).toBeCloseTo(4 / 6, 9)
  expect(figures.seedCostCopies).toBe(3)
  // Present for 8, 2, 2 and 8 s, each with 1/4 MiB/s.
  expect(figures.uploadUtilisation).toBeCloseTo(2 / (20 / 4), 6)
  // Between neighbouring samples of 2, 4 and 8 s.
  const percentiles = [figures.completionP10Seconds, figures.completionP50Seconds, figures.completionP99Seconds]
  expect(percentiles).toEqual([expect.closeTo(2.4, 9), 4, expect.closeTo(7.92, 9)])
  expect(figures.meanLeechers).toBeUndefined()
})

test('one client alone is no swarm', () => {
  expect(swarmFigures(swarmPlan([leecherPlan()], { others: [] }), RESULT)).toEqual({})
})

test('nobody complete: no time to compare', () => {
  const result = runResult([leecher({}), SEED])
  expect(distributionTime(PLAN, result)).toBeNull()
  expect(swarmFigures(PLAN, result)).not.toHaveProperty('efficiency')
})

test('a steady window: means over its samples, and Little’s law where books are kept well', () => {
  // One comes every second and takes 3 s: three are present from second 2 on.
  const clients = Array.from({ length: 20 }, (_, arrivedSeconds) => leecher({ arrivedSeconds, completedSeconds: 3 }))
  const swarm = Array.from({ length: 20 }, (_, second): SwarmSample => {
    return { tMs: second * 1000, leechers: Math.min(second + 1, 3), seeds: 1, rarestCopies: 2, meanCopies: 2.5 }
  })
  const figures = steadyFigures(runResult(clients, { swarm }), { fromSeconds: 5, toSeconds: 15 })
  expect(figures).toEqual({
    meanLeechers: 3,
    meanSeeds: 1,
    meanRarestCopies: 2,
    arrivalsPerSecond: 1,
    littleLawRatio: 1,
  })
  const miscounted = swarm.map((sample) => ({ ...sample, leechers: sample.leechers + 1 }))
  const window = { fromSeconds: 5, toSeconds: 15 }
  expect(steadyFigures(runResult(clients, { swarm: miscounted }), window).littleLawRatio).toBeCloseTo(0.75, 9)
})

test('a watched swarm has them for its second half', () => {
  const plan = swarmPlan([leecherPlan()], { endMs: 10_000 })
  const sample = { seeds: 1, rarestCopies: 1, meanCopies: 1 }
  const swarm = [1, 6].map((second) => ({ ...sample, tMs: second * 1000, leechers: second }))
  expect(swarmFigures(plan, runResult([leecher({}), SEED], { swarm, endedSeconds: 10 })).meanLeechers).toBe(6)
})

test('leechers present in a window: cut at both edges, those who left and those who never were complete too', () => {
  const { clients } = runResult([
    { arrivedSeconds: 0, completedSeconds: 15 }, // 5 of the window
    { arrivedSeconds: 12, completedSeconds: 4 }, // 4
    { arrivedSeconds: 18, completedSeconds: 60 }, // 2
    { arrivedSeconds: 11, leftSeconds: 14 }, // 3
    { arrivedSeconds: 16 }, // 4
    { arrivedSeconds: 2, completedSeconds: 3 }, // none
  ])
  const window = { fromSeconds: 10, toSeconds: 20 }
  expect(meanLeechersIn(clients, window)).toBeCloseTo((5 + 4 + 2 + 3 + 4) / 10, 12)
})

test.each([
  [[5, 5, 5], 1],
  [[1, 3], 16 / 20],
  [[1, 0, 0, 0], 0.25],
  [[], null],
  [[0, 0], null],
])('Jain’s index of %j is %d', (values, expected) => {
  expect(jainIndex(values)).toBe(expected)
})
