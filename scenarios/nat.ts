/**
 * What do clients cost that nobody can dial? A share of the leechers is behind a NAT: they reach those who can be
 * reached, but not each other, and so have fewer peers to exchange with.
 */
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import type { SwarmPlan } from './engine/swarm-plan.ts'
import { distributionSeconds } from './swarms/distribution-time.ts'
import { cellCharts } from './swarms/swarm-charts.ts'
import { allComplete, atLeast, neverBeatsTheory } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import { known, lastCompletionSeconds, leechersOf, meanDownloadSeconds } from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'Clients behind a NAT'
const REACHABLE = 'reachable'
const UNREACHABLE = 'behind a NAT'

/**
 * The minimum time over the time taken. To reach it, those who can be reached would have to leave each other to those
 * behind a NAT; a client does not know who they are.
 */
const EFFICIENCY_MIN = 0.6

/** The tracker knows the seed before those come whom the seed cannot dial: they would not hear of it for a minute. */
const SEED_AHEAD_MS = 500

const PARAMETERS = {
  leechers: swarm.leechers(40),
  natPercent: swarm.sharePercent('behind a NAT', 50),
  ...swarm.UNIFORM_SWARM,
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const nat = defineScenario({
  name: 'nat',
  title: TITLE,
  question: 'How much does it cost a swarm that some of its clients cannot be dialled?',
  headline: 'reachableSeconds',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'natPercent', values: [0, 25, 50, 75, 90] }]
      : [
          { name: 'leechers', values: [4] },
          { name: 'contentMib', values: [4] },
          { name: 'natPercent', values: [0, 50] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { leechers, contentMib, pieceKib, seedUpMbit, rttMs } = parameters
    const link = swarm.linkOf(parameters)
    const reachable = swarm.leecherOf(link, { group: REACHABLE })
    const unreachable = { ...reachable, group: UNREACHABLE, isReachable: false }
    const reachableCount = leechers - natCount(parameters)
    return swarm.swarmOf({
      contentMib,
      pieceKib,
      contentSeed,
      seeds: [swarm.seedOf(swarm.linkOf({ upMbit: seedUpMbit, downMbit: null, rttMs }))],
      leechers: Array.from({ length: leechers }, (_, index) => ({
        ...(index < reachableCount ? reachable : unreachable),
        arrivesMs: index === 0 ? 0 : SEED_AHEAD_MS,
      })),
      expectedSeconds: minimumSeconds(parameters),
    })
  },

  predict: (parameters) => ({ lastCompletionSeconds: minimumSeconds(parameters) }),

  measure: ({ result }) =>
    known({
      reachableSeconds: meanDownloadSeconds(leechersOf(result, REACHABLE)),
      unreachableSeconds: meanDownloadSeconds(leechersOf(result, UNREACHABLE)),
      lastCompletionSeconds: lastCompletionSeconds(leechersOf(result)),
    }),

  expect: (run) => [
    allComplete(leechersOf(run.result)),
    ...neverBeatsTheory(leechersOf(run.result), minimumSeconds(run.parameters)),
    ...staysEfficient(run),
  ],

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'completion',
      title: `${TITLE}: mean time to completion against their share`,
      x: 'natPercent',
      yLabel: 'mean time from arrival to completion',
      lines: [
        { measure: 'reachableSeconds', label: REACHABLE },
        { measure: 'unreachableSeconds', label: UNREACHABLE },
      ],
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
    ...cellCharts<Chosen>(record, {
      subject: TITLE,
      groups: [REACHABLE, UNREACHABLE],
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
  ],
})

/** At least one can be reached: the one under test. */
function natCount({ leechers, natPercent }: Chosen): number {
  return Math.min(leechers - 1, Math.round((leechers * natPercent) / 100))
}

/**
 * T3, and the same of those behind a NAT alone: what they want comes from the seed and from whoever can be reached, since
 * they cannot give it to each other.
 */
function minimumSeconds(parameters: Chosen): number {
  const { leechers, upMbit, contentMib, seedUpMbit } = parameters
  const unreachable = natCount(parameters)
  const giving = swarm.payloadOfMbit(seedUpMbit) + (leechers - unreachable) * swarm.payloadOfMbit(upMbit)
  const all = distributionSeconds({ ...parameters, leechers: [{ count: leechers, upMbit }] })
  return Math.max(all, (unreachable * contentMib * common.MIB) / giving)
}

function staysEfficient({ parameters, measures, runtime }: Run): Expectation[] {
  if (runtime !== 'sim') return []
  const efficiency = minimumSeconds(parameters) / (measures.lastCompletionSeconds ?? Number.POSITIVE_INFINITY)
  return [atLeast('efficiency (T3)', efficiency, EFFICIENCY_MIN)]
}
