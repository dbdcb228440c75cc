/** How fast can a crowd be served? Many clients of ours come at once, and there is one seed (T3). All of them stay. */
import * as common from './engine/common-parameters.ts'
import { defineScenario, type Parameters } from './engine/scenario.ts'
import type { SwarmPlan } from './engine/swarm-plan.ts'
import { distributionSeconds } from './swarms/distribution-time.ts'
import { cellCharts } from './swarms/swarm-charts.ts'
import { allComplete, atLeast, neverBeatsTheory } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import { known, lastCompletionSeconds, leechersOf, meanDownloadSeconds } from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'A flash crowd'

/**
 * The minimum time over the time taken. A piece-level model without delays (T3) reaches 0.75 at 1,000 leechers and 256
 * pieces with a choker that acts every 10 s only, 0.865 where a freed slot is refilled at once.
 */
const EFFICIENCY_MIN = 0.75
const PIECES_OF_MODEL = 256
/** Fewer pieces are passed on later: T4 gives (1 + log2 N / K) times as long, before any choker; and the start weighs more. */
const EFFICIENCY_MIN_OF_FEW = 0.5
const PIECES_MIN = 64

const PARAMETERS = {
  leechers: swarm.leechers(50),
  contentMib: common.contentMib(16),
  seedUpMbit: swarm.seedUpMbit(20),
  upMbit: swarm.upMbit(5),
  downMbit: swarm.downMbit(50),
  pieceKib: common.pieceKib(256),
  rttMs: common.rttMs(20),
} as const

type Chosen = Parameters<typeof PARAMETERS>

export const flashCrowd = defineScenario({
  name: 'flash-crowd',
  title: TITLE,
  question: 'How close does a crowd that comes at once get to the minimum distribution time?',
  headline: 'lastCompletionSeconds',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'leechers', values: [5, 10, 20, 50, 100] }]
      : [
          { name: 'leechers', values: [2, 4] },
          { name: 'contentMib', values: [4] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { leechers, contentMib, pieceKib, seedUpMbit, rttMs } = parameters
    const leecher = swarm.leecherOf(swarm.linkOf(parameters))
    return swarm.swarmOf({
      contentMib,
      pieceKib,
      contentSeed,
      seeds: [swarm.seedOf(swarm.linkOf({ upMbit: seedUpMbit, downMbit: null, rttMs }))],
      leechers: Array.from({ length: leechers }, () => leecher),
      expectedSeconds: minimumSeconds(parameters),
    })
  },

  predict: (parameters) => ({ lastCompletionSeconds: minimumSeconds(parameters) }),

  measure({ result }) {
    const leechers = leechersOf(result)
    return known({
      meanCompletionSeconds: meanDownloadSeconds(leechers),
      lastCompletionSeconds: lastCompletionSeconds(leechers),
    })
  },

  expect({ result, parameters, measures }) {
    const leechers = leechersOf(result)
    const minimum = minimumSeconds(parameters)
    const efficiency = minimum / (measures.lastCompletionSeconds ?? Number.POSITIVE_INFINITY)
    return [
      allComplete(leechers),
      ...neverBeatsTheory(leechers, minimum),
      ...efficiencyFloor(parameters).map((floor) => atLeast('efficiency (T3)', efficiency, floor)),
    ]
  },

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'completion',
      title: `${TITLE}: completion against its size`,
      x: 'leechers',
      yLabel: 'time from start to completion',
      lines: [
        { measure: 'lastCompletionSeconds', label: 'last leecher' },
        { measure: 'meanCompletionSeconds', label: 'mean' },
      ],
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
    ...cellCharts(record, {
      subject: TITLE,
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
  ],
})

function minimumSeconds({ leechers, upMbit, ...rest }: Chosen): number {
  return distributionSeconds({ ...rest, leechers: [{ count: leechers, upMbit }] })
}

/** None where there are too few pieces for any. */
function efficiencyFloor({ contentMib, pieceKib }: Chosen): number[] {
  const pieces = (contentMib * 1024) / pieceKib
  if (pieces < PIECES_MIN) return []
  return [pieces < PIECES_OF_MODEL ? EFFICIENCY_MIN_OF_FEW : EFFICIENCY_MIN]
}
