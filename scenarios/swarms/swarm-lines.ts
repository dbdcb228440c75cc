/** Measures of a whole swarm against a swept parameter, several of them in one chart, with what theory says between. */
import { lineWithBandChart, logLinesChart, type Theory } from '../../results/charts/lines.ts'
import { type MeasuredPoint, pointsOf } from '../../results/charts/points.ts'
import { measureOf, type NumericMeasureName, shownOf } from '../../results/measures.ts'
import type { RunRecord } from '../../results/read.ts'
import type { CellRow, ParameterValue } from '../../results/schema.ts'
import { parameterHead, parameterLabel, parametersInWords, valueInWords } from '../../results/words.ts'
import type { Chart } from '../engine/scenario.ts'

export interface SwarmLinesText<Parameters> {
  /** Of the file. */
  readonly name: string
  readonly title: string
  /** The parameter on the x axis; without two values of it there is no chart. */
  readonly x: string
  /** On the y axis; without it, what the measure is called. */
  readonly yLabel?: string
  /** Where the y axis begins: at 0 where nothing is said. */
  readonly yFrom?: 'zero' | 'values'
  readonly lines: readonly LineText[]
  readonly theory?: TheoryText<Parameters>
  readonly bound?: TheoryText<Parameters>
}

interface LineText {
  readonly measure: NumericMeasureName
  readonly label: string
}

interface TheoryText<Parameters> {
  readonly label: string
  readonly of: (parameters: Parameters) => number
}

/** One chart, or none where nothing varies on its x axis. */
export function swarmLines<Parameters>(record: RunRecord, text: SwarmLinesText<Parameters>): Chart[] {
  const { name, title, x, lines } = text
  const { parameters, runtime, seed } = record.manifest
  const xs = [...new Set(record.cells.map((cell) => Number(cell.parameters[x])))].sort((one, other) => one - other)
  if (xs.length < 2) return []
  const isLog = xs[0]! > 0 && xs.at(-1)! / xs[0]! >= LOG_RATIO
  const other = parameters.sweep.find((axis) => axis.name !== x && axis.values.length > 1)?.name
  const labelOf = (value: ParameterValue) => valueInWords(other!, value, parameters.about)
  const series = other === undefined ? undefined : { parameter: other, label: labelOf }
  const nameOf = (line: LineText, of: string) => [lines.length > 1 ? line.label : '', of].filter(Boolean).join(', ')
  const measured = lines.flatMap((line): MeasuredPoint[] =>
    pointsOf(record.cells, { x, y: line.measure, ...(series === undefined ? {} : { series }) }).measured.map(
      (point) => ({
        ...point,
        series: nameOf(line, point.series),
      }),
    ),
  )
  const y = lines[0]!.measure
  const theoryOf = (theory: TheoryText<Parameters>): Theory => ({
    label: theory.label,
    points: setsOf(record.cells, x, other).flatMap((set) =>
      between(xs, isLog).map((at) => ({
        series: other === undefined ? null : nameOf(lines[0]!, labelOf(set[other] ?? '')),
        x: at,
        y: theory.of({ ...set, [x]: at } as Parameters),
      })),
    ),
  })
  const draw = isLog ? logLinesChart : lineWithBandChart
  const spec = draw({
    title,
    subtitle: parametersInWords(parameters),
    origin: { runtime, seed },
    xTitle: parameterHead(x, parameters.about),
    y: { label: text.yLabel ?? measureOf(y).label, shown: shownOf(y) },
    measured,
    ...(text.yFrom === undefined ? {} : { yFrom: text.yFrom }),
    ...(text.theory === undefined ? {} : { theory: theoryOf(text.theory) }),
    ...(text.bound === undefined ? {} : { bound: theoryOf(text.bound) }),
    ...(other === undefined || lines.length > 1 ? {} : { seriesTitle: parameterLabel(other, parameters.about) }),
  })
  return [{ name, title, spec }]
}

/** One parameter set for each value of the other swept parameter, or the first of all. */
function setsOf(cells: readonly CellRow[], x: string, other: string | undefined): CellRow['parameters'][] {
  const firsts = new Map<unknown, CellRow['parameters']>()
  for (const { parameters } of cells) {
    const key = other === undefined ? null : parameters[other]
    if (!firsts.has(key)) firsts.set(key, parameters)
  }
  return [...firsts.values()].map(({ [x]: _, ...set }) => set)
}

/** From so many times on between the least and the greatest x, steps that double are told apart better. */
const LOG_RATIO = 30

/** Theory is drawn at so many places, and at each measured one: its knees are where they are. */
const STEPS = 96

function between(xs: readonly number[], isLog: boolean): number[] {
  const [low, high] = [xs[0]!, xs.at(-1)!]
  const steps = Array.from({ length: STEPS + 1 }, (_, step) => {
    const part = step / STEPS
    return isLog ? low * (high / low) ** part : low + (high - low) * part
  })
  return [...new Set([...steps, ...xs])].sort((one, other) => one - other)
}
