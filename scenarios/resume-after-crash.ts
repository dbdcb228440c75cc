/**
 * What does a crash cost? The client is killed (`kill -9`) part-way and starts again over what it left on the disk, with
 * every piece read and verified, or with the resume state believed where it agrees with the files (`--fast-resume`).
 */
import { PERFECT_LINK } from '../links/link.ts'
import { lineWithBandChart } from '../results/charts/lines.ts'
import { type StackedRateInput, stackedRateChart } from '../results/charts/stacked-rate.ts'
import type { NumericMeasureName } from '../results/measures.ts'
import type { RunRecord } from '../results/read.ts'
import { isMark, isSample } from '../results/schema.ts'
import { parametersInWords } from '../results/words.ts'
import { measureLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, peerLabel, type SwarmPlan } from './engine/swarm-plan.ts'
import { seedersRate } from './engine/theory.ts'

const TOLERANCE = 0.05
const SLACK_SECONDS = { sim: 0.5, processes: 1.5, containers: 1.5 }
const TIME_LIMIT_FACTOR = 4
/** Pieces that were complete, but had not reached the disk: hashed and written side by side. */
const PIECES_UNDER_WAY_MAX = 8

const PARAMETERS = {
  peers: common.peers(3),
  crashAtPercent: { label: 'crash at', unit: '% of the content', default: 50, min: 1, max: 99, fractions: true },
  fastResume: { label: 'fast resume', unit: '', default: 'off', words: ['off', 'on'] },
  downSeconds: { label: 'down for', unit: 's', default: 1, min: 0, max: 600, fractions: true },
  contentMib: common.contentMib(24),
  linkMbit: common.linkMbit(8),
  rttMs: common.rttMs(20),
  pipelineDepth: common.pipelineDepth(10),
  pieceKib: common.pieceKib(256),
} as const

type Chosen = Parameters<typeof PARAMETERS>
type Run = CellRun<typeof PARAMETERS>

export const resumeAfterCrash = defineScenario({
  name: 'resume-after-crash',
  title: 'A crash, and the start after it',
  question: 'What does a client that was killed download again, and how soon does it go on?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: (runtime) => [
    { name: 'fastResume', values: ['off', 'on'] },
    { name: 'crashAtPercent', values: runtime === 'sim' ? [5, 20, 35, 50, 65, 80, 95] : [10, 50, 90] },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    const { crashAtPercent, fastResume, downSeconds, pipelineDepth } = parameters
    const totalBytes = Math.round(parameters.contentMib * common.MIB)
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(totalBytes, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers }, () => ({ link: common.seederLink(parameters), script: [] })),
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth, fastResume: fastResume === 'on' },
      crash: { atBytes: Math.floor((totalBytes * crashAtPercent) / 100), downMs: downSeconds * 1000 },
      disturbedShareMax: 0.25,
      timeLimitMs: 20_000 + (downSeconds + TIME_LIMIT_FACTOR * downloadSeconds(parameters)) * 1000,
    }
  },

  predict: (parameters) => ({ seconds: downloadSeconds(parameters) + parameters.downSeconds }),

  measure({ parameters, result }) {
    const { usefulBytes, restart } = result.observations
    return {
      refetchedBytes: Math.max(0, usefulBytes - Math.round(parameters.contentMib * common.MIB)),
      ...(restart === null || restart.verifySeconds === null ? {} : { verifySeconds: restart.verifySeconds }),
    }
  },

  expect: (run) => [crashed(run), ...findsWhatWasStored(run), ...takesLittleAgain(run), endsInTime(run)],

  charts: (record) => [
    { name: 'rates', title: 'Payload rate per peer', spec: stackedRateChart(ratesInput(record)) },
    chartOf(record, 'again', 'What is downloaded again after a crash', 'refetchedBytes', {
      label: 'a piece of each peer',
      of: ({ peers, pieceKib }) => peers * pieceKib * 1024,
      isCommon: true,
    }),
    chartOf(record, 'time', 'Download time with a crash', 'seconds', {
      label: 'without a crash (T2) + time down',
      of: (parameters) => downloadSeconds(parameters) + parameters.downSeconds,
      isCommon: true,
    }),
    // In virtual time reading costs none.
    ...(record.manifest.runtime === 'sim'
      ? []
      : [chartOf(record, 'verify', 'From the restart until the client knew what it had', 'verifySeconds')]),
  ],
})

function chartOf(
  record: RunRecord,
  name: string,
  title: string,
  y: NumericMeasureName,
  theory?: { readonly label: string; readonly of: (parameters: Chosen) => number; readonly isCommon: true },
) {
  const text = { title, x: 'crashAtPercent', y, ...(theory === undefined ? {} : { theory }) }
  return { name, title, spec: lineWithBandChart(measureLines<Chosen>(record, text)) }
}

/** Of the cell that crashed nearest to the middle. */
function ratesInput({ manifest, cells, timeline }: RunRecord): StackedRateInput {
  const offMiddle = cells.map(({ parameters }) => Math.abs(Number(parameters.crashAtPercent) - 50))
  const index = offMiddle.indexOf(Math.min(...offMiddle))
  const cell = cells[index]!
  const rows = timeline.filter((row) => row.cell === index)
  const words: Record<string, string> = {
    crashed: 'killed',
    restarted: 'started again',
    'verified-on-disk': 'verified',
  }
  return {
    title: 'A crash part-way: payload rate per peer',
    subtitle: parametersInWords({ ...manifest.parameters, fixed: cell.parameters }),
    origin: { runtime: manifest.runtime, seed: cell.seed },
    samples: rows.filter(isSample),
    binMs: manifest.timelineBinMs,
    peers: Array.from({ length: Number(cell.parameters.peers) }, (_, index) => peerLabel(index)).map((peer) => ({
      peer,
      label: peer,
    })),
    endMs: (cell.measures.seconds ?? 0) * 1000,
    marks: rows.filter(isMark).flatMap(({ mark, tMs }) => {
      const label = words[mark]
      return label === undefined ? [] : [{ tMs, label }]
    }),
  }
}

function downloadSeconds(parameters: Chosen): number {
  const rate = seedersRate(parameters.peers, common.seederLink(parameters), parameters.pipelineDepth, null)
  return (parameters.contentMib * common.MIB) / rate
}

function crashed({ result }: Run): Expectation {
  return { claim: 'the client is killed', holds: result.observations.restart !== null, found: 'it never was' }
}

function findsWhatWasStored({ result, plan }: Run): Expectation[] {
  const { restart } = result.observations
  if (restart === null) return []
  const { pieceLengthBytes, totalBytes } = plan.content
  const foundBytes = Math.min(totalBytes, restart.foundPieces * pieceLengthBytes)
  return [
    {
      claim: 'every piece that was stored is found again',
      holds: foundBytes >= restart.storedBytes,
      found: `${foundBytes} of ${restart.storedBytes} bytes`,
    },
  ]
}

/** No more than what was not stored when it died: blocks of pieces in progress, and pieces on their way to the disk. */
function takesLittleAgain({ result, measures, plan }: Run): Expectation[] {
  const { restart } = result.observations
  if (restart === null) return []
  const bound = restart.unstoredBytes
  const again = measures.refetchedBytes ?? 0
  const unstoredMax = (plan.seeders.length + PIECES_UNDER_WAY_MAX) * plan.content.pieceLengthBytes
  return [
    {
      claim: `at most the ${bound} bytes of unfinished pieces are downloaded again`,
      holds: again <= bound,
      found: `${again}`,
    },
    {
      claim: `no more than ${unstoredMax} bytes lie in unfinished pieces`,
      holds: bound <= unstoredMax,
      found: `${bound}`,
    },
  ]
}

function endsInTime(run: Run): Expectation {
  const { parameters, measures, plan, runtime } = run
  const again = (measures.refetchedBytes ?? 0) / plan.content.totalBytes
  const seconds = downloadSeconds(parameters) * (1 + again + TOLERANCE) + parameters.downSeconds
  return common.completesWithin(run, seconds + SLACK_SECONDS[runtime], 'as without a crash, but for what is lost')
}
