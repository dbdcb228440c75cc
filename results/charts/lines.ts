/**
 * A measure over a swept number, one line per series: medians with bootstrap intervals, and what theory predicts, dashed
 * in the colour of its series. `lineWithBandChart` has an even x axis, `logLinesChart` one of powers of two.
 */
import type { TopLevelSpec } from 'vega-lite'
import type { Axis } from 'vega-lite/types_unstable/axis.js'
import type { Scale } from 'vega-lite/types_unstable/scale.js'
import { estimate } from '../statistics.ts'
import { type ShownUnit, withUnit } from '../units.ts'
import { textWidth } from './font.ts'
import * as parts from './parts.ts'
import type { MeasuredPoint } from './points.ts'
import { INK, PLOT_WIDTH, seriesColors, TEXT_PX } from './theme.ts'

export interface LinesInput extends parts.ChartText {
  readonly origin: parts.Origin
  /** With its unit in brackets, if it has one; `parameterHead` makes it. */
  readonly xTitle: string
  readonly y: { readonly label: string; readonly shown: ShownUnit }
  /** Where the y axis begins: at 0 where nothing is said, or about the values, where 0 would hide how they differ. */
  readonly yFrom?: 'zero' | 'values'
  readonly measured: readonly MeasuredPoint[]
  readonly theory?: Theory
  /** A second prediction, dotted: what the measured must stay on one side of. */
  readonly bound?: Theory
  /** What the series differ in, above their names: `RTT`. Not shown when there is one series. */
  readonly seriesTitle?: string
}

export interface Theory {
  /** Behind the dashed line in the legend: `theory (T2)`. */
  readonly label: string
  /** As many as the line needs, not only at the measured x; `y` in the unit of the record. */
  readonly points: readonly TheoryPoint[]
}

export interface TheoryPoint {
  /** Null: the same for all series, and drawn in ink. */
  readonly series: string | null
  readonly x: number
  readonly y: number
}

/** For counts and sizes that grow evenly. */
export function lineWithBandChart(input: LinesInput): TopLevelSpec {
  const xs = [...new Set(input.measured.map(({ x }) => x))].sort((one, other) => one - other)
  return linesChart(input, {
    scale: { type: 'linear', domain: domainOf(input, (x) => [x - 1, x + 1]), nice: false, padding: X_PADDING_PX },
    axis: { ...(labelsFit(xs) ? { values: xs, format: '~r' } : { tickCount: 10 }), grid: false },
  })
}

/** For what doubles from step to step; every x is above 0. */
export function logLinesChart(input: LinesInput): TopLevelSpec {
  const exponents = input.measured.map(({ x }) => Math.log2(x))
  const low = Math.floor(Math.min(...exponents))
  const high = Math.ceil(Math.max(...exponents))
  const powers = input.measured.length === 0 ? [] : Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i))
  return linesChart(input, {
    scale: { type: 'log', base: 2, domain: domainOf(input, (x) => [x / 2, x * 2]), nice: false, padding: X_PADDING_PX },
    axis: { values: powers, format: '~r', grid: true },
  })
}

/** All x there are; `around` widens a single one. */
function domainOf(input: LinesInput, around: (x: number) => [number, number]): [number, number] {
  const xs = [...input.measured, ...theoriesOf(input).flatMap(({ points }) => points)].map(({ x }) => x)
  if (xs.length === 0) return around(1)
  const [low, high] = [Math.min(...xs), Math.max(...xs)]
  return low === high ? around(low) : [low, high]
}

/** Those there are, in the order of their dashes. */
function theoriesOf({ theory, bound }: LinesInput): Theory[] {
  return [theory, bound].filter((each) => each !== undefined)
}

const X_PADDING_PX = 12
const LABEL_GAP_PX = 8

/** Whether every measured x can have its tick: no label comes near the next. */
function labelsFit(xs: readonly number[]): boolean {
  const pxPerUnit = (PLOT_WIDTH - 2 * X_PADDING_PX) / (xs.at(-1)! - xs[0]!)
  const halves = xs.map((x) => textWidth(String(x), TEXT_PX) / 2)
  return xs.every((x, i) => i === 0 || (x - xs[i - 1]!) * pxPerUnit >= halves[i]! + halves[i - 1]! + LABEL_GAP_PX)
}

interface XAxis {
  readonly scale: Scale<never>
  readonly axis: Axis<never>
}

function linesChart(input: LinesInput, xAxis: XAxis): TopLevelSpec {
  const { title, subtitle, origin, measured, y, seriesTitle } = input
  const theoryPoints = theoriesOf(input).flatMap(({ label, points }) => points.map((point) => ({ ...point, label })))
  const names = [...new Set([...measured, ...theoryPoints].flatMap(({ series }) => series ?? []))]
  const rows = measuredRows(input)
  const predicted = theoryPoints.map((point) => ({ ...point, y: point.y / y.shown.per }))
  const samples = samplesBeside(input)
  const shown = [...rows.flatMap(({ low, high }) => [low, high]), ...[...predicted, ...samples].map((each) => each.y)]
  const yDomain = yDomainOf(input, shown)
  const color = colorOf(names, seriesTitle)
  return parts.chart({
    title,
    subtitle,
    sampled: parts.sampleCaption(measured.map(({ samples }) => samples.length)),
    origin,
    notes: yDomain[0]! > 0 ? ['the y axis does not begin at 0'] : [],
    datasets: {
      measured: rows,
      samples,
      theory: predicted.filter(({ series }) => series !== null),
      common: predicted.filter(({ series }) => series === null),
    },
    layers: [
      ...(measured.some(({ samples }) => samples.length > 1) ? intervalLayers(color) : []),
      ...lineLayers(input, xAxis, yDomain, color),
      sampleLayer(color),
      pointLayer(names, color),
    ],
  })
}

/** Around what is shown with a tenth of its height to spare, or from 0. */
function yDomainOf({ yFrom }: LinesInput, shown: readonly number[]): [number, number] {
  if (yFrom !== 'values' || shown.length === 0) {
    return [Math.min(0, ...shown.map((y) => y * 1.06)), parts.withHeadroom(shown)]
  }
  const [low, high] = [Math.min(...shown), Math.max(...shown)]
  const spare = (high - low || Math.abs(high) || 1) / 10
  return [low >= 0 ? Math.max(0, low - spare) : low - spare, high + spare]
}

/** Of points that have several. */
function samplesBeside({ measured, y: { shown } }: LinesInput) {
  return measured.flatMap(({ series, x, samples }) =>
    samples.length < 2 ? [] : samples.map((sample) => ({ series, x, y: sample / shown.per })),
  )
}

function measuredRows({ measured, y: { shown }, origin }: LinesInput) {
  return measured.map(({ series, x, samples }) => {
    const { median, interval } = estimate(samples, `${origin.seed}/${series}/${x}`)
    const { low, high } = interval ?? { low: median, high: median }
    return { series, x, y: median / shown.per, low: low / shown.per, high: high / shown.per }
  })
}

function colorOf(names: readonly string[], seriesTitle: string | undefined) {
  const legend = { ...parts.seriesLegend(names.length), title: seriesTitle ?? null, symbolOpacity: 1 }
  return {
    field: 'series',
    type: 'nominal',
    scale: { domain: [...names], range: seriesColors(names.length) },
    legend: names.length > 1 ? legend : null,
  } as const
}

type Color = ReturnType<typeof colorOf>

/** The band joins the intervals; between two x only the bars are data. */
function intervalLayers(color: Color): parts.Layer[] {
  const encoding = {
    x: { field: 'x', type: 'quantitative' },
    y: { field: 'low', type: 'quantitative' },
    y2: { field: 'high' },
    color,
  } as const
  return [
    { data: { name: 'measured' }, mark: { type: 'area', opacity: 0.16, line: false }, encoding },
    { data: { name: 'measured' }, mark: { type: 'rule', strokeWidth: 1.5 }, encoding },
  ]
}

const MEASURED = 'measured'

/** Measured wide and pale, theory narrow and dark on top: where they agree both can be seen. */
function lineLayers(input: LinesInput, xAxis: XAxis, yDomain: number[], color: Color): parts.Layer[] {
  const theories = theoriesOf(input)
  const kinds = [MEASURED, ...theories.map(({ label }) => label)]
  const dashes = parts.DASHES.filter((_, role) => [true, input.theory, input.bound][role] !== undefined)
  const position = positionOf(input, xAxis, yDomain)
  const dash = (kind: string) => ({
    datum: kind,
    scale: { domain: kinds, range: dashes },
    legend: theories.length === 0 ? null : parts.STYLE_LEGEND,
  })
  const measuredLine: parts.Layer = {
    data: { name: 'measured' },
    mark: { type: 'line', strokeWidth: 3, strokeOpacity: 0.45 },
    encoding: { ...position, color, strokeDash: dash(MEASURED) },
  }
  return [measuredLine, ...theories.flatMap(({ label }) => theoryLayers(label, position, color, dash(label)))]
}

/** Of one theory: what differs between series, and what is the same for all. */
function theoryLayers(
  label: string,
  position: ReturnType<typeof positionOf>,
  color: Color,
  strokeDash: { readonly datum: string; readonly scale: object; readonly legend: object | null },
): parts.Layer[] {
  const transform = [{ filter: { field: 'label', equal: label } }]
  return [
    {
      data: { name: 'theory' },
      transform,
      mark: { type: 'line', strokeWidth: 1.5 },
      encoding: { ...position, color, strokeDash },
    },
    {
      data: { name: 'common' },
      transform,
      mark: { type: 'line', strokeWidth: 1.5, color: INK },
      encoding: { ...position, strokeDash },
    },
  ]
}

function positionOf({ xTitle, y }: LinesInput, { scale, axis }: XAxis, yDomain: number[]) {
  return {
    x: { field: 'x', type: 'quantitative', title: xTitle, scale, axis },
    y: {
      field: 'y',
      type: 'quantitative',
      title: withUnit(y.label, y.shown),
      scale: { ...(yDomain[0]! > 0 ? { zero: false } : {}), domain: yDomain, nice: false },
      axis: { tickCount: 6 },
    },
  } as const
}

function sampleLayer(color: Color): parts.Layer {
  return {
    data: { name: 'samples' },
    mark: parts.OUTLYING,
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' }, color },
  }
}

function pointLayer(names: readonly string[], color: Color): parts.Layer {
  const isShaped = names.length > 1 && names.length <= SHAPES.length
  const shape = { ...color, scale: { domain: [...names], range: SHAPES.slice(0, names.length) } }
  return {
    data: { name: 'measured' },
    mark: { type: 'point', filled: true, opacity: 1, size: 52 },
    encoding: {
      x: { field: 'x', type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
      color,
      ...(isShaped ? { shape } : {}),
    },
  }
}

/** So that series are told apart in grey print too. */
const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross', 'triangle-right']
