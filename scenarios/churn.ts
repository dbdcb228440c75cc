/**
 * What does it cost those who stay that others leave part-way? Each of those who leave goes at a random time, with what
 * it has, and somebody new comes in its place, with nothing.
 */
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import type { ClientPlan, SwarmPlan } from './engine/swarm-plan.ts'
import { evenMs } from './swarms/arrivals.ts'
import { distributionSeconds } from './swarms/distribution-time.ts'
import { cellCharts } from './swarms/swarm-charts.ts'
import { allComplete, atMost, neverBeatsTheory } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import { known, lastCompletionSeconds, leechersOf, meanDownloadSeconds } from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'Churn'
const STAYERS = 'stay'
const LEAVERS = 'leave part-way'
const NEWCOMERS = 'come in their place'

/** When somebody leaves, as shares of the minimum time without churn: none is complete yet, and all have something. */
const LEAVES_FROM_SHARE = 0.2
const LEAVES_TO_SHARE = 0.8
/** Those who stay, over the minimum time of a swarm in which everybody stays. */
const SLOWDOWN_MAX = 2

const PARAMETERS = {
  leechers: swarm.leechers(40),
  leaverPercent: swarm.sharePercent('leave part-way', 50),
  ...swarm.UNIFORM_SWARM,
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const churn = defineScenario({
  name: 'churn',
  title: TITLE,
  question: 'How much later are those complete who stay, when others leave part-way?',
  headline: 'stayerSeconds',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'leaverPercent', values: [0, 25, 50, 75] }]
      : [
          { name: 'leechers', values: [4] },
          { name: 'contentMib', values: [4] },
          { name: 'leaverPercent', values: [0, 50] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { leechers, contentMib, pieceKib, seedUpMbit, rttMs } = parameters
    const link = swarm.linkOf(parameters)
    const stayer = swarm.leecherOf(link, { group: STAYERS })
    const staying = leechers - leaverCount(parameters)
    return swarm.swarmOf({
      contentMib,
      pieceKib,
      contentSeed,
      seeds: [swarm.seedOf(swarm.linkOf({ upMbit: seedUpMbit, downMbit: null, rttMs }))],
      leechers: Array.from({ length: leechers }, (_, index) =>
        index < staying ? [stayer] : leaverAndNewcomer(parameters, contentSeed, index),
      ).flat(),
      expectedSeconds: 2 * minimumSeconds(parameters),
    })
  },

  predict: (parameters) => ({ stayerSeconds: minimumSeconds(parameters) }),

  measure: ({ result }) =>
    known({
      stayerSeconds: meanDownloadSeconds(leechersOf(result, STAYERS)),
      newcomerSeconds: meanDownloadSeconds(leechersOf(result, NEWCOMERS)),
      lastCompletionSeconds: lastCompletionSeconds([...leechersOf(result, STAYERS), ...leechersOf(result, NEWCOMERS)]),
    }),

  expect: (run) => [
    allComplete([...leechersOf(run.result, STAYERS), ...leechersOf(run.result, NEWCOMERS)]),
    ...neverBeatsTheory(leechersOf(run.result, STAYERS), leastStayerSeconds(run.parameters)),
    ...isNotHeldUp(run),
  ],

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'completion',
      title: `${TITLE}: mean time to completion against who leaves`,
      x: 'leaverPercent',
      yLabel: 'mean time from arrival to completion',
      lines: [
        { measure: 'stayerSeconds', label: STAYERS },
        { measure: 'newcomerSeconds', label: NEWCOMERS },
      ],
      bound: { label: 'minimum for the last, nobody leaves (T3)', of: minimumSeconds },
    }),
    ...cellCharts<Chosen>(record, {
      subject: TITLE,
      groups: [STAYERS, NEWCOMERS, LEAVERS],
      bound: { label: 'minimum for the last, nobody leaves (T3)', of: minimumSeconds },
    }),
  ],
})

/** At least one stays: the one under test. */
function leaverCount({ leechers, leaverPercent }: Chosen): number {
  return Math.min(leechers - 1, Math.round((leechers * leaverPercent) / 100))
}

function leaverAndNewcomer(parameters: Chosen, seed: number, index: number): ClientPlan[] {
  const link = swarm.linkOf(parameters)
  const minimumMs = minimumSeconds(parameters) * 1000
  const atMs = evenMs(seed, index, LEAVES_FROM_SHARE * minimumMs, LEAVES_TO_SHARE * minimumMs)
  return [
    swarm.leecherOf(link, { group: LEAVERS, leavesMs: atMs }),
    swarm.leecherOf(link, { group: NEWCOMERS, arrivesMs: atMs }),
  ]
}

function minimumSeconds({ leechers, upMbit, ...rest }: Chosen): number {
  return distributionSeconds({ ...rest, leechers: [{ count: leechers, upMbit }] })
}

/** T3 of those who stay, helped by everybody else, and by as many newcomers, from the start. */
function leastStayerSeconds(parameters: Chosen): number {
  const { contentMib, seedUpMbit, downMbit, leechers, upMbit } = parameters
  const leavers = leaverCount(parameters)
  const bytes = contentMib * common.MIB
  const helping = swarm.payloadOfMbit(seedUpMbit) + (leechers + leavers) * swarm.payloadOfMbit(upMbit)
  const rest = distributionSeconds({ contentMib, seedUpMbit, downMbit, leechers: [] })
  return Math.max(rest, ((leechers - leavers) * bytes) / helping)
}

function isNotHeldUp({ parameters, measures, runtime }: Run): Expectation[] {
  if (runtime !== 'sim') return []
  const slowdown = (measures.stayerSeconds ?? Number.POSITIVE_INFINITY) / minimumSeconds(parameters)
  return [atMost('mean time of those who stay over the minimum (T3)', slowdown, SLOWDOWN_MAX)]
}
