/** T1: throughput of one seeder and one leecher against the requests outstanding, exact. The plan of `pipeline-depth`. */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import { mbitToBytesPerSecond } from '../../links/link.ts'
import { contentOf, MIB, TOLERANCE_SIM } from '../engine/common-parameters.ts'
import type { SwarmPlan } from '../engine/swarm-plan.ts'
import { pipelineRate } from '../engine/theory.ts'
import { pipelineDepth } from '../pipeline-depth.ts'
import type { Effort, Setting, TheoryCheck } from './check.ts'
import { exactly, findingOf, samplesOf } from './predictions.ts'

interface Case {
  readonly mbit: number
  readonly rttMs: number
  readonly depth: number
}

const casesOf = (mbit: number, rttMs: number, depths: readonly number[]): Case[] =>
  depths.map((depth) => ({ mbit, rttMs, depth }))

const QUICK: readonly Case[] = [...casesOf(20, 50, [1, 5, 9]), ...casesOf(100, 50, [1, 10, 40]), ...casesOf(20, 0, [1])]
const FULL: readonly Case[] = [
  ...casesOf(20, 0, [1, 5]),
  ...casesOf(20, 50, [1, 5, 9, 20]),
  ...casesOf(100, 50, [1, 5, 10, 40, 64]),
  ...casesOf(100, 100, [1, 10, 50, 78]),
  ...casesOf(1000, 100, [10, 100, 500, 764]),
]

/** Whole bursts, and several of them; at a gigabit the content would else not fit into memory. */
const WARMUP_MS = 1_000
const MEASURED_MS = 2_000
const CONTENT_MIN_MIB = 2
/** Content beyond what the window takes, so that it never reaches the endgame. */
const SPARE_SHARE = 1.3

export const requestPipeline: TheoryCheck = {
  id: 'T1',
  name: 't01-request-pipeline',
  title: 'Request pipeline',
  claim: 'One seeder, one leecher, d requests outstanding: X(d) = min(C′, d·B / (RTT + B/C′)), C′ = C·B/(B + 13).',
  settings: (effort) => casesFor(effort).map(settingOf),
  findings: (runs, effort) =>
    casesFor(effort).map((each) => {
      const { name } = settingOf(each)
      const samples = samplesOf(runs, name, ({ result }) => mbit(result.observations.throughputBytesPerSecond))
      return findingOf(`throughput, ${name}`, 'Mbit/s', samples, exactly(mbit(rateOf(each))!, TOLERANCE_SIM))
    }),
}

function casesFor(effort: Effort): readonly Case[] {
  return effort === 'quick' ? QUICK : FULL
}

function settingOf(each: Case): Setting {
  const name = `${each.mbit} Mbit/s, RTT ${each.rttMs} ms, d = ${each.depth}`
  return { name, seeds: 'one', plan: (seed) => planOf(each, seed) }
}

function planOf(each: Case, seed: number): SwarmPlan {
  const depth = each.depth
  const plan = pipelineDepth.swarm(
    { peers: 1, contentMib: 1, linkMbit: each.mbit, rttMs: each.rttMs, pipelineDepth: depth, pieceKib: 256 },
    seed,
  )
  const windowBytes = (rateOf(each) * SPARE_SHARE * (WARMUP_MS + MEASURED_MS)) / 1000
  const totalBytes = Math.max(CONTENT_MIN_MIB * MIB, windowBytes + 2 * depth * BLOCK_BYTES)
  return {
    ...plan,
    content: contentOf(totalBytes, 256, seed),
    window: { warmupMs: WARMUP_MS, measuredMs: MEASURED_MS, burstBlocks: depth },
  }
}

function rateOf({ mbit: link, rttMs, depth }: Case): number {
  return pipelineRate(mbitToBytesPerSecond(link), rttMs, depth)
}

function mbit(bytesPerSecond: number | null): number | null {
  return bytesPerSecond === null ? null : bytesPerSecond / mbitToBytesPerSecond(1)
}
