/** What do peers that send corrupt blocks cost? Equal seeders, of which more and more corrupt what they send. */
import { PERFECT_LINK } from '../links/link.ts'
import { lineWithBandChart } from '../results/charts/lines.ts'
import type { RunRecord } from '../results/read.ts'
import { measureLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Figures, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, peerLabel, type SwarmPlan } from './engine/swarm-plan.ts'
import { seedersRate } from './engine/theory.ts'

const TITLE = 'Download time against the number of corrupters'
const TOLERANCE = 0.1
const SLACK_SECONDS = 1
const TIME_LIMIT_FACTOR = 4
/** From one peer that corrupts every block, before it is banned. */
const TAKEN_MIB_MAX = 6

const PARAMETERS = {
  peers: { ...common.peers(10), min: 2 },
  corrupters: { label: 'corrupters', unit: '', default: 4, min: 0, max: 199 },
  corruptPercent: { label: 'corrupt', unit: '% of their blocks', default: 100, min: 0.1, max: 100, fractions: true },
  contentMib: common.contentMib(24),
  linkMbit: common.linkMbit(8),
  rttMs: common.rttMs(20),
  pipelineDepth: common.pipelineDepth(10),
  pieceKib: common.pieceKib(256),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const corruptPeers = defineScenario({
  name: 'corrupt-peers',
  title: TITLE,
  question: 'What do peers that send corrupt blocks cost, and how soon are they banned?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: () => [
    { name: 'corruptPercent', values: [100, 2] },
    { name: 'corrupters', values: [0, 1, 2, 4, 6, 8] },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    const corrupters = corrupterCount(parameters)
    const corrupt = { behaviour: 'corrupt', share: parameters.corruptPercent / 100 }
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(parameters.contentMib * common.MIB, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers }, (_, index) => ({
        link: common.seederLink(parameters),
        script: index < corrupters ? [{ when: { bytesServed: 0 }, do: corrupt }] : [],
      })),
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: parameters.pipelineDepth },
      disturbedShareMax: 0.25,
      timeLimitMs: 10_000 + TIME_LIMIT_FACTOR * honestSeconds(parameters) * 1000,
    }
  },

  predict: (parameters) => ({ seconds: honestSeconds(parameters) }),

  measure({ parameters, result }) {
    const { samples, marks, usefulBytes } = result.observations
    const corrupters = corrupterLabels(parameters)
    const bans = marks.filter(({ mark }) => mark === 'peer-banned')
    return {
      bannedPeers: bans.length,
      ...(bans.length === 0 ? {} : { lastBanSeconds: Math.max(...bans.map(({ tMs }) => tMs)) / 1000 }),
      corruptBytes: samples.reduce((sum, { peer, bytes }) => sum + (corrupters.has(peer) ? bytes : 0), 0),
      refetchedBytes: Math.max(0, usefulBytes - Math.round(parameters.contentMib * common.MIB)),
    }
  },

  expect(run) {
    const bound = honestSeconds(run.parameters) * (1 + TOLERANCE) + SLACK_SECONDS
    return [
      common.completesWithin(run, bound, 'as the honest peers alone could give it'),
      ...guilty(run),
      takesLittle(run),
    ]
  },

  charts(record) {
    return [
      { name: 'time', title: TITLE, spec: lineWithBandChart(timeLines(record)) },
      chartOf(record, 'bans', 'How soon the last corrupter is banned', 'lastBanSeconds'),
      chartOf(record, 'waste', 'What is fetched again because of corrupters', 'refetchedBytes'),
    ]
  },
})

function timeLines(record: RunRecord) {
  const theory = { label: 'honest peers alone (T2)', of: honestSeconds, isCommon: true } as const
  return measureLines<Chosen>(record, { title: TITLE, x: 'corrupters', y: 'seconds', theory })
}

function chartOf(record: RunRecord, name: string, title: string, y: 'lastBanSeconds' | 'refetchedBytes') {
  return { name, title, spec: lineWithBandChart(measureLines(record, { title, x: 'corrupters', y })) }
}

/** At least one is honest. */
function corrupterCount({ peers, corrupters }: Chosen): number {
  return Math.min(corrupters, peers - 1)
}

function corrupterLabels(parameters: Chosen): Set<string> {
  return new Set(Array.from({ length: corrupterCount(parameters) }, (_, index) => peerLabel(index)))
}

function honestSeconds(parameters: Chosen): NonNullable<Figures['seconds']> {
  const honest = parameters.peers - corrupterCount(parameters)
  const rate = seedersRate(honest, common.seederLink(parameters), parameters.pipelineDepth, null)
  return (parameters.contentMib * common.MIB) / rate
}

/** Who sent only bad blocks is found out in any case; who sends good ones too may get away with it to the end. */
function guilty({ parameters, result }: Run): Expectation[] {
  const corrupters = corrupterLabels(parameters)
  const { marks, samples } = result.observations
  const banned = new Set(marks.flatMap(({ mark, peer }) => (mark === 'peer-banned' ? [peer!] : [])))
  const innocent = [...banned].filter((peer) => !corrupters.has(peer))
  const free = [...corrupters].filter((peer) => !banned.has(peer) && samples.some((sample) => sample.peer === peer))
  const claims = [{ claim: 'no honest peer is banned', holds: innocent.length === 0, found: innocent.join(', ') }]
  if (parameters.corruptPercent < 100) return claims
  const found = `not banned: ${free.join(', ')}`
  return [...claims, { claim: 'every peer that sent only corrupt blocks is banned', holds: free.length === 0, found }]
}

function takesLittle({ measures, parameters }: Run): Expectation {
  const boundMib = corrupterCount(parameters) * TAKEN_MIB_MAX
  const takenMib = (measures.refetchedBytes ?? 0) / common.MIB
  return {
    claim: `at most ${TAKEN_MIB_MAX} MiB a corrupter are fetched again`,
    holds: takenMib <= boundMib,
    found: `${takenMib.toFixed(2)} MiB for ${corrupterCount(parameters)}`,
  }
}
