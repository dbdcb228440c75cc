/**
 * Do peers of one speed find each other? Three classes of uplinks, after Legout et al. 2007 (T8): tit for tat makes
 * leechers of a class serve each other, if the seed is fast; where it is slow there is too little to choose from.
 * Leechers leave once complete; the seed stays. Their rates are low against the choker's rounds of 10 s.
 */
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import type { SwarmPlan } from './engine/swarm-plan.ts'
import { distributionSeconds } from './swarms/distribution-time.ts'
import { cellCharts } from './swarms/swarm-charts.ts'
import { allComplete, atLeast, atMost, neverBeatsTheory } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import {
  clusteringRatio,
  known,
  lastCompletionSeconds,
  leechersOf,
  meanDownloadSeconds,
} from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'Bandwidth classes'
const CLASSES = ['fast', 'medium', 'slow'] as const

/** T8 speaks of more than 40 leechers. */
const CLUSTERS_FROM_LEECHERS = 40
const CLUSTERING_FAST_SEED_MIN = 1.2
const CLUSTERING_SLOW_SEED_MAX = 1.3

const kbit = (label: string, value: number) => ({
  label,
  unit: 'kbit/s',
  default: value,
  min: 1,
  max: 1_000_000,
  fractions: true as const,
})

const PARAMETERS = {
  leechersPerClass: { ...swarm.leechers(15), label: 'leechers of each class', max: 30_000 },
  seedUpKbit: kbit('uplink of the seed', 1_600),
  fastUpKbit: kbit('uplink of the fast', 1_600),
  mediumUpKbit: kbit('uplink of the medium', 400),
  slowUpKbit: kbit('uplink of the slow', 160),
  contentMib: common.contentMib(16),
  pieceKib: common.pieceKib(128),
  rttMs: common.rttMs(20),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const bandwidthClasses = defineScenario({
  name: 'bandwidth-classes',
  title: TITLE,
  question: 'Do leechers exchange with those of their own speed, and does the seed have a say in it?',
  headline: 'completionP50Seconds',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'seedUpKbit', values: [160, 400, 1_600] }]
      : [
          { name: 'leechersPerClass', values: [2] },
          { name: 'contentMib', values: [2] },
          { name: 'seedUpKbit', values: [16_000] },
          { name: 'fastUpKbit', values: [16_000] },
          { name: 'mediumUpKbit', values: [4_000] },
          { name: 'slowUpKbit', values: [1_600] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { leechersPerClass, contentMib, pieceKib, seedUpKbit, rttMs } = parameters
    const linkOf = (upKbit: number) => swarm.linkOf({ upMbit: upKbit / 1000, downMbit: null, rttMs })
    return swarm.swarmOf({
      contentMib,
      pieceKib,
      contentSeed,
      seeds: [swarm.seedOf(linkOf(seedUpKbit))],
      leechers: CLASSES.flatMap((group) => {
        const leecher = swarm.leecherOf(linkOf(upKbitOf(parameters, group)), { group, seedsMs: 0 })
        return Array.from({ length: leechersPerClass }, () => leecher)
      }),
      expectedSeconds: expectedSeconds(parameters),
    })
  },

  predict: (parameters) => ({ lastCompletionSeconds: minimumSeconds(parameters) }),

  measure({ result }) {
    const secondsOf = (group: string) => meanDownloadSeconds(leechersOf(result, group))
    return known({
      fastClassSeconds: secondsOf('fast'),
      mediumClassSeconds: secondsOf('medium'),
      slowClassSeconds: secondsOf('slow'),
      clusteringRatio: clusteringRatio(result),
      lastCompletionSeconds: lastCompletionSeconds(leechersOf(result)),
    })
  },

  expect: (run) => [
    allComplete(leechersOf(run.result)),
    ...neverBeatsTheory(leechersOf(run.result), minimumSeconds(run.parameters)),
    ...clusters(run),
  ],

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'clustering',
      title: `${TITLE}: clustering against the seed’s uplink`,
      x: 'seedUpKbit',
      lines: [{ measure: 'clusteringRatio', label: 'measured' }],
      theory: { label: 'no preference', of: () => 1 },
    }),
    ...swarmLines<Chosen>(record, {
      name: 'completion',
      title: `${TITLE}: mean time to completion against the seed’s uplink`,
      x: 'seedUpKbit',
      yLabel: 'mean time from arrival to completion',
      lines: [
        { measure: 'fastClassSeconds', label: 'fast' },
        { measure: 'mediumClassSeconds', label: 'medium' },
        { measure: 'slowClassSeconds', label: 'slow' },
      ],
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
    ...cellCharts<Chosen>(record, {
      subject: TITLE,
      groups: CLASSES,
      bound: { label: 'minimum for the last (T3)', of: minimumSeconds },
    }),
  ],
})

function upKbitOf({ fastUpKbit, mediumUpKbit, slowUpKbit }: Chosen, group: (typeof CLASSES)[number]): number {
  return { fast: fastUpKbit, medium: mediumUpKbit, slow: slowUpKbit }[group]
}

function minimumSeconds(parameters: Chosen): number {
  const { leechersPerClass, contentMib, seedUpKbit } = parameters
  const leechers = CLASSES.map((group) => ({ count: leechersPerClass, upMbit: upKbitOf(parameters, group) / 1000 }))
  return distributionSeconds({ contentMib, seedUpMbit: seedUpKbit / 1000, leechers, downMbit: null })
}

/** The fast leave early: then the slow serve each other. */
function expectedSeconds(parameters: Chosen): number {
  const { contentMib, slowUpKbit } = parameters
  return Math.max(minimumSeconds(parameters), (contentMib * common.MIB) / swarm.payloadOfMbit(slowUpKbit / 1000))
}

/** T8; in between, and in swarms that are too small to choose, it says nothing. */
function clusters({ parameters, measures, runtime }: Run): Expectation[] {
  const { leechersPerClass, seedUpKbit, fastUpKbit, slowUpKbit } = parameters
  if (leechersPerClass * CLASSES.length <= CLUSTERS_FROM_LEECHERS || runtime !== 'sim') return []
  const ratio = measures.clusteringRatio
  if (seedUpKbit >= fastUpKbit) return [atLeast('clustering, of a fast seed (T8)', ratio, CLUSTERING_FAST_SEED_MIN)]
  return seedUpKbit > slowUpKbit ? [] : [atMost('clustering, of a slow seed (T8)', ratio, CLUSTERING_SLOW_SEED_MAX)]
}
