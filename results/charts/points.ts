/** From rows of a record to the points and the prediction that a chart of lines shows. */
import { groupByParameters, predictionOf, samplesOf } from '../groups.ts'
import type { NumericMeasureName } from '../measures.ts'
import type { CellRow, ParameterValue } from '../schema.ts'

/** Everything measured at one x of one series. */
export interface MeasuredPoint {
  readonly series: string
  readonly x: number
  /** In the unit of the record. */
  readonly samples: readonly number[]
}

export interface PredictedPoint {
  readonly series: string
  readonly x: number
  readonly y: number
}

export interface PointsWanted {
  /** A swept parameter whose values are numbers. */
  readonly x: string
  readonly y: NumericMeasureName
  /** The parameter that tells the series apart, and what people read for its values. */
  readonly series?: { readonly parameter: string; readonly label: (value: ParameterValue) => string }
}

/** Invalid rows are left out, and points without a sample too. In the order of the rows. */
export function pointsOf(
  rows: readonly CellRow[],
  { x, y, series }: PointsWanted,
): { measured: MeasuredPoint[]; predicted: PredictedPoint[] } {
  const measured: MeasuredPoint[] = []
  const predicted: PredictedPoint[] = []
  for (const group of groupByParameters(rows)) {
    const at = group.parameters[x]
    const of = series === undefined ? '' : group.parameters[series.parameter]
    if (typeof at !== 'number' || of === undefined) throw new RangeError(`rows without a number ${x} or a series`)
    const place = { series: series === undefined ? '' : series.label(of), x: at }
    const samples = samplesOf(group.rows, y)
    const prediction = predictionOf(group.rows, y)
    if (samples.length > 0) measured.push({ ...place, samples })
    if (prediction !== null) predicted.push({ ...place, y: prediction })
  }
  return { measured, predicted }
}
