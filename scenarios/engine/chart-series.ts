/** From a record to the lines of a chart: which parameter tells them apart, and theory between the measured points. */
import type { LinesInput, TheoryPoint } from '../../results/charts/lines.ts'
import { type PointsWanted, pointsOf } from '../../results/charts/points.ts'
import { shownOf } from '../../results/measures.ts'
import type { RunRecord } from '../../results/read.ts'
import type { ParameterValue } from '../../results/schema.ts'
import { parameterHead, parameterLabel, parametersInWords, valueInWords } from '../../results/words.ts'
import type { Figures } from './scenario.ts'

/** Lines against parameter `x`; the series are the values of the first other parameter that is swept. */
function linesOf({ manifest, cells }: RunRecord, x: string, y: PointsWanted['y']) {
  const axis = manifest.parameters.sweep.find(({ name, values }) => name !== x && values.length > 1)
  if (axis === undefined) return { ...pointsOf(cells, { x, y }), seriesTitle: {} }
  const { about } = manifest.parameters
  const label = (value: ParameterValue) => valueInWords(axis.name, value, about)
  const points = pointsOf(cells, { x, y, series: { parameter: axis.name, label } })
  return { ...points, seriesTitle: { seriesTitle: parameterLabel(axis.name, about) } }
}

/**
 * What theory says at every whole `x` between the least and the greatest, for each set of the other parameters: a knee
 * between two measured points is drawn where it is.
 */
function theoryLines<Parameters>(
  { manifest, cells }: RunRecord,
  x: string,
  y: PointsWanted['y'],
  predict: (parameters: Parameters) => Figures,
): TheoryPoint[] {
  const xs = cells.map(({ parameters }) => Number(parameters[x]))
  const [least, greatest] = [Math.min(...xs), Math.max(...xs)]
  const finer = cells
    .filter(({ parameters, repeat }) => repeat === 0 && parameters[x] === least)
    .flatMap((cell) =>
      Array.from({ length: greatest - least + 1 }, (_, step) => {
        const parameters = { ...cell.parameters, [x]: least + step }
        return { ...cell, parameters, predicted: predict(parameters as Parameters) }
      }),
    )
  return linesOf({ manifest, cells: finer, costs: [], timeline: [] }, x, y).predicted
}

/** The input of a chart of throughput against parameter `x`, with theory. */
export function throughputLines<Parameters>(
  record: RunRecord,
  text: { readonly title: string; readonly x: string; readonly theory: string },
  predict: (parameters: Parameters) => Figures,
): LinesInput {
  const { parameters, runtime, seed } = record.manifest
  const y = 'throughputBytesPerSecond'
  const { measured, seriesTitle } = linesOf(record, text.x, y)
  return {
    title: text.title,
    subtitle: parametersInWords(parameters),
    origin: { runtime, seed },
    xTitle: parameterHead(text.x, parameters.about),
    y: { label: 'throughput', shown: shownOf(y) },
    measured,
    theory: { label: text.theory, points: theoryLines(record, text.x, y, predict) },
    ...seriesTitle,
  }
}
