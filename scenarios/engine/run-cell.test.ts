/** What makes a cell fail beside the expectations of its scenario, and what its rows hold. */
import { expect, test } from 'vitest'
import { CellDied } from '../runtimes/cell-died.ts'
import type { RunResult, Runtime } from '../runtimes/runtime.ts'
import type { Cell } from './cells.ts'
import { runCell } from './run-cell.ts'
import { defineScenario } from './scenario.ts'
import { leecherPlan, runResult, seedPlan, swarmPlan } from './swarms.testing.ts'

/** 1 MiB from a seed of 1 MiB/s takes a second. */
const PLAN = swarmPlan([leecherPlan()], { others: [seedPlan()] })
const CELL: Cell = { index: 4, parameters: {}, sweptNames: [], repeat: 1, seed: 9 }
const CONTEXT = { signal: new AbortController().signal, progress: () => {} }

const scenario = defineScenario({
  name: 'any',
  title: 'Any',
  question: 'Any?',
  headline: 'seconds',
  parameters: {},
  runtimes: ['sim'],
  defaultRuntime: 'sim',
  defaultSweep: () => [],
  swarm: () => PLAN,
  predict: () => ({}),
  measure: () => ({}),
  expect: () => [],
  charts: () => [],
})

function ranIn(run: Runtime['run']) {
  return runCell({ scenario, runtime: { name: 'sim', run }, node: 'here' }, CELL, CONTEXT)
}

const completedAfter = (seconds: number, changes: Partial<RunResult> = {}) =>
  ranIn(async () => runResult([{ completedSeconds: seconds }, { isSeed: true, completedSeconds: 0 }], changes))

test('whoever beats T3 has measured wrongly: the cell fails; a thousandth is rounding', async () => {
  expect((await completedAfter(0.99)).row.failure).toBe(
    'no distribution is faster than all links together allow (T3): 0.990 s, at least 1.000 s',
  )
  expect((await completedAfter(0.9995)).row.ok).toBe(true)
  expect((await completedAfter(2)).row).toMatchObject({ ok: true, measures: { efficiency: expect.closeTo(0.5, 6) } })
})

test('a swarm leaves its samples and a row for each client', async () => {
  const sample = { tMs: 0, leechers: 1, seeds: 1, rarestCopies: 1, meanCopies: 1 }
  const { timeline, row } = await completedAfter(2, { swarm: [sample], endedSeconds: 2.5 })
  expect(timeline[0]).toEqual(sample)
  expect(timeline.slice(1)).toMatchObject([
    { client: 0, completedSeconds: 2 },
    { client: 1, isSeed: true },
  ])
  expect(row.measures.virtualSeconds).toBe(2.5)
})

test('a cell whose thread died has failed, with one line; what else is thrown breaks the run off', async () => {
  const died = await ranIn(() => Promise.reject(new CellDied('it died', 3)))
  expect(died).toMatchObject({
    index: 4,
    row: { ok: false, failure: 'it died', measures: {} },
    cost: { wallSeconds: 3 },
  })
  await expect(ranIn(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
})
