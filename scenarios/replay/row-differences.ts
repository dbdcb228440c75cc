/** What a row of the record says and the same cell run again does not. Exact: `sim` has no noise. */

import type { CellRow } from '../../results/schema.ts'
import { relativeError } from '../../results/statistics.ts'
import { formatDeviation } from '../../results/units.ts'

export interface RowDifference {
  /** A measure, or `failure`. */
  readonly what: string
  readonly before: number | string | null
  readonly now: number | string | null
}

type Compared = Pick<CellRow, 'measures' | 'failure'>

/** The trace hash first: where it is the same, all else should be. Measures that came up since are none. */
export function rowDifferences(before: Compared, now: Compared): RowDifference[] {
  const names = Object.keys(before.measures).sort((one, other) => rank(one) - rank(other))
  const differences = names.map((what): RowDifference => {
    return { what, before: measureIn(before, what), now: measureIn(now, what) }
  })
  const failure = { what: 'failure', before: before.failure ?? null, now: now.failure ?? null }
  return [...differences, failure].filter((each) => each.before !== each.now)
}

export function differenceInWords({ what, before, now }: RowDifference): string {
  const off = typeof before === 'number' && typeof now === 'number' ? relativeError(now, before) : null
  return `${what}: ${before ?? 'none'} before, ${now ?? 'none'} now${off === null ? '' : ` (${formatDeviation(off)})`}`
}

function rank(name: string): number {
  return name === 'traceHash' ? 0 : 1
}

function measureIn({ measures }: Compared, name: string): number | string | null {
  return (measures as Readonly<Record<string, number | string>>)[name] ?? null
}
