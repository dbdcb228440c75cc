/** What does a hostile peer do to each client? One peer of a kind, one honest one; the honest one alone to compare with. */
import { mbitToBytesPerSecond, PERFECT_LINK } from '../links/link.ts'
import { heatMapChart } from '../results/charts/heat-map.ts'
import { groupByParameters, samplesOf } from '../results/groups.ts'
import { shownOf } from '../results/measures.ts'
import type { RunRecord } from '../results/read.ts'
import { parametersInWords } from '../results/words.ts'
import { HOSTILE_KINDS } from '../seeder/hostile-kinds.ts'
import { CLIENT_NAMES, type ClientName } from './clients/adapter.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, type Chart, defineScenario, type Expectation } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SeederPlan, type SwarmPlan } from './engine/swarm-plan.ts'
import { programFigures } from './programs/figures.ts'

/** The honest peer alone. */
const NOBODY = 'nobody'
/** Who came by a magnet link alone is bitten by the others. */
const KINDS = HOSTILE_KINDS.filter(({ onlyMagnet }) => !onlyMagnet)
const KIND_NAMES = [NOBODY, ...KINDS.map(({ name }) => name)]
const TIME_LIMIT_MS = 90_000
/** Rows of a chart, so that they can be read. */
const KINDS_PER_CHART = 20

const PARAMETERS = {
  client: { label: 'client', unit: '', default: 'swarmlab', words: CLIENT_NAMES },
  kind: { label: 'hostile peer', unit: '', default: 'corrupts-all-blocks', words: KIND_NAMES },
  contentMib: common.contentMib(8),
  linkMbit: common.linkMbit(40),
  rttMs: common.rttMs(20),
  pieceKib: common.pieceKib(256),
} as const

export const hostileMatrix = defineScenario({
  name: 'hostile-matrix',
  title: 'Every client against every hostile peer',
  question:
    'Which hostile peers keep which client from its content, or slow it, or make it crash or store wrong bytes?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'containers'],
  defaultRuntime: 'processes',
  defaultSweep: () => [
    { name: 'kind', values: KIND_NAMES },
    { name: 'client', values: CLIENT_NAMES },
  ],

  swarm({ client, kind, contentMib, pieceKib, linkMbit, rttMs }, contentSeed): SwarmPlan {
    const link = { ...PERFECT_LINK, upBytesPerSecond: mbitToBytesPerSecond(linkMbit), rttMs }
    const hostile = KINDS.find(({ name }) => name === kind)
    const honest: SeederPlan = { link, script: [] }
    const name = client as ClientName
    const program = { client: name, settings: 'default', source: 'torrent', failureIsFinding: true } as const
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(contentMib * common.MIB, pieceKib, contentSeed),
      seeders: [honest, ...(hostile === undefined ? [] : [{ link, script: hostile.script }])],
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: 'auto', program },
      disturbedShareMax: 1,
      timeLimitMs: TIME_LIMIT_MS,
    }
  },

  predict: () => ({}),
  measure: programFigures,
  expect: (run) => oursSurvives(run),

  charts(record) {
    const kinds = KIND_NAMES.filter((name) => record.cells.some(({ parameters }) => parameters.kind === name))
    const count = Math.ceil(kinds.length / KINDS_PER_CHART)
    return Array.from({ length: count }, (_, index) => {
      return chartOf(record, kinds.slice(index * KINDS_PER_CHART, (index + 1) * KINDS_PER_CHART), {
        nth: index + 1,
        count,
      })
    })
  },
})

/** What another does is a finding about it. */
function oursSurvives({ parameters, measures, result }: CellRun<typeof PARAMETERS>): Expectation[] {
  if (parameters.client !== 'swarmlab') return []
  const found = result.failure ?? 'it stored wrong bytes'
  return [{ claim: 'our client completes beside any hostile peer', holds: measures.isComplete === 1, found }]
}

/** The `nth` of `count` charts, numbered from one. */
function chartOf(record: RunRecord, kinds: readonly string[], { nth, count }: { nth: number; count: number }): Chart {
  const { parameters, runtime, seed } = record.manifest
  const rows = record.cells.filter((row) => kinds.includes(String(row.parameters.kind)))
  const title = `Time to download beside a hostile peer${count > 1 ? ` (${nth})` : ''}`
  const spec = heatMapChart({
    title,
    subtitle: parametersInWords(parameters),
    origin: { runtime, seed },
    xTitle: 'client',
    yTitle: 'hostile peer',
    xNames: CLIENT_NAMES.filter((name) => rows.some((row) => row.parameters.client === name)),
    yNames: kinds,
    value: { label: 'time', shown: shownOf('seconds') },
    cells: groupByParameters(rows).map((group) => {
      const samples = samplesOf(
        group.rows.filter(({ measures }) => measures.isComplete === 1),
        'seconds',
      )
      const place = { x: String(group.parameters.client), y: String(group.parameters.kind), samples }
      return samples.length > 0 ? place : { ...place, failure: failureOf(group.rows) }
    }),
  })
  return { name: `hostile-${nth}`, title, spec }
}

function failureOf(rows: RunRecord['cells']): string {
  if (rows.some(({ measures }) => measures.wrongContent === 1)) return 'wrong'
  return rows.some(({ measures }) => measures.endedEarly === 1) ? 'ended' : 'late'
}
