/** Rows of one parameter set together: what repeats are summarised over. */
import type { NumericMeasureName } from './measures.ts'
import type { CellRow, ParameterSet } from './schema.ts'

export interface Group {
  readonly parameters: ParameterSet
  readonly rows: readonly CellRow[]
}

/** In the order in which the parameter sets first come. */
export function groupByParameters(rows: readonly CellRow[]): Group[] {
  const groups = Map.groupBy(rows, ({ parameters }) => JSON.stringify(Object.entries(parameters).sort()))
  return [...groups.values()].map((group) => ({ parameters: group[0]!.parameters, rows: group }))
}

/** The samples that count: a row marked invalid is not one, and neither is a row without the measure. */
export function samplesOf(rows: readonly CellRow[], measure: NumericMeasureName): number[] {
  return rows.flatMap(({ invalid, measures }) => (invalid === undefined ? (measures[measure] ?? []) : []))
}

/** Of one parameter set there is one prediction; null when no row has it. */
export function predictionOf(rows: readonly CellRow[], measure: NumericMeasureName): number | null {
  return rows.find(({ predicted }) => predicted?.[measure] !== undefined)?.predicted?.[measure] ?? null
}
