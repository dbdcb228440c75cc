/**
 * What do those pay who take and give nothing? A share of the leechers unchokes nobody: they get what the optimistic
 * slots and the seed give them, and come after those who contribute (T7).
 */
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import type { SwarmPlan } from './engine/swarm-plan.ts'
import { distributionSeconds } from './swarms/distribution-time.ts'
import { cellCharts } from './swarms/swarm-charts.ts'
import { allComplete, atLeast, atMost, neverBeatsTheory } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import { known, lastCompletionSeconds, leechersOf, meanDownloadSeconds } from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'Free riders'
const CONTRIBUTORS = 'contributors'
const FREE_RIDERS = 'free riders'

/** T7: tit for tat makes them wait. Fewer peers than slots leave nobody choked, and then there is nothing to wait for. */
const PENALTY_MIN = 1.05
const CHOKED_FROM_LEECHERS = 20

const PARAMETERS = {
  leechers: swarm.leechers(40),
  freeRiderPercent: swarm.sharePercent('free riders', 25),
  contentMib: common.contentMib(16),
  seedUpMbit: swarm.seedUpMbit(4),
  upMbit: swarm.upMbit(2),
  downMbit: swarm.downMbit(20),
  pieceKib: common.pieceKib(128),
  rttMs: common.rttMs(20),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const freeRiders = defineScenario({
  name: 'free-riders',
  title: TITLE,
  question: 'How much later are leechers complete that upload nothing?',
  headline: 'contributorSeconds',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'freeRiderPercent', values: [10, 25, 50, 75] }]
      : [
          { name: 'leechers', values: [4] },
          { name: 'contentMib', values: [2] },
          { name: 'freeRiderPercent', values: [25, 50] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { leechers, contentMib, pieceKib, seedUpMbit, rttMs } = parameters
    const link = swarm.linkOf(parameters)
    const contributor = swarm.leecherOf(link, { group: CONTRIBUTORS })
    const freeRider = swarm.leecherOf(link, { group: FREE_RIDERS, uploadSlots: 0 })
    const contributing = leechers - freeRiderCount(parameters)
    return swarm.swarmOf({
      contentMib,
      pieceKib,
      contentSeed,
      seeds: [swarm.seedOf(swarm.linkOf({ upMbit: seedUpMbit, downMbit: null, rttMs }))],
      leechers: Array.from({ length: leechers }, (_, index) => (index < contributing ? contributor : freeRider)),
      expectedSeconds: minimumSeconds(parameters),
    })
  },

  predict: (parameters) => ({ lastCompletionSeconds: minimumSeconds(parameters) }),

  measure({ result, parameters }) {
    const contributorSeconds = meanDownloadSeconds(leechersOf(result, CONTRIBUTORS))
    const freeRiderSeconds = meanDownloadSeconds(leechersOf(result, FREE_RIDERS))
    const last = lastCompletionSeconds(leechersOf(result))
    const hasBoth = contributorSeconds !== null && freeRiderSeconds !== null
    return known({
      contributorSeconds,
      freeRiderSeconds,
      freeRiderPenalty: hasBoth ? freeRiderSeconds / contributorSeconds : null,
      lastCompletionSeconds: last,
      // Free riders could give, but do not: their uplinks are no part of the swarm's.
      efficiency: last === null ? null : minimumSeconds(parameters) / last,
    })
  },

  expect: (run) => [
    allComplete(leechersOf(run.result)),
    ...neverBeatsTheory(leechersOf(run.result), minimumSeconds(run.parameters)),
    givesNothing(run),
    ...comesLater(run),
  ],

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'completion',
      title: `${TITLE}: mean time to completion against their share`,
      x: 'freeRiderPercent',
      yLabel: 'mean time from arrival to completion',
      lines: [
        { measure: 'contributorSeconds', label: CONTRIBUTORS },
        { measure: 'freeRiderSeconds', label: FREE_RIDERS },
      ],
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
    ...cellCharts<Chosen>(record, {
      subject: TITLE,
      groups: [CONTRIBUTORS, FREE_RIDERS],
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
  ],
})

/** At least one leecher contributes: the one under test. */
function freeRiderCount({ leechers, freeRiderPercent }: Chosen): number {
  return Math.min(leechers - 1, Math.round((leechers * freeRiderPercent) / 100))
}

function minimumSeconds(parameters: Chosen): number {
  const { leechers, upMbit } = parameters
  const riders = freeRiderCount(parameters)
  const classes = [
    { count: leechers - riders, upMbit },
    { count: riders, upMbit: 0 },
  ]
  return distributionSeconds({ ...parameters, leechers: classes })
}

function givesNothing({ result }: Run): Expectation {
  const sent = leechersOf(result, FREE_RIDERS).reduce((sum, { sentBytes }) => sum + sentBytes, 0)
  return atMost('bytes sent by free riders', sent, 0)
}

function comesLater({ parameters, measures, runtime }: Run): Expectation[] {
  const { leechers } = parameters
  const riders = freeRiderCount(parameters)
  if (riders === 0 || leechers < CHOKED_FROM_LEECHERS || runtime !== 'sim') return []
  return [atLeast('mean time of free riders over that of contributors (T7)', measures.freeRiderPenalty, PENALTY_MIN)]
}
