/** T2: throughput over seeders, exact: a straight line, then flat at the downlink. The plan of `speed-vs-peers`, and unequal seeders. */
import { mbitToBytesPerSecond, PERFECT_LINK } from '../../links/link.ts'
import { contentOf, MIB, seederLink, TOLERANCE_SIM } from '../engine/common-parameters.ts'
import type { SwarmPlan, WindowPlan } from '../engine/swarm-plan.ts'
import { payloadRate, pipelineRate } from '../engine/theory.ts'
import { speedVsPeers } from '../speed-vs-peers.ts'
import type { Effort, Setting, TheoryCheck } from './check.ts'
import { exactly, findingOf, samplesOf } from './predictions.ts'

interface SeederCase {
  readonly upMbit: number
  readonly rttMs: number
}

interface Case {
  readonly name: string
  readonly seeders: readonly SeederCase[]
  readonly downMbit: number
}

const DEPTH = 20
const EQUAL: SeederCase = { upMbit: 10, rttMs: 20 }
const DOWN_MBIT = 80
/** Of three kinds: the third waits for requests, 20 blocks a round trip of 200 ms are 13 Mbit/s. */
const KINDS: readonly SeederCase[] = [
  { upMbit: 5, rttMs: 20 },
  { upMbit: 12, rttMs: 50 },
  { upMbit: 40, rttMs: 200 },
]

const equal = (count: number): Case => ({
  name: `${count} of 10 Mbit/s, downlink ${DOWN_MBIT} Mbit/s`,
  seeders: Array.from({ length: count }, () => EQUAL),
  downMbit: DOWN_MBIT,
})
const unequal = (downMbit: number): Case => ({
  name: `5, 12 and 40 Mbit/s at 20, 50 and 200 ms, downlink ${downMbit} Mbit/s`,
  seeders: KINDS,
  downMbit,
})

const QUICK = [...[1, 3, 8, 12].map(equal), unequal(100)]
const FULL = [...[1, 2, 3, 5, 8, 12, 20].map(equal), unequal(100), unequal(25)]

const WARMUP_MS = 2_000
const MEASURED_MS = 8_000
/** Bursts of unequal seeders have no common length: long against their round trips, what is cut off at the ends is nothing. */
const MEASURED_UNEQUAL_MS = 24_000
const SPARE_SHARE = 1.3

export const speedVsSeeders: TheoryCheck = {
  id: 'T2',
  name: 't02-speed-vs-seeders',
  title: 'Speed over seeders',
  claim: 'n seeders, one leecher with downlink D: X(n) = min(D′, Σ min(u_i′, d·B / (RTT_i + B/u_i′))).',
  settings: (effort) => casesFor(effort).map(settingOf),
  findings: (runs, effort) =>
    casesFor(effort).map((each) => {
      const perMbit = mbitToBytesPerSecond(1)
      const samples = samplesOf(runs, each.name, ({ result }) => {
        const rate = result.observations.throughputBytesPerSecond
        return rate === null ? null : rate / perMbit
      })
      return findingOf(`throughput, ${each.name}`, 'Mbit/s', samples, exactly(rateOf(each) / perMbit, TOLERANCE_SIM))
    }),
}

function casesFor(effort: Effort): readonly Case[] {
  return effort === 'quick' ? QUICK : FULL
}

function settingOf(each: Case): Setting {
  return { name: each.name, seeds: 'one', plan: (seed) => planOf(each, seed) }
}

function planOf({ seeders, downMbit, ...each }: Case, seed: number): SwarmPlan {
  const plan = speedVsPeers.swarm(
    { peers: seeders.length, contentMib: 1, linkMbit: 10, downMbit, rttMs: 20, pipelineDepth: DEPTH, pieceKib: 256 },
    seed,
  )
  const window = windowOf(seeders)
  const rate = rateOf({ ...each, seeders, downMbit })
  const bytes = (rate * SPARE_SHARE * (window.warmupMs + window.measuredMs)) / 1000
  return {
    ...plan,
    content: contentOf(Math.max(MIB, bytes), 256, seed),
    seeders: seeders.map(({ upMbit, rttMs }) => ({ link: seederLink({ linkMbit: upMbit, rttMs }), script: [] })),
    client: { ...plan.client, link: { ...PERFECT_LINK, downBytesPerSecond: mbitToBytesPerSecond(downMbit) } },
    window,
  }
}

/** Equal seeders send in step: a block of each at a time. */
function windowOf(seeders: readonly SeederCase[]): WindowPlan {
  if (seeders === KINDS) return { warmupMs: WARMUP_MS, measuredMs: MEASURED_UNEQUAL_MS, burstBlocks: 1 }
  return { warmupMs: WARMUP_MS, measuredMs: MEASURED_MS, burstBlocks: seeders.length }
}

function rateOf({ seeders, downMbit }: Case): number {
  const offered = seeders.map(({ upMbit, rttMs }) => pipelineRate(mbitToBytesPerSecond(upMbit), rttMs, DEPTH))
  return Math.min(
    payloadRate(mbitToBytesPerSecond(downMbit)),
    offered.reduce((total, rate) => total + rate, 0),
  )
}
