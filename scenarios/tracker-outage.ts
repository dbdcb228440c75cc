/** What does a tracker that is away cost? From the client's first announce on, or from its second, when it has peers. */

import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import { retryDelayMs } from '../client/tracker/announce-timing.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { lineWithBandChart } from '../results/charts/lines.ts'
import type { RunRecord } from '../results/read.ts'
import type { TrackerScript } from '../tracker-mock/script.ts'
import { measureLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Figures, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './engine/swarm-plan.ts'
import { payloadRate, seedersRate } from './engine/theory.ts'

const TITLE = 'Time to first byte against the length of a tracker’s outage'
/** Until the second announce, where the outage begins with that one: the least that the client takes. */
const INTERVAL_SECONDS = 5
/** Against the prediction: in virtual time nothing is late, in real time processes start and timers fire when they can. */
const SLACK_SECONDS = { sim: 0.05, processes: 0.5, containers: 0.5 }
const TOLERANCE = 0.05
const TIME_LIMIT_FACTOR = 3

const PARAMETERS = {
  peers: common.peers(3),
  outageSeconds: { label: 'outage', unit: 's', default: 5, min: 0, max: 600, fractions: true },
  outageAt: { label: 'tracker away from', unit: '', default: 'start', words: ['start', 'midway'] },
  contentMib: common.contentMib(8),
  linkMbit: common.linkMbit(2),
  rttMs: common.rttMs(20),
  pipelineDepth: common.pipelineDepth(10),
  pieceKib: common.pieceKib(256),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const trackerOutage = defineScenario({
  name: 'tracker-outage',
  title: TITLE,
  question: 'How long does a download wait for a tracker that is away, and does it miss one that goes later?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: (runtime) => [
    { name: 'outageAt', values: ['start', 'midway'] },
    { name: 'outageSeconds', values: runtime === 'sim' ? [0, 0.5, 2, 5, 10, 20, 40, 90] : [0, 2, 5, 10, 20] },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(parameters.contentMib * common.MIB, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers }, () => ({ link: common.seederLink(parameters), script: [] })),
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: parameters.pipelineDepth },
      trackerScript: trackerScript(parameters),
      disturbedShareMax: 0.25,
      timeLimitMs: 10_000 + TIME_LIMIT_FACTOR * totalSeconds(parameters) * 1000,
    }
  },

  predict: (parameters) => ({
    seconds: totalSeconds(parameters),
    timeToFirstByteSeconds: firstByteSeconds(parameters),
  }),

  measure: ({ result }) => ({ announcesFailed: result.observations.announcesFailed }),

  expect: (run) => [...waitsForTracker(run), noLonger(run), outageSeen(run)],

  charts(record) {
    return [
      { name: 'first-byte', title: TITLE, spec: lineWithBandChart(firstByteLines(record)) },
      { name: 'time', title: TIME_TITLE, spec: lineWithBandChart(timeLines(record)) },
    ]
  },
})

const TIME_TITLE = 'Download time against the length of a tracker’s outage'

function firstByteLines(record: RunRecord) {
  const theory = { label: 'next try after the outage', of: firstByteSeconds }
  const bound = {
    label: 'outage at the start',
    of: ({ outageSeconds }: Chosen) => outageSeconds,
    isCommon: true,
  } as const
  return measureLines<Chosen>(record, { title: TITLE, x: 'outageSeconds', y: 'timeToFirstByteSeconds', theory, bound })
}

function timeLines(record: RunRecord) {
  const theory = { label: 'theory (T2)', of: totalSeconds }
  return measureLines<Chosen>(record, { title: TIME_TITLE, x: 'outageSeconds', y: 'seconds', theory })
}

/** The seeders have announced themselves before, once each. */
function trackerScript({ peers, outageSeconds, outageAt }: Chosen): TrackerScript {
  const first = peers + (outageAt === 'start' ? 1 : 2)
  const isOutage = outageSeconds > 0
  return [
    ...(isOutage ? [{ when: { announce: first }, do: { awayMs: outageSeconds * 1000 } }] : []),
    ...(outageAt === 'midway'
      ? [{ when: { fromAnnounce: peers + 1 }, do: { intervalSeconds: INTERVAL_SECONDS } }]
      : []),
  ]
}

/** The first try that finds the tracker back; a refusal takes no time. */
function foundSeconds({ outageSeconds, outageAt }: Chosen): number {
  let atMs = 0
  if (outageAt === 'midway') return atMs
  for (let failed = 0; atMs < outageSeconds * 1000; failed++) atMs += retryDelayMs(failed)
  return atMs / 1000
}

/** Connect, handshake, unchoke and request each take a round trip, and the block its time on the link. */
function firstByteSeconds(parameters: Chosen): NonNullable<Figures['timeToFirstByteSeconds']> {
  const { rttMs, upBytesPerSecond } = common.seederLink(parameters)
  return foundSeconds(parameters) + (4 * rttMs) / 1000 + BLOCK_BYTES / payloadRate(upBytesPerSecond)
}

function downloadSeconds(parameters: Chosen): number {
  const rate = seedersRate(parameters.peers, common.seederLink(parameters), parameters.pipelineDepth, null)
  return (parameters.contentMib * common.MIB) / rate
}

function totalSeconds(parameters: Chosen): NonNullable<Figures['seconds']> {
  return firstByteSeconds(parameters) + downloadSeconds(parameters)
}

function waitsForTracker({ parameters, measures, runtime }: Run): Expectation[] {
  const { timeToFirstByteSeconds = Number.POSITIVE_INFINITY } = measures
  const expected = firstByteSeconds(parameters)
  const found = `it took ${timeToFirstByteSeconds.toFixed(2)} s`
  const outageSeconds = parameters.outageAt === 'start' ? parameters.outageSeconds : 0
  return [
    { claim: 'no byte before the tracker is back', holds: timeToFirstByteSeconds >= outageSeconds, found },
    {
      claim: `the first byte ${expected.toFixed(2)} s after the start, by the next try once the tracker is back`,
      holds: Math.abs(timeToFirstByteSeconds - expected) <= SLACK_SECONDS[runtime],
      found,
    },
  ]
}

function noLonger(run: Run): Expectation {
  const bound = firstByteSeconds(run.parameters) + downloadSeconds(run.parameters) * (1 + TOLERANCE)
  return common.completesWithin(run, bound + SLACK_SECONDS[run.runtime], 'as without an outage, from the first byte on')
}

function outageSeen({ parameters, measures }: Run): Expectation {
  const isReached = parameters.outageAt === 'start' || (measures.seconds ?? 0) > INTERVAL_SECONDS + 1
  const wanted = parameters.outageSeconds > 0 && isReached
  const failed = measures.announcesFailed ?? 0
  const claim = wanted ? 'an announce meets the outage' : 'no announce fails'
  return { claim, holds: wanted === failed > 0, found: `${failed} failed` }
}
