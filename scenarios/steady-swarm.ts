/**
 * Does a swarm that people come to and leave settle where the fluid model says (T5)? Poisson arrivals, exponential
 * times of sharing afterwards, with or without a seed that never leaves. Watched from a warm-up on; those who come in the
 * last part are not counted, since some of them would not be complete.
 */
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Figures, type Parameters } from './engine/scenario.ts'
import { meanLeechersIn } from './engine/swarm-figures.ts'
import type { SwarmPlan } from './engine/swarm-plan.ts'
import { payloadRate } from './engine/theory.ts'
import type { ClientResult } from './runtimes/runtime.ts'
import { exponentialStayMs, poissonArrivalsMs } from './swarms/arrivals.ts'
import { fluidSteadyState } from './swarms/fluid-model.ts'
import { cellCharts } from './swarms/swarm-charts.ts'
import { atLeast, atMost, within } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import { known, leechersOf, mean, meanDownloadSeconds } from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'A swarm in its steady state'

/** Those who come within so many of their download times of the end are not counted. */
const TAIL_DOWNLOADS = 4
/** Books kept twice, of every client and of the swarm: what differs is what happens between two samples. */
const LITTLE_TOLERANCE = 0.03
/**
 * The model's leechers always have something to give, and its downloads end when the last byte is sent. Real ones are
 * above it, by what the first pieces, the last ones and the choker cost; below it by chance of arrivals only.
 */
const MODEL_ABOVE_MAX = 1.6
const MODEL_BELOW_MIN = 0.85
/** Fewer arrivals in the window say too little. */
const ARRIVALS_MIN = 100

const mibPerSecond = (label: string, value: number, min: number) => ({
  label,
  unit: 'MiB/s',
  default: value,
  min,
  max: 10_000,
  fractions: true as const,
})

const PARAMETERS = {
  contentMib: common.contentMib(4),
  upMibs: mibPerSecond('uplink', 0.0625, 0.001),
  downMibs: mibPerSecond('downlink', 0.25, 0.001),
  arrivalsPerSecond: swarm.perSecond('arrivals', 0.5),
  meanSeedingSeconds: swarm.seconds('mean time of sharing', 32),
  originMibs: mibPerSecond('uplink of the origin', 0, 0),
  horizonSeconds: swarm.seconds('watched for', 500),
  warmupPercent: { ...swarm.sharePercent('of it warm-up', 25), max: 90 },
  pieceKib: common.pieceKib(32),
  rttMs: common.rttMs(20),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const steadySwarm = defineScenario({
  name: 'steady-swarm',
  title: TITLE,
  question: 'Does a swarm with arrivals and departures settle where the fluid model says?',
  headline: 'meanDownloadSeconds',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'arrivalsPerSecond', values: [0.5, 1] }]
      : [
          { name: 'contentMib', values: [1] },
          { name: 'upMibs', values: [0.25] },
          { name: 'downMibs', values: [1] },
          { name: 'originMibs', values: [1] },
          { name: 'meanSeedingSeconds', values: [2] },
          { name: 'horizonSeconds', values: [20] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { contentMib, pieceKib, horizonSeconds, meanSeedingSeconds } = parameters
    const link = linkOf(parameters, parameters.upMibs)
    const arrivals = poissonArrivalsMs(contentSeed, parameters.arrivalsPerSecond, horizonSeconds * 1000)
    return swarm.swarmOf({
      contentMib,
      pieceKib,
      contentSeed,
      seeds: [originOf(parameters)],
      leechers: arrivals.map((arrivesMs, index) =>
        swarm.leecherOf(link, {
          arrivesMs,
          seedsMs: exponentialStayMs(contentSeed, index, meanSeedingSeconds * 1000),
        }),
      ),
      expectedSeconds: horizonSeconds,
      endMs: Math.round(horizonSeconds * 1000),
    })
  },

  predict,

  measure({ result, parameters }) {
    const window = windowOf(parameters)
    const { fromSeconds, toSeconds } = window
    const leechers = leechersOf(result)
    const watched = result.swarm.filter(({ tMs }) => tMs >= fromSeconds * 1000 && tMs < toSeconds * 1000)
    const sampled = mean(watched.map((sample) => sample.leechers))
    const expected = meanLeechersIn(leechers, window)
    return known({
      meanDownloadSeconds: meanDownloadSeconds(arrivedIn(leechers, parameters)),
      meanLeechers: sampled,
      meanSeeds: mean(watched.map(({ seeds }) => seeds)),
      littleLawRatio: sampled === null || sampled === 0 ? null : expected / sampled,
    })
  },

  expect: (run) => [...isComplete(run), ...agreesWithModel(run)],

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'download',
      title: `${TITLE}: download time against the rate of arrivals`,
      x: 'arrivalsPerSecond',
      lines: [{ measure: 'meanDownloadSeconds', label: 'measured' }],
      theory: { label: 'fluid model (T5)', of: (parameters) => predict(parameters).meanDownloadSeconds ?? 0 },
    }),
    ...swarmLines<Chosen>(record, {
      name: 'leechers',
      title: `${TITLE}: leechers against the rate of arrivals`,
      x: 'arrivalsPerSecond',
      lines: [{ measure: 'meanLeechers', label: 'measured' }],
      theory: { label: 'fluid model (T5)', of: (parameters) => predict(parameters).meanLeechers ?? 0 },
    }),
    ...cellCharts<Chosen>(record, {
      subject: TITLE,
      bound: {
        label: 'the downlink alone',
        of: ({ contentMib, downMibs }) => contentMib / payloadRate(downMibs),
      },
    }),
  ],
})

function linkOf({ downMibs, rttMs }: Chosen, upMibs: number) {
  const link = swarm.linkOf({ upMbit: 0, downMbit: null, rttMs })
  return { ...link, upBytesPerSecond: upMibs * common.MIB, downBytesPerSecond: downMibs * common.MIB }
}

/** Without an origin somebody has to begin: a seed that gives as fast as a leecher takes, and goes when the warm-up is half over. */
function originOf(parameters: Chosen) {
  const { originMibs, downMibs, horizonSeconds, warmupPercent } = parameters
  if (originMibs > 0) return swarm.seedOf(linkOf(parameters, originMibs))
  const leavesMs = Math.round((horizonSeconds * 1000 * warmupPercent) / 100 / 2)
  return { ...swarm.seedOf(linkOf(parameters, downMibs)), leavesMs }
}

function predict(parameters: Chosen): Figures {
  const state = fluidSteadyState({
    contentBytes: parameters.contentMib * common.MIB,
    upBytesPerSecond: payloadRate(parameters.upMibs * common.MIB),
    downBytesPerSecond: payloadRate(parameters.downMibs * common.MIB),
    arrivalsPerSecond: parameters.arrivalsPerSecond,
    meanSeedingSeconds: parameters.meanSeedingSeconds,
    originBytesPerSecond: parameters.originMibs === 0 ? 0 : payloadRate(parameters.originMibs * common.MIB),
  })
  return {
    meanDownloadSeconds: state.downloadSeconds,
    meanLeechers: state.leechers,
    meanSeeds: state.seeds + (parameters.originMibs > 0 ? 1 : 0),
    littleLawRatio: 1,
  }
}

function windowOf(parameters: Chosen) {
  const { horizonSeconds, warmupPercent } = parameters
  const fromSeconds = (horizonSeconds * warmupPercent) / 100
  const tailSeconds = Math.min(
    TAIL_DOWNLOADS * (predict(parameters).meanDownloadSeconds ?? 0),
    (horizonSeconds - fromSeconds) / 2,
  )
  return { fromSeconds, toSeconds: horizonSeconds - tailSeconds }
}

function arrivedIn(leechers: readonly ClientResult[], parameters: Chosen): ClientResult[] {
  const { fromSeconds, toSeconds } = windowOf(parameters)
  return leechers.filter(({ arrivedSeconds }) => arrivedSeconds >= fromSeconds && arrivedSeconds < toSeconds)
}

function isComplete({ result, parameters, runtime }: Run): Expectation[] {
  const arrived = arrivedIn(leechersOf(result), parameters)
  const missing = arrived.filter(({ completedSeconds }) => completedSeconds === null).length
  const share = runtime === 'sim' ? 0.01 : 0.25
  return [atMost('share of those counted that are not complete', missing / Math.max(1, arrived.length), share)]
}

function agreesWithModel({ result, parameters, measures, predicted }: Run): Expectation[] {
  if (arrivedIn(leechersOf(result), parameters).length < ARRIVALS_MIN) return []
  const ratio = (measures.meanDownloadSeconds ?? Number.NaN) / (predicted.meanDownloadSeconds ?? Number.NaN)
  return [
    within('Little’s law, arrivals x time over leechers,', measures.littleLawRatio, 1, LITTLE_TOLERANCE),
    atLeast('mean download time over the fluid model’s (T5)', ratio, MODEL_BELOW_MIN),
    atMost('mean download time over the fluid model’s (T5)', ratio, MODEL_ABOVE_MAX),
  ]
}
