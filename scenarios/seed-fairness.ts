/**
 * Does a seed serve all alike? Leechers that give each other nothing stay interested in one seed for the whole run; its
 * slots go round (T7, T13). Counted are the time each was unchoked, and the bytes it got.
 */
import { distributionChart } from '../results/charts/distribution.ts'
import type { RunRecord } from '../results/read.ts'
import { isClient } from '../results/schema.ts'
import { SHOWN } from '../results/units.ts'
import { parametersInWords } from '../results/words.ts'
import * as common from './engine/common-parameters.ts'
import {
  type CellRun,
  type Chart,
  defineScenario,
  type Expectation,
  type Figures,
  type Parameters,
} from './engine/scenario.ts'
import { jainIndex } from './engine/swarm-figures.ts'
import type { SwarmPlan } from './engine/swarm-plan.ts'
import { atLeast, atMost } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import { known, leechersOf } from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'Fairness of a seed'
/** At most: a seed ends a turn sooner where its slots give pieces sooner. */
const TURN_SECONDS = 30

/** So many times round: then one turn more or less is little. */
const ROUNDS_MIN = 5
const TIME_FAIRNESS_MIN = 0.99
/** A turn that begins with an empty pipeline gives less; slots share the uplink. */
const BYTES_FAIRNESS_MIN = 0.98
/** A turn of a longest length that is half over. */
const OFF_TURNS_MAX = 0.5

const PARAMETERS = {
  leechers: { ...swarm.leechers(20), min: 2 },
  uploadSlots: { label: 'upload slots of the seed', unit: '', default: 4, min: 1, max: 1_000 },
  seedUpMbit: swarm.seedUpMbit(2),
  contentMib: common.contentMib(32),
  horizonSeconds: swarm.seconds('watched for', 900),
  pieceKib: common.pieceKib(64),
  rttMs: common.rttMs(20),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const seedFairness = defineScenario({
  name: 'seed-fairness',
  title: TITLE,
  question: 'Does a seed give every leecher the same time and the same bytes?',
  headline: 'seedTimeFairness',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'uploadSlots', values: [1, 2, 4, 8] }]
      : [
          { name: 'leechers', values: [4] },
          { name: 'horizonSeconds', values: [20] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { leechers, uploadSlots, contentMib, pieceKib, seedUpMbit, rttMs, horizonSeconds } = parameters
    const leecher = swarm.leecherOf(swarm.linkOf({ upMbit: seedUpMbit, downMbit: null, rttMs }), { uploadSlots: 0 })
    const seed = swarm.seedOf(swarm.linkOf({ upMbit: seedUpMbit, downMbit: null, rttMs }))
    return swarm.swarmOf({
      contentMib,
      pieceKib,
      contentSeed,
      seeds: [{ ...seed, uploadSlots, peersMax: Math.max(seed.peersMax, leechers) }],
      leechers: Array.from({ length: leechers }, () => leecher),
      expectedSeconds: horizonSeconds,
      endMs: Math.round(horizonSeconds * 1000),
    })
  },

  predict: (): Figures => ({ seedTimeFairness: 1, seedBytesFairness: 1 }),

  measure({ result }) {
    const leechers = leechersOf(result)
    return known({
      seedTimeFairness: jainIndex(leechers.map(({ unchokedBySeedsSeconds }) => unchokedBySeedsSeconds)),
      seedBytesFairness: jainIndex(leechers.map(({ fromSeedsBytes }) => fromSeedsBytes)),
    })
  },

  expect: (run) => [staysInterested(run), ...isFair(run)],

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'fairness',
      title: `${TITLE}: Jain’s index against its slots`,
      x: 'uploadSlots',
      yLabel: 'Jain’s index',
      yFrom: 'values',
      lines: [
        { measure: 'seedTimeFairness', label: 'of time unchoked' },
        { measure: 'seedBytesFairness', label: 'of bytes from the seed' },
      ],
      theory: { label: 'all alike (T7)', of: () => 1 },
    }),
    sharesChart(record),
  ],
})

/** Beside the regular ones a seed has the optimistic slot: all are turns. */
function slotsOf({ uploadSlots, leechers }: Pick<Chosen, 'uploadSlots' | 'leechers'>): number {
  return Math.min(uploadSlots + 1, leechers)
}

function staysInterested({ result }: Run): Expectation {
  const complete = leechersOf(result).filter(({ completedSeconds }) => completedSeconds !== null).length
  return atMost('leechers that were complete, and asked for no more', complete, 0)
}

function isFair({ parameters, measures, result }: Run): Expectation[] {
  const { leechers, horizonSeconds } = parameters
  const slots = slotsOf(parameters)
  const rounds = (horizonSeconds * slots) / (leechers * TURN_SECONDS)
  if (slots < leechers && rounds < ROUNDS_MIN) return []
  const share = (horizonSeconds * slots) / leechers
  const times = leechersOf(result).map(({ unchokedBySeedsSeconds }) => unchokedBySeedsSeconds)
  const off = Math.max(...times.map((seconds) => Math.abs(seconds - share)))
  return [
    atLeast('Jain’s index of the time unchoked by the seed (T7)', measures.seedTimeFairness, TIME_FAIRNESS_MIN),
    atLeast('Jain’s index of the bytes from the seed (T7)', measures.seedBytesFairness, BYTES_FAIRNESS_MIN),
    atMost('seconds that somebody’s time is off an equal share (T13)', off, OFF_TURNS_MAX * TURN_SECONDS),
  ]
}

/** Of every cell in its first repeat: how the time unchoked is spread, over an equal share. */
function sharesChart({ manifest, cells, timeline }: RunRecord): Chart {
  const title = `${TITLE}: time unchoked by the seed, of each leecher`
  const groups = cells.flatMap(({ parameters, repeat, invalid }, index) => {
    if (repeat > 0 || invalid !== undefined) return []
    const leechers = timeline
      .filter((row) => row.cell === index)
      .filter(isClient)
      .filter(({ isSeed }) => !isSeed)
    const all = leechers.reduce((sum, { unchokedBySeedsSeconds }) => sum + unchokedBySeedsSeconds, 0)
    const equal = all / leechers.length || 1
    return [
      {
        group: `slots ${parameters.uploadSlots}`,
        values: leechers.map(({ unchokedBySeedsSeconds }) => unchokedBySeedsSeconds / equal),
      },
    ]
  })
  const all = groups.flatMap(({ values }) => values)
  const spec = distributionChart({
    title,
    subtitle: parametersInWords(manifest.parameters),
    origin: { runtime: manifest.runtime, seed: manifest.seed },
    xLabel: 'time unchoked, over an equal share',
    xShown: SHOWN.plain,
    xDomain: [Math.min(0.9, ...all), Math.max(1.1, ...all)],
    yLabel: 'no more than that (% of leechers)',
    groups,
    bound: { label: 'all alike (T7)', at: 1 },
  })
  return { name: 'shares', title, spec }
}
