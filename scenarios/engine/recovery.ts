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

/**
 * Settled is the first moment after which every window up to the end stays within `tolerance` of `expected`. Measures
 * are left out where the time after the loss is too short for a window, `recoverySeconds` also where it never settled.
 */
export function recovery({ samples, lostMs, endMs }: RateWindow, expected: number, tolerance: number): Figures {
  const bins = totals(samples, endMs)
  const lostBin = Math.floor(lostMs / BIN_MS)
  const firstBin = bins.findIndex((bytes) => bytes > 0)
  // The bins of the loss, of the first block and of the last are partly empty.
  const before = bins.slice(firstBin + 1, lostBin)
  const after = bins.slice(lostBin + 1, -1)
  const rates = windows(after).map(rateOf)
  const lastUnsettled = rates.findLastIndex((rate) => Math.abs(rate / expected - 1) > tolerance)
  const settledAt = lastUnsettled + 1
  if (rates.length === 0) return {}
  return {
    ...(before.length === 0 ? {} : { throughputBeforeLossBytesPerSecond: rateOf(before) }),
    throughputAfterLossBytesPerSecond: rateOf(settledAt < rates.length ? after.slice(settledAt) : after),
    ...(settledAt < rates.length
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
  return (bins.reduce((sum, bytes) => sum + bytes, 0) * 1000) / (bins.length * BIN_MS)
}
