/**
 * Sequential stopping: repeats are added, one of every parameter set at a time, until the scenario's headline measure is
 * precise enough in each of them, or there are as many as were allowed. Every set gets as many, so that pairs of the
 * same seed stay whole and what drifts on the machine meanwhile is spread over all.
 */
import { usageError } from '../../client/node/command-error.ts'
import { measureOf } from '../../results/measures.ts'
import { leastPrecise, type Precision } from '../../results/precision.ts'
import type { CellRow, Manifest, Until } from '../../results/schema.ts'
import { FEW_SAMPLES } from '../../results/statistics.ts'
import { formatNumber } from '../../results/units.ts'
import { varyingInWords } from '../../results/words.ts'

/** Without the measure, which the scenario says. */
export type UntilChoice = Readonly<Omit<Until, 'measure'>>

/** Where it ends by default if it is never that precise. */
const REPEATS_MAX = 50

/** From `--until`, `--repeat-max` and `--repeat`. Throws a usage error where they do not go together. */
export function chooseUntil(
  halfWidthRatioMax: number | undefined,
  repeatsMax: number | undefined,
  repeats: number,
): UntilChoice | null {
  if (halfWidthRatioMax === undefined) {
    if (repeatsMax !== undefined) throw usageError('--repeat-max goes with --until')
    return null
  }
  const most = repeatsMax ?? Math.max(REPEATS_MAX, repeats)
  const least = Math.max(repeats, FEW_SAMPLES)
  if (most < least) throw usageError(`--repeat-max wants at least ${least} with --until, not ${most}`)
  return { halfWidthRatioMax, repeatsMin: least, repeatsMax: most }
}

/** Whether another repeat of every parameter set is wanted, of a run in which all have run so far. */
export function wantsAnother({ until, repeats, seed }: Manifest, rows: readonly CellRow[]): boolean {
  if (until === undefined || repeats >= until.repeatsMax) return false
  return leastPrecise(rows, until.measure, seed).halfWidthRatio > until.halfWidthRatioMax
}

/** `throughput is within ±1.8 % everywhere after 7 repeats, as --until 2% asked; least precise: peers 3` */
export function precisionInWords(manifest: Manifest, rows: readonly CellRow[]): string[] {
  const { until, repeats, seed, parameters } = manifest
  if (until === undefined) return []
  const least = leastPrecise(rows, until.measure, seed)
  const isReached = least.halfWidthRatio <= until.halfWidthRatioMax
  const asked = `--until ${formatNumber(until.halfWidthRatioMax * 100)}%`
  const reached = isReached ? `as ${asked} asked` : `not as ${asked} asked: more than ${repeats} were not allowed`
  const where = varyingInWords(least.parameters, parameters)
  const of = where === '' || least.halfWidthRatio === 0 ? '' : `; least precise: ${where}`
  return [`${measureOf(until.measure).label} ${widthInWords(least)} after ${repeats} repeats, ${reached}${of}`]
}

function widthInWords({ halfWidthRatio, n }: Precision): string {
  if (halfWidthRatio === Number.POSITIVE_INFINITY) return `has no interval (${n} valid samples)`
  return `is within ±${formatNumber(Number((halfWidthRatio * 100).toPrecision(2)))} %`
}
