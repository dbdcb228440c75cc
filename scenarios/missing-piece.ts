/**
 * When does a swarm grow without end? Leechers leave the moment they are complete, and one seed is all that stays: it is
 * stable only while the seed gives pieces faster than leechers come (Hajek and Zhu, T6). Beyond that nearly everybody
 * comes to have all pieces but one, and leaves as soon as the seed hands that one out.
 */
import { linearRegression } from 'simple-statistics'
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Figures, type Parameters } from './engine/scenario.ts'
import type { SwarmPlan } from './engine/swarm-plan.ts'
import { payloadRate } from './engine/theory.ts'
import type { SwarmSample } from './runtimes/runtime.ts'
import { poissonArrivalsMs } from './swarms/arrivals.ts'
import { cellCharts } from './swarms/swarm-charts.ts'
import { atMost } from './swarms/swarm-expectations.ts'
import { swarmLines } from './swarms/swarm-lines.ts'
import { mean } from './swarms/swarm-measures.ts'
import * as swarm from './swarms/swarm-parameters.ts'

const TITLE = 'The missing piece'

/** Of all who came: a stable swarm swings, as one piece after another gets rare, but holds no more than this on average. */
const STABLE_LEECHERS_MAX_SHARE = 0.2
/** Of the rate of arrivals: how near the prediction a swarm must grow that does. */
const GROWTH_TOLERANCE_SHARE = 0.25
/** Near the edge neither is certain in so short a time. */
const EDGE_SHARE = 0.25
/** Of those who are there, in a swarm that grows: copies of its rarest piece. */
const RAREST_SHARE_MAX = 0.2
/** Fewer arrivals say too little. */
const ARRIVALS_MIN = 50

const PARAMETERS = {
  arrivalsPerSecond: swarm.perSecond('arrivals', 2),
  seedPiecesPerSecond: swarm.perSecond('pieces from the seed', 1),
  upPiecesPerSecond: swarm.perSecond('pieces from a leecher', 4),
  pieces: { label: 'pieces', unit: '', default: 16, min: 2, max: 4_096 },
  pieceKib: common.pieceKib(16),
  horizonSeconds: swarm.seconds('watched for', 300),
  rttMs: common.rttMs(20),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const missingPiece = defineScenario({
  name: 'missing-piece',
  title: TITLE,
  question: 'Does a swarm grow without end when leechers come faster than the seed gives pieces?',
  headline: 'meanLeechers',
  parameters: PARAMETERS,
  runtimes: ['sim', 'processes'],
  defaultRuntime: 'sim',
  defaultSweep: (runtime) =>
    runtime === 'sim'
      ? [{ name: 'arrivalsPerSecond', values: [0.5, 1, 2] }]
      : [
          { name: 'arrivalsPerSecond', values: [1] },
          { name: 'horizonSeconds', values: [15] },
        ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { pieces, pieceKib, horizonSeconds } = parameters
    const leecher = swarm.leecherOf(linkOf(parameters, parameters.upPiecesPerSecond), { seedsMs: 0 })
    const arrivals = poissonArrivalsMs(contentSeed, parameters.arrivalsPerSecond, horizonSeconds * 1000)
    return swarm.swarmOf({
      contentMib: (pieces * pieceKib) / 1024,
      pieceKib,
      contentSeed,
      seeds: [swarm.seedOf(linkOf(parameters, parameters.seedPiecesPerSecond))],
      leechers: arrivals.map((arrivesMs) => ({ ...leecher, arrivesMs })),
      expectedSeconds: horizonSeconds,
      endMs: Math.round(horizonSeconds * 1000),
    })
  },

  predict: (parameters) => ({ growthPerSecond: growthPerSecond(parameters) }),

  measure({ result, parameters }): Figures {
    const half = secondHalf(result.swarm, parameters)
    if (half.length < 2) return {}
    return {
      growthPerSecond: linearRegression(half.map(({ tMs, leechers }) => [tMs / 1000, leechers])).m,
      meanRarestCopies: mean(half.map(({ rarestCopies }) => rarestCopies)) ?? 0,
      meanLeechers: mean(half.map(({ leechers }) => leechers)) ?? 0,
    }
  },

  expect: (run) => [seedGivesNoMore(run), ...growsAsPredicted(run)],

  charts: (record) => [
    ...swarmLines<Chosen>(record, {
      name: 'growth',
      title: `${TITLE}: growth of the swarm against the rate of arrivals`,
      x: 'arrivalsPerSecond',
      yLabel: 'growth of the swarm, leechers',
      lines: [{ measure: 'growthPerSecond', label: 'measured' }],
      theory: { label: 'arrivals beyond the seed’s pieces (T6)', of: growthPerSecond },
    }),
    ...swarmLines<Chosen>(record, {
      name: 'rarest',
      title: `${TITLE}: copies of the rarest piece, and leechers`,
      x: 'arrivalsPerSecond',
      yLabel: 'mean number',
      lines: [
        { measure: 'meanLeechers', label: 'leechers' },
        { measure: 'meanRarestCopies', label: 'copies of the rarest piece' },
      ],
    }),
    ...cellCharts<Chosen>(record, { subject: TITLE }),
  ],
})

function linkOf({ pieceKib, rttMs }: Chosen, piecesPerSecond: number) {
  // A piece travels with the headers of its blocks: what is meant is payload.
  const pieceBytes = (pieceKib * 1024) / payloadRate(1)
  return { ...swarm.linkOf({ upMbit: 0, downMbit: null, rttMs }), upBytesPerSecond: piecesPerSecond * pieceBytes }
}

/** T6. */
function growthPerSecond({ arrivalsPerSecond, seedPiecesPerSecond }: Chosen): number {
  return Math.max(0, arrivalsPerSecond - seedPiecesPerSecond)
}

function secondHalf(samples: readonly SwarmSample[], { horizonSeconds }: Chosen): SwarmSample[] {
  return samples.filter(({ tMs }) => tMs >= horizonSeconds * 500)
}

/** What was received: of what is handed over, some is lost when its receiver is complete and leaves. */
function seedGivesNoMore({ result, parameters }: Run): Expectation {
  const bytes = result.clients.reduce((sum, { fromSeedsBytes }) => sum + fromSeedsBytes, 0)
  const pieces = bytes / (parameters.pieceKib * 1024)
  return atMost('pieces from the seed', pieces, parameters.seedPiecesPerSecond * parameters.horizonSeconds)
}

function growsAsPredicted({ parameters, measures, runtime }: Run): Expectation[] {
  const { arrivalsPerSecond, seedPiecesPerSecond, horizonSeconds } = parameters
  if (runtime !== 'sim' || arrivalsPerSecond * horizonSeconds < ARRIVALS_MIN) return []
  const growth = measures.growthPerSecond
  if (arrivalsPerSecond < seedPiecesPerSecond * (1 - EDGE_SHARE)) {
    const most = STABLE_LEECHERS_MAX_SHARE * arrivalsPerSecond * horizonSeconds
    return [atMost('leechers of a stable swarm, on average (T6)', measures.meanLeechers, most)]
  }
  if (arrivalsPerSecond <= seedPiecesPerSecond * (1 + EDGE_SHARE)) return []
  const expected = growthPerSecond(parameters)
  const off = Math.abs((growth ?? Number.NaN) - expected)
  const rarest = (measures.meanRarestCopies ?? Number.NaN) / Math.max(1, measures.meanLeechers ?? Number.NaN)
  return [
    atMost(`growth per second, off ${expected.toFixed(2)} (T6)`, off, GROWTH_TOLERANCE_SHARE * arrivalsPerSecond),
    atMost('copies of the rarest piece per leecher (T6)', rarest, RAREST_SHARE_MAX),
  ]
}
