/**
 * What does rarest first buy? One seed, and leechers of ours that pick pieces rarest first, at random or in order; they
 * start together and stay to share (T3, T7).
 */
import { mbitToBytesPerSecond, PERFECT_LINK } from '../links/link.ts'
import { lineWithBandChart } from '../results/charts/lines.ts'
import type { NumericMeasureName } from '../results/measures.ts'
import type { RunRecord } from '../results/read.ts'
import { type LinesText, measureLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './engine/swarm-plan.ts'
import { payloadRate } from './engine/theory.ts'
import { distributionSeconds } from './swarms/distribution-time.ts'

/** Against the worst: the seed serves everybody alone. */
const TIME_LIMIT_FACTOR = 1.5
/** T7: with rarest first the seed has sent one copy after little more than its uplink needs for it. */
const COPY_FACTOR_MAX = 1.5

const PARAMETERS = {
  leechers: { label: 'leechers', unit: '', default: 10, min: 2, max: 200 },
  picker: {
    label: 'picker',
    unit: '',
    default: 'rarest-first',
    words: ['rarest-first', 'random', 'sequential'],
  },
  contentMib: common.contentMib(16),
  seedMbit: { ...common.linkMbit(8), label: 'uplink of the seed' },
  linkMbit: { ...common.linkMbit(8), label: 'uplink of a leecher' },
  rttMs: common.rttMs(20),
  pieceKib: common.pieceKib(32),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const pickerAblation = defineScenario({
  name: 'picker-ablation',
  title: 'Completion against the choice of pieces',
  question: 'What does picking the rarest piece first buy over a random one, or the next in order?',
  headline: 'meanCompletionSeconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: (runtime) => [
    { name: 'picker', values: ['rarest-first', 'random', 'sequential'] },
    { name: 'leechers', values: runtime === 'sim' ? [2, 5, 10] : [2, 4] },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { leechers, picker } = parameters
    const seed = { link: common.seederLink({ ...parameters, linkMbit: parameters.seedMbit }), script: [] }
    // Half of the path's delay is the leecher's: between two of them it is the same as to the seed.
    const upBytesPerSecond = mbitToBytesPerSecond(parameters.linkMbit)
    const link = { ...PERFECT_LINK, upBytesPerSecond, rttMs: parameters.rttMs / 2 }
    const client = { ...PLAIN_CLIENT, link, pipelineDepth: 'auto', picker, seedsMs: null } as const
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(parameters.contentMib * common.MIB, parameters.pieceKib, contentSeed),
      seeders: [{ ...seed, link: { ...seed.link, rttMs: parameters.rttMs / 2 } }],
      client,
      others: Array.from({ length: leechers - 1 }, () => client),
      disturbedShareMax: 0.5,
      timeLimitMs: 20_000 + TIME_LIMIT_FACTOR * leechers * copySeconds(parameters) * 1000,
    }
  },

  predict: (parameters) => ({
    lastCompletionSeconds: minimumSeconds(parameters),
    seedCopySeconds: copySeconds(parameters),
  }),

  measure({ result }) {
    const [seed] = result.seeders
    const times = result.clients.map(({ completedSeconds }) => completedSeconds)
    const completed = times.filter((seconds) => seconds !== null)
    return {
      ...(seed === undefined ? {} : { seedAgainBytes: seed.againBytes }),
      ...(seed === undefined || seed.copySeconds === null ? {} : { seedCopySeconds: seed.copySeconds }),
      ...(completed.length < times.length ? {} : completionOf(completed)),
    }
  },

  expect: (run) => [nobodyBeatsTheory(run), ...sendsOneCopySoon(run)],

  charts: (record) => [
    chartOf(record, 'mean', 'Mean completion time by picker', {
      y: 'meanCompletionSeconds',
      bound: { label: 'minimum (T3)', of: minimumSeconds, isCommon: true },
    }),
    chartOf(record, 'spread', 'Spread of completion times by picker', { y: 'completionSpreadSeconds' }),
    chartOf(record, 'copy', 'When the seed has sent one copy, by picker', {
      y: 'seedCopySeconds',
      bound: { label: 'its uplink (T7)', of: copySeconds, isCommon: true },
    }),
    chartOf(record, 'again', 'What the seed sends again before it has sent everything once', { y: 'seedAgainBytes' }),
  ],
})

function chartOf(
  record: RunRecord,
  name: string,
  title: string,
  text: Pick<LinesText<Chosen>, 'bound'> & { readonly y: NumericMeasureName },
) {
  return { name, title, spec: lineWithBandChart(measureLines<Chosen>(record, { title, x: 'leechers', ...text })) }
}

function completionOf(seconds: readonly number[]) {
  return {
    meanCompletionSeconds: seconds.reduce((sum, each) => sum + each, 0) / seconds.length,
    lastCompletionSeconds: Math.max(...seconds),
    completionSpreadSeconds: Math.max(...seconds) - Math.min(...seconds),
  }
}

/** T3. */
function minimumSeconds({ leechers, contentMib, seedMbit, linkMbit }: Chosen): number {
  const swarm = { contentMib, seedUpMbit: seedMbit, downMbit: null }
  return distributionSeconds({ ...swarm, leechers: [{ count: leechers, upMbit: linkMbit }] })
}

/** T7: no sooner than its uplink can send each block once. */
function copySeconds({ contentMib, seedMbit }: Chosen): number {
  return (contentMib * common.MIB) / payloadRate(mbitToBytesPerSecond(seedMbit))
}

function nobodyBeatsTheory({ parameters, measures }: Run): Expectation {
  const minimum = minimumSeconds(parameters)
  const last = measures.lastCompletionSeconds ?? 0
  return {
    claim: `all are complete, and not before ${minimum.toFixed(2)} s (T3)`,
    holds: last >= minimum,
    found: `the last was complete after ${last.toFixed(2)} s`,
  }
}

function sendsOneCopySoon({ parameters, measures }: Run): Expectation[] {
  const least = copySeconds(parameters)
  const most = least * COPY_FACTOR_MAX
  const took = measures.seedCopySeconds ?? Number.POSITIVE_INFINITY
  const found = `it took ${took.toFixed(2)} s`
  return [
    // The last block is counted when the seed takes it up, before its uplink has sent it.
    { claim: 'the seed sends no copy faster than its uplink', holds: took >= least * 0.98, found },
    ...(parameters.picker === 'rarest-first'
      ? [{ claim: `the seed has sent one copy after ${most.toFixed(2)} s (T7)`, holds: took <= most, found }]
      : []),
  ]
}
