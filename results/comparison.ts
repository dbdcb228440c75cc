/**
 * Two settings against each other, in pairs: what each gave with the same seed. A pair shares content, order of
 * arrivals and whatever else a seed fixes, so its ratio varies less than the two by themselves.
 *
 * The ratio is the median over the pairs, with the interval of ./statistics.ts. The effect size is Cliff's delta: how
 * much likelier the one is above the other than below it, from −1 to 1, pairs or not.
 */
import { wilcoxonRankSum } from 'simple-statistics'
import { samplesOf } from './groups.ts'
import type { NumericMeasureName } from './measures.ts'
import type { CellRow } from './schema.ts'
import { type Estimate, estimate } from './statistics.ts'

export interface Comparison {
  /** Of `other` over `base`, of each pair; null where something is divided by 0. */
  readonly ratio: Estimate | null
  readonly cliffsDelta: number
  readonly pairs: number
}

/** Rows of one parameter set each. Null with fewer than two pairs that count: there would be no interval. */
export function compare(
  base: readonly CellRow[],
  other: readonly CellRow[],
  measure: NumericMeasureName,
  seed: number,
): Comparison | null {
  const baseOf = new Map(base.flatMap((row) => samplesOf([row], measure).map((value) => [row.seed, value] as const)))
  const pairs = other.flatMap((row) => {
    const under = baseOf.get(row.seed)
    return under === undefined ? [] : samplesOf([row], measure).map((over) => ({ under, over }))
  })
  if (pairs.length < 2) return null
  const isDefined = pairs.every(({ under }) => under !== 0)
  return {
    ratio: isDefined
      ? estimate(
          pairs.map(({ under, over }) => over / under),
          seed,
        )
      : null,
    cliffsDelta: cliffsDelta(
      pairs.map(({ under }) => under),
      pairs.map(({ over }) => over),
    ),
    pairs: pairs.length,
  }
}

/** P(other > base) − P(other < base), from the rank sum; ties count half. */
export function cliffsDelta(base: readonly number[], other: readonly number[]): number {
  const rankSum = wilcoxonRankSum([...other], [...base])
  const above = rankSum - (other.length * (other.length + 1)) / 2
  return (2 * above) / (other.length * base.length) - 1
}

/** Thresholds of Romano and others (2006). */
export function effectInWords(delta: number): string {
  const size = Math.abs(delta)
  if (size < 0.147) return 'negligible'
  if (size < 0.33) return 'small'
  return size < 0.474 ? 'medium' : 'large'
}
