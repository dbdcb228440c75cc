/** From a record to the lines of a chart: which parameter tells them apart, and theory between the measured points. */
import type { LinesInput, Theory, TheoryPoint } from '../../results/charts/lines.ts'
import { type PointsWanted, pointsOf } from '../../results/charts/points.ts'
import { measureOf, shownOf } from '../../results/measures.ts'
import type { RunRecord } from '../../results/read.ts'
import type { ParameterValue } from '../../results/schema.ts'
import { parameterHead, parameterLabel, parametersInWords, valueInWords } from '../../results/words.ts'
import type { Figures } from './scenario.ts'

/** What a chart of a measure against a parameter says. */
export interface LinesText<Parameters> {
  readonly title: string
  readonly x: string
  readonly y: PointsWanted['y']
  readonly theory?: TheoryText<Parameters>
  readonly bound?: TheoryText<Parameters>
}

export interface TheoryText<Parameters> {
  readonly label: string
  /** In the unit of the record; null where it says nothing. */
  readonly of: (parameters: Parameters) => number | null
  /** The same for all series. */
  readonly isCommon?: true
}

/** The parameter whose values are the series: the first other one that is swept. */
function seriesOf({ manifest }: RunRecord, x: string): PointsWanted['series'] {
  const axis = manifest.parameters.sweep.find(({ name, values }) => name !== x && values.length > 1)
  if (axis === undefined) return undefined
  const { about } = manifest.parameters
  return { parameter: axis.name, label: (value: ParameterValue) => valueInWords(axis.name, value, about) }
}

/**
 * What theory says at every whole `x` between the least and the greatest, for each set of the other parameters: a knee
 * between two measured points is drawn where it is.
 */
function theoryOf<Parameters>(record: RunRecord, x: string, { label, of, isCommon }: TheoryText<Parameters>): Theory {
  const series = seriesOf(record, x)
  const xs = record.cells.map(({ parameters }) => Number(parameters[x]))
  const [least, greatest] = [Math.min(...xs), Math.max(...xs)]
  const atLeast = record.cells.filter(({ parameters, repeat }) => repeat === 0 && parameters[x] === least)
  const points = (isCommon ? atLeast.slice(0, 1) : atLeast).flatMap(({ parameters }) => {
    const name = series === undefined ? '' : series.label(parameters[series.parameter] ?? '')
    return Array.from({ length: Math.floor(greatest - least) + 1 }, (_, step): TheoryPoint[] => {
      const y = of({ ...parameters, [x]: least + step } as Parameters)
      return y === null ? [] : [{ series: isCommon ? null : name, x: least + step, y }]
    }).flat()
  })
  return { label, points }
}

/** The input of a chart of a measure against parameter `x`; of several series where something else is swept too. */
export function measureLines<Parameters>(record: RunRecord, text: LinesText<Parameters>): LinesInput {
  const { parameters, runtime, seed } = record.manifest
  const { title, x, y } = text
  const series = seriesOf(record, x)
  return {
    title,
    subtitle: parametersInWords(parameters),
    origin: { runtime, seed },
    xTitle: parameterHead(x, parameters.about),
    y: { label: measureOf(y).label, shown: shownOf(y) },
    measured: pointsOf(record.cells, { x, y, ...(series === undefined ? {} : { series }) }).measured,
    ...(text.theory === undefined ? {} : { theory: theoryOf(record, x, text.theory) }),
    ...(text.bound === undefined ? {} : { bound: theoryOf(record, x, text.bound) }),
    ...(series === undefined ? {} : { seriesTitle: parameterLabel(series.parameter, parameters.about) }),
  }
}

/** The same of throughput, with theory. */
export function throughputLines<Parameters>(
  record: RunRecord,
  text: { readonly title: string; readonly x: string; readonly theory: string },
  predict: (parameters: Parameters) => Figures,
): LinesInput {
  const of = (parameters: Parameters) => predict(parameters).throughputBytesPerSecond ?? null
  return measureLines(record, { ...text, y: 'throughputBytesPerSecond', theory: { label: text.theory, of } })
}
