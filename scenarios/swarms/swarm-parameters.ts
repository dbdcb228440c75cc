/** Parameters that scenarios of whole swarms share, and the links and plans of clients made from them. */
import { type Link, mbitToBytesPerSecond, PERFECT_LINK } from '../../links/link.ts'
import { contentMib, contentOf, linkMbit, MIB, pieceKib, rttMs } from '../engine/common-parameters.ts'
import type { NumberSpec } from '../engine/scenario.ts'
import { type ClientPlan, PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from '../engine/swarm-plan.ts'
import { payloadRate } from '../engine/theory.ts'

export const leechers = (value: number, label = 'leechers'): NumberSpec => ({
  label,
  unit: '',
  default: value,
  min: 1,
  max: 100_000,
})

export const seedUpMbit = (value: number): NumberSpec => ({ ...linkMbit(value), label: 'uplink of the seed' })
export const upMbit = (value: number): NumberSpec => ({ ...linkMbit(value), label: 'uplink of a leecher' })
export const downMbit = (value: number): NumberSpec => ({ ...linkMbit(value), label: 'downlink of a leecher' })

/** A seed and leechers that are all alike, so that only what a scenario is about sets some of them apart. */
export const UNIFORM_SWARM = {
  contentMib: contentMib(16),
  seedUpMbit: seedUpMbit(10),
  upMbit: upMbit(5),
  downMbit: downMbit(50),
  pieceKib: pieceKib(128),
  rttMs: rttMs(20),
} as const

export const sharePercent = (label: string, value: number): NumberSpec => ({
  label,
  unit: '%',
  default: value,
  min: 0,
  max: 100,
  fractions: true,
})

export const seconds = (label: string, value: number): NumberSpec => ({
  label,
  unit: 's',
  default: value,
  min: 0.1,
  max: 1_000_000,
  fractions: true,
})

export const perSecond = (label: string, value: number): NumberSpec => ({
  label,
  unit: '/s',
  default: value,
  min: 0.001,
  max: 1_000,
  fractions: true,
})

/** `downMbit` null: no limit. Each end has half of a path's delay: between two of them it is `rttMs`. */
export function linkOf(rates: { upMbit: number; downMbit: number | null; rttMs: number }): Link {
  return {
    ...PERFECT_LINK,
    upBytesPerSecond: mbitToBytesPerSecond(rates.upMbit),
    downBytesPerSecond: rates.downMbit === null ? null : mbitToBytesPerSecond(rates.downMbit),
    rttMs: rates.rttMs / 2,
  }
}

export const SEED_GROUP = 'seed'

/** Here from the start to the end. */
export function seedOf(link: Link): ClientPlan {
  return { ...PLAIN_CLIENT, link, pipelineDepth: 'auto', group: SEED_GROUP, isSeed: true, seedsMs: null }
}

/** From the start; once complete it shares to the end. */
export function leecherOf(link: Link, changes: Partial<ClientPlan> = {}): ClientPlan {
  return { ...PLAIN_CLIENT, link, pipelineDepth: 'auto', seedsMs: null, ...changes }
}

export interface SwarmOf {
  readonly contentMib: number
  readonly pieceKib: number
  readonly contentSeed: number
  readonly seeds: readonly ClientPlan[]
  /** The first one is under test; there is at least one. */
  readonly leechers: readonly ClientPlan[]
  /** How long it should take, by theory: how often it is looked at, and when it has failed, derive from it. */
  readonly expectedSeconds: number
  readonly endMs?: number
}

/** A swarm of clients of ours only. */
export function swarmOf(swarm: SwarmOf): SwarmPlan {
  const [client, ...others] = swarm.leechers
  if (client === undefined) throw new RangeError('a swarm without leechers')
  const endMs = swarm.endMs ?? null
  return {
    ...PLAIN_SWARM,
    content: contentOf(swarm.contentMib * MIB, swarm.pieceKib, swarm.contentSeed),
    seeders: [],
    client,
    others: [...swarm.seeds, ...others],
    disturbedShareMax: DISTURBED_SHARE_MAX,
    timeLimitMs: Math.ceil(
      TIME_LIMIT_SLACK_MS + TIME_LIMIT_FACTOR * Math.max(swarm.expectedSeconds * 1000, endMs ?? 0),
    ),
    endMs,
    sampleEveryMs: Math.max(SAMPLE_MS_MIN, Math.ceil(((endMs ?? 0) || swarm.expectedSeconds * 1000) / SAMPLES)),
  }
}

/** What a link of so many Mbit/s gives in payload, in bytes per second. */
export function payloadOfMbit(mbit: number): number {
  return payloadRate(mbitToBytesPerSecond(mbit))
}

/** Whole swarms share the cores: full links catch up, and nobody's single round trip is measured. */
const DISTURBED_SHARE_MAX = 0.5
const TIME_LIMIT_FACTOR = 6
const TIME_LIMIT_SLACK_MS = 30_000
const SAMPLES = 240
const SAMPLE_MS_MIN = 20
