/** Does a download finish when peers come and go? Equal seeders, of which some drop, stall or choke again and again. */
import { PERFECT_LINK } from '../links/link.ts'
import { lineWithBandChart } from '../results/charts/lines.ts'
import type { ScriptStep } from '../seeder/script.ts'
import { measureLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { defineScenario, type Figures, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './engine/swarm-plan.ts'
import { seedersRate } from './engine/theory.ts'

const TITLE = 'Download time against the number of flaky peers'
/** Of what the reliable peers need alone: connecting, the last blocks, and blocks asked of one that had just gone. */
const TOLERANCE = 0.05
const SLACK_SECONDS = 1
const TIME_LIMIT_FACTOR = 3

const FAULTS = ['drop', 'stall', 'choke', 'mixed'] as const
type Fault = (typeof FAULTS)[number]

const PARAMETERS = {
  peers: { ...common.peers(10), min: 2 },
  flakyPeers: { label: 'flaky peers', unit: '', default: 4, min: 0, max: 199 },
  fault: { label: 'what they do', unit: '', default: 'mixed', words: FAULTS },
  upSeconds: { label: 'up for', unit: 's', default: 2, min: 0.1, max: 600, fractions: true },
  downSeconds: { label: 'away for', unit: 's', default: 2, min: 0.1, max: 600, fractions: true },
  contentMib: common.contentMib(16),
  linkMbit: common.linkMbit(2),
  rttMs: common.rttMs(20),
  pipelineDepth: common.pipelineDepth(10),
  pieceKib: common.pieceKib(256),
} as const

type Chosen = Parameters<typeof PARAMETERS>

export const flakyPeers = defineScenario({
  name: 'flaky-peers',
  title: TITLE,
  question: 'Does a download finish when peers come and go, and what do they still give?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: () => [
    { name: 'fault', values: ['drop', 'stall', 'choke'] },
    { name: 'flakyPeers', values: [0, 2, 4, 6, 8] },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    const flaky = flakyCount(parameters)
    const timeLimitMs = 10_000 + TIME_LIMIT_FACTOR * reliableSeconds(parameters) * 1000
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(parameters.contentMib * common.MIB, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers }, (_, index) => ({
        link: common.seederLink(parameters),
        script: index < flaky ? flakyScript(parameters, index, timeLimitMs) : [],
      })),
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: parameters.pipelineDepth },
      disturbedShareMax: 0.25,
      timeLimitMs,
    }
  },

  predict: (parameters) => ({ seconds: secondsOverTime(parameters) }),

  measure: () => ({}),

  expect(run) {
    const { parameters } = run
    const bound = reliableSeconds(parameters) * (1 + TOLERANCE) + SLACK_SECONDS
    return [
      common.completesWithin(run, bound, 'as the reliable peers alone could give it'),
      common.takesAtLeast(run, everybodySeconds(parameters)),
      {
        claim: 'nobody is banned for being unreliable',
        holds: run.result.observations.marks.every(({ mark }) => mark !== 'peer-banned'),
        found: 'a peer was banned',
      },
    ]
  },

  charts(record) {
    const spec = lineWithBandChart(
      measureLines<Chosen>(record, {
        title: TITLE,
        x: 'flakyPeers',
        y: 'seconds',
        theory: { label: 'while they are up (T2)', of: secondsOverTime, isCommon: true },
        bound: { label: 'reliable peers alone', of: reliableSeconds, isCommon: true },
      }),
    )
    return [{ name: 'time', title: TITLE, spec }]
  },
})

/** At least one is reliable. */
function flakyCount({ peers, flakyPeers: wanted }: Chosen): number {
  return Math.min(peers - 1, wanted)
}

/** The download with so many peers there all the time. */
function secondsWith(parameters: Chosen, peers: number): number {
  const rate = seedersRate(peers, common.seederLink(parameters), parameters.pipelineDepth, null)
  return (parameters.contentMib * common.MIB) / rate
}

function reliableSeconds(parameters: Chosen): number {
  return secondsWith(parameters, parameters.peers - flakyCount(parameters))
}

function everybodySeconds(parameters: Chosen): number {
  return secondsWith(parameters, parameters.peers)
}

/** T2 over time: a flaky peer counts for the share of the time that it is up, as if it were found again at once. */
function secondsOverTime(parameters: Chosen): NonNullable<Figures['seconds']> {
  const { upSeconds, downSeconds, peers } = parameters
  const flaky = flakyCount(parameters)
  return secondsWith(parameters, peers - flaky + (flaky * upSeconds) / (upSeconds + downSeconds))
}

/** Away again and again, to the end; spread over the period, so that not all are away at once. */
function flakyScript(parameters: Chosen, index: number, untilMs: number): ScriptStep[] {
  const { upSeconds, downSeconds } = parameters
  const periodMs = (upSeconds + downSeconds) * 1000
  const firstMs = (index / flakyCount(parameters)) * periodMs
  const times = Math.min(STEPS_MAX, Math.ceil(untilMs / periodMs))
  const step = stepOf(parameters.fault, index, downSeconds * 1000)
  return Array.from({ length: times }, (_, nth) => ({
    when: { afterHandshakeMs: firstMs + nth * periodMs },
    do: step,
  }))
}

/** A script has no more. */
const STEPS_MAX = 1_000

function stepOf(fault: Fault, index: number, awayMs: number): ScriptStep['do'] {
  switch (fault) {
    case 'drop':
      return { behaviour: 'drop', how: 'reset', comeBackAfterMs: awayMs }
    case 'stall':
      return { behaviour: 'stall', forMs: awayMs }
    case 'choke':
      return { behaviour: 'choke', forMs: awayMs }
    case 'mixed':
      return stepOf(FAULTS[index % 3]!, index, awayMs)
  }
}
