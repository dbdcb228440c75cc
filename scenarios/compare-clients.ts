/** How does our client compare with those that people use? Each downloads the same from the same scripted seeders. */
import { mbitToBytesPerSecond, PERFECT_LINK } from '../links/link.ts'
import { barsChart } from '../results/charts/bars.ts'
import { groupByParameters, samplesOf } from '../results/groups.ts'
import { measureOf, type NumericMeasureName, shownOf } from '../results/measures.ts'
import type { RunRecord } from '../results/read.ts'
import { parametersInWords } from '../results/words.ts'
import type { ScriptStep } from '../seeder/script.ts'
import { CLIENT_NAMES, type ClientName, SETTINGS_NAMES } from './clients/adapter.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, type Chart, defineScenario, type Expectation, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SeederPlan, type SwarmPlan } from './engine/swarm-plan.ts'
import { programFigures } from './programs/figures.ts'

const CONDITIONS = ['unshaped', 'wan', 'drop', 'corrupt'] as const
type Condition = (typeof CONDITIONS)[number]

/** Some take a minute of time-outs before they speak plainly to a peer. */
const TIME_LIMIT_MS = 120_000
/** Of what the peer that drops would give. */
const DROP_AT_SHARE = 0.4

const PARAMETERS = {
  client: { label: 'client', unit: '', default: 'swarmlab', words: CLIENT_NAMES },
  condition: { label: 'condition', unit: '', default: 'wan', words: CONDITIONS },
  settings: { label: 'settings', unit: '', default: 'default', words: SETTINGS_NAMES },
  peers: { ...common.peers(5), min: 2 },
  contentMib: common.contentMib(64),
  linkMbit: common.linkMbit(20),
  rttMs: common.rttMs(50),
  pieceKib: common.pieceKib(256),
} as const

type Chosen = Parameters<typeof PARAMETERS>

const CONDITION_TITLES: Readonly<Record<Condition, string>> = {
  unshaped: 'Links without a limit',
  wan: 'Links of a wide-area network',
  drop: 'One peer drops part-way',
  corrupt: 'One peer corrupts every block',
}

export const compareClients = defineScenario({
  name: 'compare-clients',
  title: 'Clients compared',
  question: 'How does the client compare with those that people use, from identical peers?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'containers'],
  defaultRuntime: 'containers',
  defaultSweep: () => [
    { name: 'condition', values: CONDITIONS },
    { name: 'client', values: CLIENT_NAMES },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    const program = {
      client: parameters.client as ClientName,
      settings: parameters.settings,
      source: 'torrent',
    } as const
    const totalBytes = Math.round(parameters.contentMib * common.MIB)
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(totalBytes, parameters.pieceKib, contentSeed),
      seeders: seedersOf(parameters, totalBytes),
      client: {
        ...PLAIN_CLIENT,
        link: PERFECT_LINK,
        pipelineDepth: 'auto',
        program: { ...program, failureIsFinding: true },
      },
      // Without a limit on the links both machines' cores are the limit.
      disturbedShareMax: parameters.condition === 'unshaped' ? 1 : 0.25,
      timeLimitMs: TIME_LIMIT_MS,
    }
  },

  predict: () => ({}),
  measure: programFigures,
  expect: (run) => oursCompletes(run),

  charts(record) {
    return [
      ...CONDITIONS.flatMap((condition) => conditionCharts(record, condition)),
      ...(['timeToFirstByteSeconds', 'cpuSecondsPerGib', 'peakRssBytes', 'wastedBytes'] as const).map((measure) =>
        measureChart(record, measure),
      ),
    ]
  },
})

function seedersOf({ condition, peers, ...parameters }: Chosen, totalBytes: number): SeederPlan[] {
  const upBytesPerSecond = condition === 'unshaped' ? null : mbitToBytesPerSecond(parameters.linkMbit)
  const link = { ...PERFECT_LINK, upBytesPerSecond, rttMs: condition === 'unshaped' ? 0 : parameters.rttMs }
  const script = lastScript(condition, Math.round((totalBytes / peers) * DROP_AT_SHARE))
  return Array.from({ length: peers }, (_, index) => ({ link, script: index === peers - 1 ? script : [] }))
}

/** Of the last peer. */
function lastScript(condition: Condition, dropBytes: number): ScriptStep[] {
  if (condition === 'drop') return [{ when: { bytesServed: dropBytes }, do: { behaviour: 'drop', how: 'fin' } }]
  if (condition === 'corrupt') return [{ when: { bytesServed: 0 }, do: { behaviour: 'corrupt', share: 1 } }]
  return []
}

/** That another does not is a finding about it. */
function oursCompletes({ parameters, result, measures }: CellRun<typeof PARAMETERS>): Expectation[] {
  if (parameters.client !== 'swarmlab') return []
  const found = result.failure ?? (result.contentMatches === false ? 'it stored wrong bytes' : '')
  return [{ claim: 'our client completes', holds: measures.isComplete === 1, found }]
}

function conditionCharts(record: RunRecord, condition: Condition): Chart[] {
  const cells = record.cells.filter(({ parameters }) => parameters.condition === condition)
  if (cells.length === 0) return []
  const title = `${CONDITION_TITLES[condition]}: time to download`
  return [{ name: `time-${condition}`, title, spec: chartOf({ ...record, cells }, title, 'seconds') }]
}

function measureChart(record: RunRecord, measure: NumericMeasureName): Chart {
  const title = `Clients compared: ${measureOf(measure).label}`
  return { name: kebab(measure), title, spec: chartOf(record, title, measure) }
}

/** Of runs that were complete: one that was not has no time, and says so in the place of its bar. */
function chartOf({ manifest, cells }: RunRecord, title: string, measure: NumericMeasureName) {
  const { parameters, runtime, seed } = manifest
  const bars = groupByParameters(cells).map((group) => {
    const complete = group.rows.filter(({ measures }) => measures.isComplete === 1)
    return {
      name: String(group.parameters.client),
      series: String(group.parameters.condition),
      samples: samplesOf(complete, measure),
      why: group.rows.every(({ invalid }) => invalid !== undefined) ? 'no valid run' : 'never complete',
    }
  })
  return barsChart({
    title,
    subtitle: parametersInWords(parameters),
    origin: { runtime, seed },
    x: { label: measureOf(measure).label, shown: shownOf(measure) },
    names: CLIENT_NAMES.filter((name) => bars.some((bar) => bar.name === name)),
    measured: bars.filter(({ samples }) => samples.length > 0),
    missing: bars.filter(({ samples }) => samples.length === 0),
  })
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
