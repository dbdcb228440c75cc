/**
 * Medians with bootstrap intervals, and deviations from a prediction.
 *
 * Intervals are percentile bootstrap intervals of the median: samples drawn with replacement from a seeded source, so
 * that a chart drawn twice is the same chart. With one sample there is none. With fewer than `FEW_SAMPLES` the interval
 * is simply the range of the samples, and holds the true median less often than its level says (2 samples 50 %, 3 75 %,
 * 4 88 %): it is given with `few` set, and captions say so.
 */
import seedrandom from 'seedrandom'
import { medianSorted, quantileSorted } from 'simple-statistics'

/** From 5 samples on, the range holds the median in 94 % of all cases, near enough to 95 %. */
export const FEW_SAMPLES = 5
export const INTERVAL_LEVEL = 0.95
const RESAMPLES = 2000

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface Estimate {
  readonly n: number
  readonly median: number
  /** Null for a single sample. */
  readonly interval: Interval | null
  /** Too few samples for an interval of its level. */
  readonly few: boolean
}

/** Of finite samples, at least one; throws RangeError otherwise. `seed` may be any text or number. */
export function estimate(samples: readonly number[], seed: string | number): Estimate {
  const sorted = sortedSamples(samples)
  const n = sorted.length
  return { n, median: medianSorted(sorted), interval: medianInterval(sorted, seed), few: n < FEW_SAMPLES }
}

export function median(samples: readonly number[]): number {
  return medianSorted(sortedSamples(samples))
}

/** `p` in [0, 1], linear between neighbouring samples: 0 is the smallest, 1 the largest (type 7 of Hyndman and Fan). */
export function quantile(samples: readonly number[], p: number): number {
  return quantileSorted(sortedSamples(samples), p)
}

/** (measured − predicted) / predicted; null where the prediction is 0 and the measurement is not. */
export function relativeError(measured: number, predicted: number): number | null {
  if (measured === predicted) return 0
  return predicted === 0 ? null : (measured - predicted) / predicted
}

function medianInterval(sorted: readonly number[], seed: string | number): Interval | null {
  const n = sorted.length
  if (n === 1) return null
  const random = seedrandom.alea(String(seed))
  const medians = new Float64Array(RESAMPLES)
  const drawn = new Float64Array(n)
  for (let nth = 0; nth < RESAMPLES; nth++) {
    for (let i = 0; i < n; i++) drawn[i] = sorted[Math.floor(random() * n)]!
    drawn.sort()
    medians[nth] = (drawn[(n - 1) >> 1]! + drawn[n >> 1]!) / 2
  }
  medians.sort()
  const tail = (1 - INTERVAL_LEVEL) / 2
  return { low: quantileSorted([...medians], tail), high: quantileSorted([...medians], 1 - tail) }
}

function sortedSamples(samples: readonly number[]): number[] {
  if (samples.length === 0) throw new RangeError('no samples')
  const bad = samples.find((sample) => !Number.isFinite(sample))
  if (bad !== undefined) throw new RangeError(`a sample is ${bad}`)
  return [...samples].sort((one, other) => one - other)
}
