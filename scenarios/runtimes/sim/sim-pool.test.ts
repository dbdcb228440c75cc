import { afterAll, expect, test } from 'vitest'
import { leecherPlan, MIB, swarmPlan } from '../../engine/swarms.testing.ts'
import { CellDied } from '../cell-died.ts'
import type { RunContext } from '../runtime.ts'
import { pooledSimRuntime } from './sim-pool.ts'
import { runInSim } from './sim-runtime.ts'

const CONTEXT: RunContext = { signal: new AbortController().signal, progress: () => {} }
const small = swarmPlan([leecherPlan(), leecherPlan()])
const pool = pooledSimRuntime({ workers: 1 })
afterAll(() => pool.close())

test('a swarm in a thread gives what it gives here', async () => {
  const { costs: _there, ...there } = await pool.run(small, 3, CONTEXT)
  const { costs: _here, ...here } = runInSim(small, 3, {}, () => {})
  expect(there).toEqual(here)
})

test('an abort ends a run that would take long, and the next one has a thread again', async () => {
  const long = swarmPlan(
    Array.from({ length: 60 }, () => leecherPlan()),
    { content: { ...small.content, totalBytes: 64 * MIB } },
  )
  const controller = new AbortController()
  const running = pool.run(long, 1, { signal: controller.signal, progress: () => controller.abort() })
  await expect(running).rejects.toThrow(/abort/i)
  expect((await pool.run(small, 1, CONTEXT)).failure).toBeNull()
})

test('a thread that dies says so in one line', async () => {
  const poor = pooledSimRuntime({ workers: 1, heapMib: 12 })
  const big = swarmPlan(Array.from({ length: 200 }, () => leecherPlan()))
  const error = await poor.run(big, 1, CONTEXT).catch((each: unknown) => each)
  await poor.close()
  expect(error).toBeInstanceOf(CellDied)
  expect((error as Error).message).toBe(
    'the thread of this cell needed more than 12 MiB: run fewer at once with --workers',
  )
})
