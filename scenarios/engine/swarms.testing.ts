/** Small swarms for tests: a seed of ours, leechers, all links alike unless said otherwise. */
import { type Link, PERFECT_LINK } from '../../links/link.ts'
import type { ClientResult, RunResult } from '../runtimes/runtime.ts'
import { Collector } from './collector.ts'
import { type ClientPlan, PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from './swarm-plan.ts'

export const MIB = 1_048_576

/** A payload rate of so many bytes per second. */
export function payload(bytesPerSecond: number): number {
  return (bytesPerSecond * (16_384 + 13)) / 16_384
}

export function linkOf(upBytesPerSecond: number | null, downBytesPerSecond: number | null = null): Link {
  return { ...PERFECT_LINK, upBytesPerSecond, downBytesPerSecond, rttMs: 20 }
}

export function leecherPlan(changes: Partial<ClientPlan> = {}): ClientPlan {
  return { ...PLAIN_CLIENT, pipelineDepth: 'auto', link: linkOf(payload(MIB / 4)), seedsMs: null, ...changes }
}

export function seedPlan(changes: Partial<ClientPlan> = {}): ClientPlan {
  return leecherPlan({ group: 'seed', isSeed: true, link: linkOf(payload(MIB)), ...changes })
}

/** The first leecher is under test, the seed the first of the others. */
export function swarmPlan(leechers: readonly ClientPlan[], changes: Partial<SwarmPlan> = {}): SwarmPlan {
  return {
    ...PLAIN_SWARM,
    content: { totalBytes: MIB, contentSeed: 1, pieceLengthBytes: 32_768 },
    seeders: [],
    client: leechers[0]!,
    others: [seedPlan(), ...leechers.slice(1)],
    disturbedShareMax: 1,
    timeLimitMs: 600_000,
    ...changes,
  }
}

/** What is left out is 0, nothing, or never. */
export function clientResult(changes: Partial<ClientResult>): ClientResult {
  return { ...NO_CLIENT, ...changes }
}

/** Of these clients. */
export function runResult(clients: readonly Partial<ClientResult>[], changes: Partial<RunResult> = {}): RunResult {
  return {
    observations: new Collector(String, null).observations(0),
    failure: null,
    endedSeconds: 0,
    clients: clients.map(clientResult),
    swarm: [],
    seeders: [],
    contentMatches: true,
    invalid: null,
    client: null,
    traceHash: '0123456789abcdef',
    costs: { wallSeconds: 1, cpuSeconds: 1, peakRssBytes: 1, blocksPerSecond: 1 },
    ...changes,
  }
}

const NO_CLIENT: ClientResult = {
  group: 'leechers',
  isSeed: false,
  arrivedSeconds: 0,
  completedSeconds: null,
  firstPieceSeconds: null,
  leftSeconds: null,
  sentBytes: 0,
  receivedBytes: 0,
  fromSeedsBytes: 0,
  fromGroupBytes: 0,
  unchokedBySeedsSeconds: 0,
}
