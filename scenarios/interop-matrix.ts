/** Does every client get its content from every other? Each is the only seeder of each, by torrent and by magnet link. */
import { PERFECT_LINK } from '../links/link.ts'
import { heatMapChart } from '../results/charts/heat-map.ts'
import { groupByParameters, samplesOf } from '../results/groups.ts'
import { shownOf } from '../results/measures.ts'
import type { RunRecord } from '../results/read.ts'
import { parametersInWords } from '../results/words.ts'
import { CLIENT_NAMES, type ClientName } from './clients/adapter.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, type Chart, defineScenario, type Expectation } from './engine/scenario.ts'
import {
  type ClientPlan,
  type ContentPlan,
  PLAIN_CLIENT,
  PLAIN_SWARM,
  type ProgramPlan,
  type SwarmPlan,
} from './engine/swarm-plan.ts'
import { programFigures } from './programs/figures.ts'

const SOURCES = ['torrent', 'magnet'] as const
const FILES = ['single', 'multi'] as const
/** Of several: one shorter than a block, one than a piece, one of no round number of bytes, and the rest. */
const FIRST_FILE_BYTES = [1_000, 40_000, 1_234_567] as const
const TIME_LIMIT_MS = 60_000
/** How the content comes: a magnet link says nothing of files. */
const WAYS = [
  { name: 'single', title: 'a torrent of one file', source: 'torrent', files: 'single' },
  { name: 'multi', title: 'a torrent of several files', source: 'torrent', files: 'multi' },
  { name: 'magnet', title: 'a magnet link', source: 'magnet', files: 'single' },
  { name: 'magnet-multi', title: 'a magnet link to several files', source: 'magnet', files: 'multi' },
] as const

const PARAMETERS = {
  seeder: { label: 'seeder', unit: '', default: 'aria2', words: CLIENT_NAMES },
  client: { label: 'client', unit: '', default: 'swarmlab', words: CLIENT_NAMES },
  source: { label: 'from a', unit: '', default: 'torrent', words: SOURCES },
  files: { label: 'files', unit: '', default: 'single', words: FILES },
  contentMib: { ...common.contentMib(4), min: 2 },
  pieceKib: common.pieceKib(64),
} as const

export const interopMatrix = defineScenario({
  name: 'interop-matrix',
  title: 'Every client from every other',
  question: 'Does every client get its content from every other, and how long does it take?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'containers'],
  defaultRuntime: 'processes',
  defaultSweep: () => [
    { name: 'source', values: SOURCES },
    { name: 'files', values: FILES },
    { name: 'seeder', values: CLIENT_NAMES },
    { name: 'client', values: CLIENT_NAMES },
  ],

  swarm({ seeder, client, source, files, contentMib, pieceKib }, contentSeed): SwarmPlan {
    const leecher = { client: client as ClientName, settings: 'default', source, failureIsFinding: true } as const
    const seed = { client: seeder as ClientName, settings: 'default', source: 'torrent' } as const
    return {
      ...PLAIN_SWARM,
      content: contentOf(files, common.contentOf(contentMib * common.MIB, pieceKib, contentSeed)),
      seeders: [],
      client: clientOf(leecher),
      others: [{ ...clientOf(seed), isSeed: true, seedsMs: null, group: 'seed' }],
      disturbedShareMax: 1,
      timeLimitMs: TIME_LIMIT_MS,
    }
  },

  predict: () => ({}),
  measure: programFigures,
  expect: (run) => oursTakesPart(run),
  charts: (record) => WAYS.flatMap((way) => matrixCharts(record, way)),
})

function contentOf(files: string, content: ContentPlan): ContentPlan {
  if (files === 'single') return content
  const firstBytes = FIRST_FILE_BYTES.reduce((sum, bytes) => sum + bytes, 0)
  return { ...content, fileBytes: [...FIRST_FILE_BYTES, content.totalBytes - firstBytes] }
}

function clientOf(program: ProgramPlan): ClientPlan {
  return { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: 'auto', program }
}

/** Where ours is on one side, the cell must be green; that two others do not get on is a finding about them. */
function oursTakesPart({ parameters, measures, result }: CellRun<typeof PARAMETERS>): Expectation[] {
  const { seeder, client } = parameters
  if (seeder !== 'swarmlab' && client !== 'swarmlab') return []
  const found = result.failure ?? 'it stored wrong bytes'
  return [{ claim: `${client} gets everything from ${seeder}`, holds: measures.isComplete === 1, found }]
}

function matrixCharts(record: RunRecord, { name, title: way, source, files }: (typeof WAYS)[number]): Chart[] {
  const rows = record.cells.filter(({ parameters }) => parameters.source === source && parameters.files === files)
  if (rows.length === 0) return []
  const { parameters, runtime, seed } = record.manifest
  const wanted = namesIn(rows, 'seeder').length * namesIn(rows, 'client').length
  const title = `Every client from every other, by ${way}: ${groupByParameters(rows).length} of ${wanted} cells ran`
  const spec = heatMapChart({
    title,
    subtitle: parametersInWords(parameters),
    origin: { runtime, seed },
    xTitle: 'downloads',
    yTitle: 'seeds',
    xNames: namesIn(rows, 'client'),
    yNames: namesIn(rows, 'seeder'),
    value: { label: 'time', shown: shownOf('seconds') },
    cells: groupByParameters(rows).map((group) => ({
      x: String(group.parameters.client),
      y: String(group.parameters.seeder),
      samples: samplesOf(
        group.rows.filter(({ measures }) => measures.isComplete === 1),
        'seconds',
      ),
    })),
  })
  return [{ name: `matrix-${name}`, title, spec }]
}

function namesIn(rows: RunRecord['cells'], parameter: string): ClientName[] {
  return CLIENT_NAMES.filter((name) => rows.some(({ parameters }) => parameters[parameter] === name))
}
