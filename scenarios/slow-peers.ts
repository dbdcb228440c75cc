/**
 * Do very slow peers hold up a download? Some fast seeders, and more and more of a few kB/s: no block may wait for them.
 * The pipeline's depth is the client's own choice: a fixed one would have slow peers owe as many blocks as fast ones.
 */
import { PERFECT_LINK } from '../links/link.ts'
import { lineWithBandChart } from '../results/charts/lines.ts'
import type { RunRecord } from '../results/read.ts'
import { measureLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { defineScenario, type Figures, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './engine/swarm-plan.ts'
import { payloadRate } from './engine/theory.ts'

const TITLE = 'Download time against the number of slow peers'
const TOLERANCE = 0.05
const SLACK_SECONDS = 0.5
const TIME_LIMIT_FACTOR = 4

const PARAMETERS = {
  // No more in all than the client asks a tracker for.
  peers: { ...common.peers(4), label: 'fast peers', max: 10 },
  slowPeers: { label: 'slow peers', unit: '', default: 5, min: 0, max: 40 },
  slowKbit: { label: 'link of a slow peer', unit: 'kbit/s', default: 32, min: 0.1, max: 10_000, fractions: true },
  contentMib: common.contentMib(24),
  linkMbit: { ...common.linkMbit(8), label: 'link of a fast peer' },
  rttMs: common.rttMs(20),
  pieceKib: common.pieceKib(256),
} as const

type Chosen = Parameters<typeof PARAMETERS>

export const slowPeers = defineScenario({
  name: 'slow-peers',
  title: TITLE,
  question: 'Do peers of a few kB/s hold up a download, above all its end?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: () => [
    { name: 'slowKbit', values: [16, 32, 128] },
    { name: 'slowPeers', values: [0, 1, 2, 5, 10, 20] },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    const link = common.seederLink(parameters)
    const slow = { ...link, upBytesPerSecond: slowRate(parameters) }
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(parameters.contentMib * common.MIB, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers + parameters.slowPeers }, (_, index) => ({
        link: index < parameters.peers ? link : slow,
        script: [],
      })),
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: 'auto' },
      disturbedShareMax: 0.25,
      timeLimitMs: 10_000 + TIME_LIMIT_FACTOR * fastSeconds(parameters) * 1000,
    }
  },

  predict: (parameters) => ({ seconds: fastSeconds(parameters) }),

  measure({ result }) {
    const { marks, seconds, isComplete } = result.observations
    const endgame = marks.find(({ mark }) => mark === 'endgame')
    return endgame === undefined || !isComplete ? {} : { endgameSeconds: seconds - endgame.tMs / 1000 }
  },

  expect(run) {
    const bound = fastSeconds(run.parameters) * (1 + TOLERANCE) + SLACK_SECONDS
    return [
      common.completesWithin(run, bound, 'as the fast peers alone could give it'),
      common.takesAtLeast(run, everybodySeconds(run.parameters)),
    ]
  },

  charts(record) {
    return [
      { name: 'time', title: TITLE, spec: lineWithBandChart(timeLines(record)) },
      chartOf(record, 'endgame', 'Length of the endgame', 'endgameSeconds'),
    ]
  },
})

function timeLines(record: RunRecord) {
  const theory = { label: 'fast peers alone (T2)', of: fastSeconds, isCommon: true } as const
  return measureLines<Chosen>(record, { title: TITLE, x: 'slowPeers', y: 'seconds', theory })
}

function chartOf(record: RunRecord, name: string, title: string, y: 'endgameSeconds') {
  return { name, title, spec: lineWithBandChart(measureLines(record, { title, x: 'slowPeers', y })) }
}

function slowRate({ slowKbit }: Chosen): number {
  return (slowKbit * 1000) / 8
}

function fastRate(parameters: Chosen): number {
  return parameters.peers * payloadRate(common.seederLink(parameters).upBytesPerSecond)
}

function fastSeconds(parameters: Chosen): NonNullable<Figures['seconds']> {
  return (parameters.contentMib * common.MIB) / fastRate(parameters)
}

function everybodySeconds(parameters: Chosen): number {
  const rate = fastRate(parameters) + parameters.slowPeers * slowRate(parameters)
  return (parameters.contentMib * common.MIB) / rate
}
