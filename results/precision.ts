/**
 * How precisely a run has measured: half the width of the interval of a measure, relative to its median, in the group
 * of repeats where that is widest. It is the interval of ./statistics.ts, the one that charts and summary show.
 */
import { groupByParameters, samplesOf } from './groups.ts'
import type { NumericMeasureName } from './measures.ts'
import type { CellRow, ParameterSet } from './schema.ts'
import { estimate } from './statistics.ts'

export interface Precision {
  /** 0.02: the interval is ± 2 % of the median. Infinite where there is no interval of its level yet. */
  readonly halfWidthRatio: number
  readonly parameters: ParameterSet
  /** Samples that count, of this group. */
  readonly n: number
}

/** Of the least precise group; throws RangeError without rows. */
export function leastPrecise(rows: readonly CellRow[], measure: NumericMeasureName, seed: number): Precision {
  const groups = groupByParameters(rows).map((group) => {
    const samples = samplesOf(group.rows, measure)
    return { halfWidthRatio: halfWidthRatio(samples, seed), parameters: group.parameters, n: samples.length }
  })
  if (groups.length === 0) throw new RangeError('no rows')
  return groups.reduce((widest, group) => (group.halfWidthRatio > widest.halfWidthRatio ? group : widest))
}

function halfWidthRatio(samples: readonly number[], seed: number): number {
  if (samples.length === 0) return Number.POSITIVE_INFINITY
  const { interval, median, few } = estimate(samples, seed)
  if (interval === null || few) return Number.POSITIVE_INFINITY
  if (interval.high === interval.low) return 0
  return median === 0 ? Number.POSITIVE_INFINITY : (interval.high - interval.low) / 2 / Math.abs(median)
}
