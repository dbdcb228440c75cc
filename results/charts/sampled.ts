/** Fewer points of many: a chart of 10,000 clients says the same with some hundred, and can still be opened. */
import { quantileSorted } from 'simple-statistics'

/** In all the series of one chart. */
export const POINTS_MAX = 2_000

/** Every so manieth, evenly over all, in their order. */
export function evenSample<T>(items: readonly T[], countMax: number): T[] {
  if (items.length <= countMax) return [...items]
  return Array.from({ length: countMax }, (_, nth) => items[Math.floor((nth * items.length) / countMax)]!)
}

export interface CdfPoint {
  readonly value: number
  /** Of all: 0 at the first point, and at the last the share of those that have a value. */
  readonly share: number
}

/**
 * The distribution of values, of which some are not known (null: never): a step at each, or, where they are many, the
 * line through so many quantiles.
 */
export function cdfPoints(values: readonly (number | null)[], countMax: number): CdfPoint[] {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other)
  if (sorted.length === 0) return []
  const first = { value: sorted[0]!, share: 0 }
  if (sorted.length < countMax) {
    return [first, ...sorted.map((value, index) => ({ value, share: (index + 1) / values.length }))]
  }
  const steps = Array.from({ length: countMax - 1 }, (_, nth) => (nth + 1) / (countMax - 1))
  return [
    first,
    ...steps.map((p) => ({ value: quantileSorted(sorted, p), share: (p * sorted.length) / values.length })),
  ]
}
