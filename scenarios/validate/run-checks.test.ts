import { expect, test } from 'vitest'
import { PLAIN_SWARM, type SwarmPlan } from '../engine/swarm-plan.ts'
import type { RunResult } from '../runtimes/runtime.ts'
import { leecherOf, linkOf, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Setting, TheoryCheck } from './check.ts'
import { exactly, findingOf, samplesOf } from './predictions.ts'
import { plantedClients, plantedResult } from './results.testing.ts'
import { type RunPlan, runChecks } from './run-checks.ts'

const LINK = linkOf({ upMbit: 8, downMbit: null, rttMs: 0 })
const PLAN = swarmOf({
  contentMib: 1,
  pieceKib: 64,
  contentSeed: 1,
  seeds: [seedOf(LINK)],
  leechers: [leecherOf(LINK)],
  expectedSeconds: 1,
})
const WINDOW: SwarmPlan = { ...PLAN, ...PLAIN_SWARM, window: { warmupMs: 0, measuredMs: 1, burstBlocks: 1 } }
/** 1 MiB over an uplink of 1 MB/s and the headers: 1.0494 s. */
const MINIMUM_SECONDS = 1.05

const settingOf = (name: string, seeds: Setting['seeds'], plan = WINDOW): Setting => ({ name, seeds, plan: () => plan })

function checkOf(...settings: readonly Setting[]): TheoryCheck {
  return {
    id: 'T0',
    name: 't00-seconds',
    title: 'Seconds',
    claim: 'It takes 10 s.',
    settings: () => settings,
    findings: (runs) =>
      settings.map(({ name }) => {
        return findingOf(
          name,
          's',
          samplesOf(runs, name, ({ result }) => result.endedSeconds),
          exactly(10, 0),
        )
      }),
  }
}

async function run(
  check: TheoryCheck,
  result: (seed: number) => RunResult | Error,
  signal = new AbortController().signal,
) {
  const ran: number[] = []
  const runPlan: RunPlan = (_, seed) => {
    ran.push(seed)
    const given = result(seed)
    return given instanceof Error ? Promise.reject(given) : Promise.resolve(given)
  }
  const progress = () => {}
  const reports = await runChecks({
    checks: [check],
    effort: 'quick',
    seeds: [1, 2, 3],
    run: runPlan,
    signal,
    progress,
  })
  return { ran, reports }
}

test('each setting runs with each seed, one in which nothing is random with the first', async () => {
  const { ran, reports } = await run(checkOf(settingOf('random', 'all'), settingOf('exact', 'one')), () =>
    plantedResult(),
  )
  expect(ran.toSorted()).toEqual([1, 1, 2, 3])
  expect(reports).toMatchObject([{ id: 'T0', verdict: 'pass' }])
  expect(reports[0]!.findings.map(({ samples }) => samples.map(({ seed }) => seed))).toEqual([[1, 2, 3], [1]])
})

test('a wrong result fails, and only where it is', async () => {
  const { reports } = await run(checkOf(settingOf('a', 'all')), (seed) =>
    plantedResult({ endedSeconds: seed === 2 ? 11 : 10 }),
  )
  expect(reports[0]).toMatchObject({
    verdict: 'fail',
    findings: [{ reason: expect.stringContaining('11 with seed 2') }],
  })
})

test('a run that failed fails its check, whatever the others gave', async () => {
  const { reports } = await run(checkOf(settingOf('a', 'all')), (seed) =>
    plantedResult({ failure: seed === 3 ? 'the swarm came to a standstill' : null }),
  )
  expect(reports[0]!.findings[0]!.reason).toBe('a, seed 3: the swarm came to a standstill')
})

test('T3 is asked of every run of whichever check', async () => {
  const check = checkOf(settingOf('a', 'all', PLAN))
  const withTime = (seconds: number) => () => plantedResult({ clients: plantedClients(PLAN, seconds) })
  const fair = await run(check, withTime(MINIMUM_SECONDS))
  expect(fair.reports.at(-1)).toMatchObject({ id: 'all', verdict: 'pass' })
  const beaten = await run(check, withTime(MINIMUM_SECONDS * 0.99))
  expect(beaten.reports.at(-1)).toMatchObject({ id: 'all', verdict: 'fail' })
  expect(beaten.reports.at(-1)!.findings[0]!.figure).toMatch(/T3.*3 runs/)
})

test('so is that the bytes are those of the content, and that no uplink is above its rate', async () => {
  const check = checkOf(settingOf('a', 'all', PLAN))
  const clients = plantedClients(PLAN, 10)
  const wrong = await run(check, () => plantedResult({ clients, contentMatches: false }))
  expect(wrong.reports.at(-1)!.findings.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'fail'])
  const much = plantedClients(PLAN, 10, () => ({ receivedBytes: 30 * 2 ** 20 }))
  const above = await run(check, () => plantedResult({ clients: much, contentMatches: true }))
  expect(above.reports.at(-1)!.findings.map(({ verdict }) => verdict)).toEqual(['pass', 'fail', 'pass'])
})

test('when it is given up, what has not run says so', async () => {
  const controller = new AbortController()
  controller.abort()
  const { ran, reports } = await run(checkOf(settingOf('a', 'all')), () => plantedResult(), controller.signal)
  expect(ran).toEqual([])
  expect(reports).toMatchObject([{ id: 'T0', verdict: 'not run' }])
})

test('a bug in a run is not a result', async () => {
  await expect(run(checkOf(settingOf('a', 'one')), () => new TypeError('x is undefined'))).rejects.toThrow(
    'x is undefined',
  )
})
