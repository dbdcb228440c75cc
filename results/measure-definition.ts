/** What the registry says of a measure. */
import type { ShownUnit, Unit } from './units.ts'

export const RUNTIMES = ['sim', 'processes', 'containers'] as const
export type Runtime = (typeof RUNTIMES)[number]

export interface MeasureDefinition {
  /** For axes and table heads: no unit, no capital. */
  readonly label: string
  readonly unit: Unit
  /** What people are shown, where it is not what the unit is usually shown in. */
  readonly shown?: ShownUnit
  /** One sentence, for captions and docs. */
  readonly definition: string
  /** Which way is better; null where neither is. */
  readonly better: 'higher' | 'lower' | null
  readonly runtimes: readonly Runtime[]
  /** Every row that is ok has it, in these runtimes. */
  readonly always: boolean
  /** It may be below 0. */
  readonly isSigned?: true
}
