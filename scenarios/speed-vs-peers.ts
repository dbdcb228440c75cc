/** How does speed grow with peers? Equal seeders, more and more of them, until the client's downlink is the limit (T2). */
import { mbitToBytesPerSecond, PERFECT_LINK } from '../links/link.ts'
import { lineWithBandChart } from '../results/charts/lines.ts'
import { throughputLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { defineScenario, type Figures, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './engine/swarm-plan.ts'
import { seedersRate } from './engine/theory.ts'

const TIME_LIMIT_FACTOR = 5

const TITLE = 'Throughput against the number of peers'

const PARAMETERS = {
  peers: common.peers(5),
  contentMib: common.contentMib(64),
  linkMbit: common.linkMbit(40),
  downMbit: { ...common.linkMbit(320), label: 'downlink of the client' },
  rttMs: common.rttMs(20),
  pipelineDepth: common.pipelineDepth(10),
  pieceKib: common.pieceKib(256),
} as const

export const speedVsPeers = defineScenario({
  name: 'speed-vs-peers',
  title: TITLE,
  question: 'How does the speed of a download grow with the number of peers?',
  headline: 'throughputBytesPerSecond',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: () => [{ name: 'peers', values: [1, 2, 3, 5, 8, 12, 20] }],

  swarm(parameters, contentSeed): SwarmPlan {
    const link = common.seederLink(parameters)
    const totalBytes = parameters.contentMib * common.MIB
    const downBytesPerSecond = mbitToBytesPerSecond(parameters.downMbit)
    const rate = seedersRate(parameters.peers, link, parameters.pipelineDepth, downBytesPerSecond)
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(totalBytes, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers }, () => ({ link, script: [] })),
      client: {
        ...PLAIN_CLIENT,
        link: { ...PERFECT_LINK, downBytesPerSecond },
        pipelineDepth: parameters.pipelineDepth,
        peersMax: 200,
      },
      // Full links catch up: their due times do not depend on when somebody woke.
      disturbedShareMax: 0.25,
      timeLimitMs: 10_000 + ((TIME_LIMIT_FACTOR * totalBytes) / rate) * 1000,
    }
  },

  predict,

  measure: () => ({}),

  expect(run) {
    // The first blocks of all peers arrive together and one of them opens the measurement: an edge of a block a peer.
    const blocks = (run.parameters.contentMib * common.MIB) / 16_384
    const edge = run.parameters.peers / blocks
    const tolerance = run.runtime === 'sim' ? common.TOLERANCE_SIM : common.TOLERANCE_REAL_TIME
    return [common.throughputWithin(run, Math.max(tolerance, edge))]
  },

  charts(record) {
    const text = { title: TITLE, x: 'peers', theory: 'theory (T2)' }
    return [{ name: 'throughput', title: TITLE, spec: lineWithBandChart(throughputLines(record, text, predict)) }]
  },
})

function predict({ peers, pipelineDepth, downMbit, linkMbit, rttMs }: Parameters<typeof PARAMETERS>): Figures {
  const link = common.seederLink({ linkMbit, rttMs })
  return { throughputBytesPerSecond: seedersRate(peers, link, pipelineDepth, mbitToBytesPerSecond(downMbit)) }
}
