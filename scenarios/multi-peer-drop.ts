/** How does the client recover when a peer vanishes? Equal seeders, of which the last drops for good part-way. */
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { stackedRateChart } from '../results/charts/stacked-rate.ts'
import type { RunRecord } from '../results/read.ts'
import { isMark, isSample, type TimelineMark } from '../results/schema.ts'
import { parametersInWords } from '../results/words.ts'
import * as common from './engine/common-parameters.ts'
import { type RateWindow, recovery } from './engine/recovery.ts'
import { type CellRun, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, peerLabel, type SwarmPlan } from './engine/swarm-plan.ts'
import { payloadRate, pipelineRate, seedersRate } from './engine/theory.ts'

const RECOVERY_SECONDS_MAX = 2
/** Settled: within this of what the peers that are left can give. */
const SETTLED_TOLERANCE = 0.1
const TIME_LIMIT_FACTOR = 5

const PARAMETERS = {
  peers: { ...common.peers(3), min: 2 },
  contentMib: common.contentMib(24),
  // 2 MiB/s.
  linkMbit: common.linkMbit(16.777216),
  rttMs: common.rttMs(20),
  pipelineDepth: common.pipelineDepth(10),
  pieceKib: common.pieceKib(256),
  dropAtPercent: { label: 'drop at', unit: '% of the content', default: 40, min: 1, max: 99, fractions: true },
} as const

export const multiPeerDrop = defineScenario({
  name: 'multi-peer-drop',
  title: 'Recovery after the loss of a peer',
  question: 'How does the client recover when a peer vanishes?',
  headline: 'throughputBytesPerSecond',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: () => [],

  swarm(parameters, contentSeed): SwarmPlan {
    const totalBytes = Math.round(parameters.contentMib * common.MIB)
    const link = common.seederLink(parameters)
    const bytesServed = Math.round((totalBytes * parameters.dropAtPercent) / 100 / parameters.peers)
    const drop = { when: { bytesServed }, do: { behaviour: 'drop', how: 'fin' } } as const
    const rate = seedersRate(parameters.peers - 1, link, parameters.pipelineDepth, null)
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(totalBytes, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers }, (_, index) => ({
        link,
        script: index === parameters.peers - 1 ? [drop] : [],
      })),
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: parameters.pipelineDepth },
      // Full links catch up: their due times do not depend on when somebody woke.
      disturbedShareMax: 0.25,
      timeLimitMs: 10_000 + ((TIME_LIMIT_FACTOR * totalBytes) / rate) * 1000,
    }
  },

  predict({ peers, pipelineDepth, ...parameters }) {
    const link = common.seederLink(parameters)
    return {
      throughputBeforeLossBytesPerSecond: seedersRate(peers, link, pipelineDepth, null),
      throughputAfterLossBytesPerSecond: seedersRate(peers - 1, link, pipelineDepth, null),
    }
  },

  measure({ parameters, predicted, result }) {
    const { samples, marks, seconds } = result.observations
    const lost = lossOf(marks, parameters.peers)
    if (lost === undefined) return {}
    const window: RateWindow = { samples, lostMs: lost.tMs, endMs: seconds * 1000 }
    const rateBytesPerSecond = predicted.throughputAfterLossBytesPerSecond ?? 0
    return recovery(window, { rateBytesPerSecond, tolerance: SETTLED_TOLERANCE, burstBytes: burstBytesOf(parameters) })
  },

  expect: (run) => [lossSeen(run), ...settles(run), ...nothingTwice(run)],

  charts(record) {
    return [{ name: 'rates', title: 'Payload rate per peer', spec: ratesChart(record) }]
  },
})

/** A full link gives block after block, one that waits for requests a whole pipeline at a time. */
function burstBytesOf({ peers, pipelineDepth, ...parameters }: Parameters<typeof PARAMETERS>): number {
  const { upBytesPerSecond, rttMs } = common.seederLink(parameters)
  const isFull = pipelineRate(upBytesPerSecond, rttMs, pipelineDepth) === payloadRate(upBytesPerSecond)
  return (peers - 1) * (isFull ? 1 : pipelineDepth) * BLOCK_BYTES
}

function lossOf(marks: readonly Pick<TimelineMark, 'mark' | 'peer' | 'tMs'>[], peers: number) {
  return marks.find(({ mark, peer }) => mark === 'peer-closed' && peer === peerLabel(peers - 1))
}

type Run = CellRun<typeof PARAMETERS>

function lossSeen({ result, parameters }: Run): Expectation {
  const peer = peerLabel(parameters.peers - 1)
  return {
    claim: 'the client sees the peer go',
    holds: lossOf(result.observations.marks, parameters.peers) !== undefined,
    found: `the connection to ${peer} never ended`,
  }
}

/** Left out where the download ended before a rate could settle. */
function settles({ measures }: Run): Expectation[] {
  const { recoverySeconds, throughputAfterLossBytesPerSecond } = measures
  if (throughputAfterLossBytesPerSecond === undefined) return []
  return [
    {
      claim: `throughput settles at what the others give within ${RECOVERY_SECONDS_MAX} s`,
      holds: recoverySeconds !== undefined && recoverySeconds <= RECOVERY_SECONDS_MAX,
      found: recoverySeconds === undefined ? 'it never settled' : `it took ${recoverySeconds.toFixed(2)} s`,
    },
  ]
}

function nothingTwice({ result, parameters, measures }: Run): Expectation[] {
  const { requests, requestsLost } = result.observations
  const inFlightBytes = requestsLost * BLOCK_BYTES
  const wastedMax = inFlightBytes + (parameters.peers - 1) * parameters.pipelineDepth * BLOCK_BYTES
  return [
    {
      claim: 'outside the endgame nothing is requested twice but what the lost peer owed',
      holds: requests.again <= requestsLost && requestsLost <= parameters.pipelineDepth,
      found: `${requests.again} requests again, ${requestsLost} lost`,
    },
    {
      claim: `wastedBytes at most ${wastedMax}`,
      holds: (measures.wastedBytes ?? 0) <= wastedMax,
      found: `${measures.wastedBytes}`,
    },
  ]
}

/** Of the first cell. */
function ratesChart({ manifest, cells, timeline }: RunRecord) {
  const cell = cells[0]!
  const rows = timeline.filter((row) => row.cell === 0)
  const samples = rows.filter(isSample)
  const lost = lossOf(rows.filter(isMark), Number(cell.parameters.peers))
  const labels = Array.from({ length: Number(cell.parameters.peers) }, (_, index) => peerLabel(index))
  const before = cell.predicted?.throughputBeforeLossBytesPerSecond ?? 0
  const after = cell.predicted?.throughputAfterLossBytesPerSecond ?? 0
  const endMs = (cell.measures.seconds ?? 0) * 1000
  return stackedRateChart({
    title: 'A peer vanishes: payload rate per peer',
    subtitle: parametersInWords({ ...manifest.parameters, fixed: cell.parameters }),
    origin: { runtime: manifest.runtime, seed: cell.seed },
    samples,
    binMs: manifest.timelineBinMs,
    peers: labels.map((peer) => ({ peer, label: peer })),
    endMs,
    marks: lost === undefined ? [] : [{ tMs: lost.tMs, label: `${labels.at(-1)} dropped` }],
    theory: {
      label: 'theory (T2)',
      steps: [
        { tMs: (cell.measures.timeToFirstByteSeconds ?? 0) * 1000, bytesPerSecond: before },
        ...(lost === undefined ? [] : [{ tMs: lost.tMs, bytesPerSecond: after }]),
      ],
    },
  })
}
