/** Parameters that scenarios share, so that one name means one thing everywhere; and what they make of a swarm. */
import { type Link, mbitToBytesPerSecond, PERFECT_LINK } from '../../links/link.ts'
import type { CellRun, Expectation, NumberSpec } from './scenario.ts'
import type { ContentPlan } from './swarm-plan.ts'

export const MIB = 1_048_576

export const peers = (value: number): NumberSpec => ({ label: 'peers', unit: '', default: value, min: 1, max: 200 })

export const contentMib = (value: number): NumberSpec => ({
  label: 'content',
  unit: 'MiB',
  default: value,
  min: 0.0625,
  max: 65_536,
  fractions: true,
})

/** Uplink of each seeder. */
export const linkMbit = (value: number): NumberSpec => ({
  label: 'link of a peer',
  unit: 'Mbit/s',
  default: value,
  min: 0.01,
  max: 10_000,
  fractions: true,
})

export const rttMs = (value: number): NumberSpec => ({
  label: 'RTT',
  unit: 'ms',
  default: value,
  min: 0,
  max: 10_000,
  fractions: true,
})

export const pipelineDepth = (value: number): NumberSpec => ({
  label: 'pipeline depth',
  unit: 'blocks',
  default: value,
  min: 1,
  max: 2_000,
})

export const pieceKib = (value: number): NumberSpec => ({
  label: 'piece length',
  unit: 'KiB',
  default: value,
  min: 16,
  max: 16_384,
})

export function seederLink(parameters: { readonly linkMbit: number; readonly rttMs: number }): Link & {
  readonly upBytesPerSecond: number
} {
  return {
    ...PERFECT_LINK,
    upBytesPerSecond: mbitToBytesPerSecond(parameters.linkMbit),
    rttMs: parameters.rttMs,
  }
}

export function contentOf(totalBytes: number, pieceKibs: number, contentSeed: number): ContentPlan {
  return { totalBytes: Math.round(totalBytes), contentSeed, pieceLengthBytes: pieceKibs * 1024 }
}

/** The measured throughput against the predicted one. */
export function throughputWithin(run: CellRun, tolerance: number): Expectation {
  const measured = run.measures.throughputBytesPerSecond ?? 0
  const expected = run.predicted.throughputBytesPerSecond ?? Number.NaN
  const deviation = measured / expected - 1
  return {
    claim: `throughput within ${percent(tolerance)} of theory`,
    holds: Math.abs(deviation) <= tolerance,
    found: `${Math.round(measured)} B/s is ${percent(deviation)} off ${Math.round(expected)} B/s`,
  }
}

/** `seconds` at most what is given. */
export function completesWithin(run: Pick<CellRun, 'measures'>, seconds: number, than: string): Expectation {
  const took = run.measures.seconds ?? Number.POSITIVE_INFINITY
  return {
    claim: `complete within ${seconds.toFixed(2)} s, ${than}`,
    holds: took <= seconds,
    found: `it took ${took.toFixed(2)} s`,
  }
}

/** Nobody beats the links (T2): at least this long. */
export function takesAtLeast(run: Pick<CellRun, 'measures'>, seconds: number): Expectation {
  const took = run.measures.seconds ?? 0
  return {
    claim: `not faster than all links together allow, ${seconds.toFixed(2)} s`,
    holds: took >= seconds,
    found: `it took ${took.toFixed(2)} s`,
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

/** In virtual time theory is exact but for the edges of a window; in real time timers and other programs have a say. */
export const TOLERANCE_SIM = 0.005
export const TOLERANCE_REAL_TIME = 0.05
