/** The scenarios of whole swarms: the plans they make, and what a small one shows in virtual time. */
import { describe, expect, test } from 'vitest'
import { chooseParameters } from './engine/parameters.ts'
import type { Scenario } from './engine/scenario.ts'
import type { ClientPlan, SwarmPlan } from './engine/swarm-plan.ts'
import { SCENARIOS } from './index.ts'
import type { RuntimeName } from './runtimes/runtime.ts'
import { simRuntime } from './runtimes/sim/sim-runtime.ts'

const NAMES = [
  'flash-crowd',
  'steady-swarm',
  'free-riders',
  'bandwidth-classes',
  'churn',
  'missing-piece',
  'seed-fairness',
  'nat',
]

function scenarioOf(name: string): Scenario {
  return SCENARIOS.find((each) => each.name === name)!
}

/** Of the first cell of its sweep. */
function parametersOf(name: string, set: readonly string[], runtime: RuntimeName = 'sim') {
  const { fixed, sweep } = chooseParameters(scenarioOf(name), runtime, set, [])
  return { ...fixed, ...Object.fromEntries(sweep.map((axis) => [axis.name, axis.values[0]!])) }
}

function planOf(name: string, ...set: string[]): SwarmPlan {
  return scenarioOf(name).swarm(parametersOf(name, set), 3)
}

async function ran(name: string, ...set: string[]) {
  const scenario = scenarioOf(name)
  const parameters = parametersOf(name, set)
  const plan = scenario.swarm(parameters, 3)
  const result = await simRuntime().run(plan, 3, { signal: new AbortController().signal, progress: () => {} })
  const run = { runtime: 'sim', parameters, plan, result, predicted: scenario.predict(parameters) } as const
  const measures = scenario.measure(run)
  const broken = scenario.expect({ ...run, measures }).filter(({ holds }) => !holds)
  return { result, measures, predicted: run.predicted, broken }
}

const clientsOf = ({ client, others }: SwarmPlan): ClientPlan[] => [client, ...others]
const inGroup = (plan: SwarmPlan, group: string) => clientsOf(plan).filter((client) => client.group === group)

describe.each(NAMES)('%s', (name) => {
  test.each(['sim', 'processes'] as const)('is a swarm of clients of ours with one seed, in %s', (runtime) => {
    const plan = scenarioOf(name).swarm(parametersOf(name, [], runtime), 1)
    expect(plan.seeders).toEqual([])
    expect(plan.client).toMatchObject({ isSeed: false, arrivesMs: 0 })
    expect(plan.others.filter(({ isSeed }) => isSeed)).toEqual([
      expect.objectContaining({ group: 'seed', seedsMs: null }),
    ])
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    const times = clientsOf(plan).flatMap(({ arrivesMs, leavesMs, seedsMs }) => [
      arrivesMs,
      leavesMs ?? 0,
      seedsMs ?? 0,
    ])
    expect(times.every(Number.isInteger)).toBe(true)
  })

  test('on real sockets few clients take at most half a minute', () => {
    const plan = scenarioOf(name).swarm(parametersOf(name, [], 'processes'), 1)
    expect(plan.others.length).toBeLessThan(40)
    expect(plan.endMs ?? (plan.timeLimitMs - 30_000) / 6).toBeLessThanOrEqual(30_000)
  })

  test('the same seed plans the same swarm', () => {
    expect(planOf(name)).toEqual(planOf(name))
  })
})

test('a flash crowd of 100,000 is planned in no time, its leechers all alike', () => {
  const plan = planOf('flash-crowd', 'leechers=100000')
  expect(plan.others).toHaveLength(100_000)
  expect(new Set(plan.others.slice(1)).size).toBe(1)
})

test.each([
  ['free-riders', ['leechers=20', 'freeRiderPercent=25'], { contributors: 15, 'free riders': 5 }],
  ['free-riders', ['leechers=4', 'freeRiderPercent=100'], { contributors: 1, 'free riders': 3 }],
  ['nat', ['leechers=8', 'natPercent=50'], { reachable: 4, 'behind a NAT': 4 }],
  ['nat', ['leechers=8', 'natPercent=100'], { reachable: 1, 'behind a NAT': 7 }],
  ['bandwidth-classes', ['leechersPerClass=3'], { fast: 3, medium: 3, slow: 3 }],
  ['churn', ['leechers=10', 'leaverPercent=30'], { stay: 7, 'leave part-way': 3, 'come in their place': 3 }],
])('%s %j has groups %j', (name, set, groups) => {
  const plan = planOf(name, ...set)
  for (const [group, count] of Object.entries(groups)) expect(inGroup(plan, group)).toHaveLength(count)
  expect(clientsOf(plan)).toHaveLength(1 + Object.values(groups).reduce((sum, count) => sum + count, 0))
})

test('who leaves part-way is replaced at that moment', () => {
  const plan = planOf('churn', 'leechers=20', 'leaverPercent=50')
  const left = inGroup(plan, 'leave part-way').map(({ leavesMs }) => leavesMs)
  expect(inGroup(plan, 'come in their place').map(({ arrivesMs }) => arrivesMs)).toEqual(left)
  expect(new Set(left).size).toBeGreaterThan(5)
})

test('without an origin a steady swarm begins with a seed that goes', () => {
  const origin = ({ others }: SwarmPlan) => others.find(({ isSeed }) => isSeed)!
  expect(origin(planOf('steady-swarm')).leavesMs).toBe(62_500)
  expect(origin(planOf('steady-swarm', 'originMibs=1')).leavesMs).toBeNull()
})

describe('in virtual time', () => {
  test('a small crowd is near the minimum, and never below it', async () => {
    const { measures, predicted, broken } = await ran('flash-crowd', 'leechers=4', 'contentMib=4', 'pieceKib=64')
    expect(broken).toEqual([])
    expect(measures.lastCompletionSeconds! / predicted.lastCompletionSeconds!).toBeGreaterThan(1)
    expect(measures.lastCompletionSeconds! / predicted.lastCompletionSeconds!).toBeLessThan(1.25)
  })

  test('free riders send nothing, and still complete', async () => {
    const { result, broken } = await ran('free-riders', 'leechers=6', 'contentMib=1', 'freeRiderPercent=50')
    expect(broken).toEqual([])
    const riders = result.clients.filter(({ group }) => group === 'free riders')
    expect(riders.map(({ sentBytes }) => sentBytes)).toEqual([0, 0, 0])
    expect(riders.every(({ completedSeconds }) => completedSeconds !== null)).toBe(true)
  })

  test('those behind a NAT get nothing from each other', async () => {
    const { measures, predicted, result } = await ran('nat', 'leechers=5', 'contentMib=1', 'natPercent=100')
    expect(measures.lastCompletionSeconds).toBeGreaterThan(predicted.lastCompletionSeconds!)
    const unreachable = result.clients.filter(({ group }) => group === 'behind a NAT')
    expect(unreachable).toHaveLength(4)
    expect(unreachable.map(({ fromGroupBytes, receivedBytes }) => [fromGroupBytes, receivedBytes])).toEqual(
      unreachable.map(() => [0, 2 ** 20]),
    )
  })

  test('a seed’s time is shared alike by leechers that give nothing', async () => {
    const { measures, broken } = await ran('seed-fairness', 'leechers=6', 'uploadSlots=1', 'horizonSeconds=450')
    expect(broken).toEqual([])
    expect(measures.seedTimeFairness).toBeGreaterThan(0.99)
  })

  test('who leaves part-way is not complete, everybody else is', async () => {
    const { result, broken } = await ran('churn', 'leechers=6', 'contentMib=2', 'leaverPercent=50')
    expect(broken).toEqual([])
    for (const { group, isSeed, completedSeconds, leftSeconds } of result.clients) {
      expect(completedSeconds === null, group).toBe(group === 'leave part-way')
      expect(leftSeconds === null, group).toBe(isSeed || group !== 'leave part-way')
    }
  })
})
