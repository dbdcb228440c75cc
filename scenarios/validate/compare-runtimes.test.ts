import { expect, test } from 'vitest'
import type { RunResult, Runtime, RuntimeName } from '../runtimes/runtime.ts'
import { speedVsPeers } from '../speed-vs-peers.ts'
import { type CompareSetting, compareRuntimes } from './compare-runtimes.ts'
import { plantedResult } from './results.testing.ts'
import type { SharedCells } from './shared-cells.ts'

const RATE = 5e6
const SHARED: readonly SharedCells[] = [
  { scenario: 'speed-vs-peers', cells: [['peers=1'], ['peers=3']], measures: ['throughputBytesPerSecond'] },
]

function runtime(name: RuntimeName, result: (seeders: number, seed: number) => RunResult, ran: string[] = []): Runtime {
  return {
    name,
    run(plan, seed) {
      ran.push(`${name} ${plan.seeders.length} ${seed}`)
      return Promise.resolve(result(plan.seeders.length, seed))
    },
  }
}

function compare(real: Runtime, changes: Partial<CompareSetting> = {}) {
  return compareRuntimes({
    shared: SHARED,
    // What it expects of itself is not what is tested here.
    scenarios: [{ ...speedVsPeers, expect: () => [] }],
    reference: runtime('sim', () => plantedResult({}, RATE)),
    real,
    seeds: [1, 2, 3],
    signal: new AbortController().signal,
    progress: () => {},
    ...changes,
  })
}

test('3 % off is near enough, 8 % in one cell is not', async () => {
  const near = await compare(runtime('processes', () => plantedResult({}, RATE * 0.97)))
  expect(near).toMatchObject([{ id: 'speed-vs-peers', verdict: 'pass' }])
  const far = await compare(runtime('processes', (seeders) => plantedResult({}, RATE * (seeders === 3 ? 0.92 : 1))))
  expect(far[0]!.findings.map(({ verdict }) => verdict)).toEqual(['pass', 'fail'])
  expect(far[0]!.findings[1]!.note).toBe('4.768 and 4.387 MiB/s')
})

test('each real run comes right after its twin', async () => {
  const ran: string[] = []
  await compare(
    runtime('processes', () => plantedResult({}, RATE), ran),
    { reference: runtime('sim', () => plantedResult({}, RATE), ran) },
  )
  expect(ran).toHaveLength(12)
  for (let at = 0; at < ran.length; at += 2) expect(ran[at + 1]).toBe(ran[at]!.replace('sim', 'processes'))
})

test('a run that the rig spoiled counts for nothing; where all are, nothing is shown', async () => {
  const spoiled = (seed: number) => (seed === 2 ? { invalid: 'the rig was late' } : {})
  const some = await compare(
    runtime('processes', (_, seed) => plantedResult(spoiled(seed), RATE * (seed === 2 ? 0.5 : 1))),
  )
  expect(some[0]!.verdict).toBe('pass')
  expect(some[0]!.findings[0]!.note).toContain('1 invalid, the rig was the limit')
  const all = await compare(runtime('processes', () => plantedResult({ invalid: 'the rig was late' }, RATE)))
  expect(all[0]!.verdict).toBe('fail')
})

test('a run that failed fails its cell', async () => {
  const [report] = await compare(runtime('processes', () => plantedResult({ failure: 'not complete after 9 s' }, RATE)))
  expect(report!.findings[0]!.reason).toBe('processes, seed 1: not complete after 9 s')
})
