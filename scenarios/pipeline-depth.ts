/** How deep must the request pipeline be? One seeder, one leecher, a window of the steady state (T1). */
import { PERFECT_LINK } from '../links/link.ts'
import { logLinesChart } from '../results/charts/lines.ts'
import { throughputLines } from './engine/chart-series.ts'
import * as common from './engine/common-parameters.ts'
import { defineScenario, type Figures, type Parameters } from './engine/scenario.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './engine/swarm-plan.ts'
import { payloadRate, pipelineRate } from './engine/theory.ts'

const WARMUP_MS = 1_000
const MEASURED_MS = 3_000
/** Content beyond what the window takes, so that it never reaches the endgame. */
const SPARE_SHARE = 1.25

const TITLE = 'Throughput against pipeline depth'

const PARAMETERS = {
  peers: common.peers(1),
  contentMib: { ...common.contentMib(16), label: 'content, at least' },
  linkMbit: common.linkMbit(20),
  rttMs: common.rttMs(50),
  pipelineDepth: common.pipelineDepth(10),
  pieceKib: common.pieceKib(256),
} as const

export const pipelineDepth = defineScenario({
  name: 'pipeline-depth',
  title: TITLE,
  question: 'How deep must the request pipeline be to fill a link?',
  headline: 'throughputBytesPerSecond',
  parameters: PARAMETERS,
  runtimes: ['processes', 'sim'],
  defaultRuntime: 'processes',
  defaultSweep: (runtime) => [
    // A timer 1 ms late is all there is to measure without a delay: that is for virtual time.
    { name: 'rttMs', values: runtime === 'sim' ? [0, 20, 50, 100] : [20, 50, 100] },
    { name: 'pipelineDepth', values: [1, 2, 4, 8, 16, 32, 64] },
  ],

  swarm(parameters, contentSeed): SwarmPlan {
    const link = common.seederLink(parameters)
    const windowSeconds = (WARMUP_MS + MEASURED_MS) / 1000
    const windowBytes = parameters.peers * payloadRate(link.upBytesPerSecond) * windowSeconds * SPARE_SHARE
    const totalBytes = Math.max(parameters.contentMib * common.MIB, windowBytes)
    return {
      ...PLAIN_SWARM,
      content: common.contentOf(totalBytes, parameters.pieceKib, contentSeed),
      seeders: Array.from({ length: parameters.peers }, () => ({ link, script: [] })),
      client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: parameters.pipelineDepth, peersMax: 200 },
      window: {
        warmupMs: WARMUP_MS,
        measuredMs: MEASURED_MS,
        burstBlocks: parameters.pipelineDepth * parameters.peers,
      },
      disturbedShareMax: ridesOverStalls(parameters) ? 0.25 : common.TOLERANCE_REAL_TIME,
      timeLimitMs: 60_000,
    }
  },

  predict,

  measure: () => ({}),

  expect: (run) => [
    common.throughputWithin(run, run.runtime === 'sim' ? common.TOLERANCE_SIM : common.TOLERANCE_REAL_TIME),
  ],

  charts(record) {
    const text = { title: TITLE, x: 'pipelineDepth', theory: 'theory (T1)' }
    return [{ name: 'throughput', title: TITLE, spec: logLinesChart(throughputLines(record, text, predict)) }]
  },
})

/** A pipeline that holds twice what its link needs does not run dry when somebody is held up for a moment. */
function ridesOverStalls({ pipelineDepth: depth, linkMbit, rttMs }: Parameters<typeof PARAMETERS>): boolean {
  const { upBytesPerSecond } = common.seederLink({ linkMbit, rttMs })
  return pipelineRate(upBytesPerSecond, rttMs, depth / 2) === payloadRate(upBytesPerSecond)
}

function predict({ peers, pipelineDepth: depth, linkMbit, rttMs }: Parameters<typeof PARAMETERS>): Figures {
  const { upBytesPerSecond } = common.seederLink({ linkMbit, rttMs })
  return { throughputBytesPerSecond: peers * pipelineRate(upBytesPerSecond, rttMs, depth) }
}
