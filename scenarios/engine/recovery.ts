/** When does the total rate settle after a loss, and at what? From the timeline's bins. */
import { BIN_MS, type TimelineSample } from './observations.ts'
import type { Figures } from './scenario.ts'

/** Rates are taken over this: long enough for a hundred blocks at 4 MiB/s, short against the bound of 2 s. */
const WINDOW_BINS = 5

export interface RateWindow {
  readonly samples: readonly TimelineSample[]
  readonly lostMs: number
  readonly endMs: number
}

/** What counts as settled. */
export interface Settled {
  readonly rateBytesPerSecond: number
  /** Share of the rate. */
  readonly tolerance: number
  /** Blocks come whole, and in bursts where a pipeline does not fill its link: a window may hold this much more or less. */
  readonly burstBytes: number
}

/**
 * The rate has settled at the first moment after which every window up to the end is as `settled` says. Measures are
 * left out where the time after the loss is too short for a window, `recoverySeconds` also where it never settled.
 */
export function recovery({ samples, lostMs, endMs }: RateWindow, settled: Settled): Figures {
  const bins = totals(samples, endMs)
  const lostBin = Math.floor(lostMs / BIN_MS)
  const firstBin = bins.findIndex((bytes) => bytes > 0)
  // The bins of the loss, of the first block and of the last are partly empty.
  const before = bins.slice(firstBin + 1, lostBin)
  const after = bins.slice(lostBin + 1, -1)
  const expectedBytes = (settled.rateBytesPerSecond * WINDOW_BINS * BIN_MS) / 1000
  const slackBytes = expectedBytes * settled.tolerance + settled.burstBytes
  const sums = windows(after).map(sum)
  const settledAt = sums.findLastIndex((bytes) => Math.abs(bytes - expectedBytes) > slackBytes) + 1
  if (sums.length === 0) return {}
  return {
    ...(before.length === 0 ? {} : { throughputBeforeLossBytesPerSecond: rateOf(before) }),
    throughputAfterLossBytesPerSecond: rateOf(settledAt < sums.length ? after.slice(settledAt) : after),
    ...(settledAt < sums.length
      ? { recoverySeconds: Math.max(0, ((lostBin + 1 + settledAt) * BIN_MS - lostMs) / 1000) }
      : {}),
  }
}

function totals(samples: readonly TimelineSample[], endMs: number): number[] {
  const bins: number[] = new Array(Math.ceil(endMs / BIN_MS)).fill(0)
  for (const { tMs, bytes } of samples) bins[tMs / BIN_MS]! += bytes
  return bins
}

function windows(bins: readonly number[]): number[][] {
  const count = Math.max(0, bins.length - WINDOW_BINS + 1)
  return Array.from({ length: count }, (_, start) => bins.slice(start, start + WINDOW_BINS))
}

function rateOf(bins: readonly number[]): number {
  return (sum(bins) * 1000) / (bins.length * BIN_MS)
}

function sum(bins: readonly number[]): number {
  return bins.reduce((total, bytes) => total + bytes, 0)
}
