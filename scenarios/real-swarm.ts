/** Do clients of many makers serve each other? Two of each, all at once, and one seed of ours with a narrow uplink. */
import { mbitToBytesPerSecond, PERFECT_LINK } from '../links/link.ts'
import { distributionChart } from '../results/charts/distribution.ts'
import type { RunRecord } from '../results/read.ts'
import { isClient } from '../results/schema.ts'
import { parametersInWords } from '../results/words.ts'
import { CLIENT_NAMES, type ClientName } from './clients/adapter.ts'
import * as common from './engine/common-parameters.ts'
import { type CellRun, type Chart, defineScenario, type Expectation } from './engine/scenario.ts'
import { type ClientPlan, PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './engine/swarm-plan.ts'
import { programFigures } from './programs/figures.ts'

const TIME_LIMIT_MS = 240_000

const PARAMETERS = {
  ofEach: { label: 'of each client', unit: '', default: 2, min: 1, max: 10 },
  contentMib: common.contentMib(32),
  linkMbit: common.linkMbit(40),
  pieceKib: common.pieceKib(256),
} as const

export const realSwarm = defineScenario({
  name: 'real-swarm',
  title: 'A swarm of real clients',
  question: 'Do clients of many makers, all at once, serve each other what one seed of ours has?',
  headline: 'seconds',
  parameters: PARAMETERS,
  runtimes: ['processes', 'containers'],
  defaultRuntime: 'processes',
  defaultSweep: () => [],

  swarm({ ofEach, contentMib, linkMbit, pieceKib }, contentSeed): SwarmPlan {
    const leechers = CLIENT_NAMES.flatMap((client) => Array.from({ length: ofEach }, () => leecher(client)))
    const [first, ...further] = leechers as [ClientPlan, ...ClientPlan[]]
    const link = { ...PERFECT_LINK, upBytesPerSecond: mbitToBytesPerSecond(linkMbit) }
    const seed = { ...PLAIN_CLIENT, link, pipelineDepth: 'auto', isSeed: true, seedsMs: null, group: 'seed' } as const
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(contentMib * common.MIB, pieceKib, contentSeed),
      seeders: [],
      client: first,
      others: [...further, seed],
      disturbedShareMax: 1,
      timeLimitMs: TIME_LIMIT_MS,
    }
  },

  predict: () => ({}),
  measure: programFigures,
  expect: (run) => allComplete(run),

  charts(record) {
    return [completionChart(record)]
  },
})

function leecher(client: ClientName): ClientPlan {
  const program = { client, settings: 'default', source: 'torrent' } as const
  return { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: 'auto', group: client, seedsMs: null, program }
}

function allComplete({ result }: CellRun<typeof PARAMETERS>): Expectation[] {
  const late = result.clients.filter(({ completedSeconds }) => completedSeconds === null).map(({ group }) => group)
  return [{ claim: 'every client completes', holds: late.length === 0, found: `not complete: ${late.join(', ')}` }]
}

function completionChart({ manifest, timeline }: RunRecord): Chart {
  const clients = timeline.filter(isClient).filter(({ isSeed }) => !isSeed)
  const title = 'A swarm of real clients: who was complete when'
  const spec = distributionChart({
    title,
    subtitle: parametersInWords(manifest.parameters),
    origin: { runtime: manifest.runtime, seed: manifest.seed },
    xLabel: 'time from arrival to completion',
    groups: CLIENT_NAMES.map((group) => ({
      group,
      values: clients.filter((client) => client.group === group).map(({ completedSeconds }) => completedSeconds),
    })),
  })
  return { name: 'completion', title, spec }
}
