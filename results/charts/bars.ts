/** A measure of things that have names and no order, a bar each, side by side where there are several series: medians with intervals. */
import type { TopLevelSpec } from 'vega-lite'
import { estimate } from '../statistics.ts'
import { type ShownUnit, withUnit } from '../units.ts'
import * as parts from './parts.ts'
import { CAPTION_PX, FAINT_INK, INK, seriesColors } from './theme.ts'

export interface BarsInput extends parts.ChartText {
  readonly origin: parts.Origin
  readonly x: { readonly label: string; readonly shown: ShownUnit }
  /** Top down. A name without a sample keeps its place, empty. */
  readonly names: readonly string[]
  readonly measured: readonly MeasuredBar[]
  /** Said where a bar would be. */
  readonly missing?: readonly MissingBar[]
}

export interface MissingBar {
  readonly name: string
  readonly series: string
  /** `not complete`. */
  readonly why: string
}

export interface MeasuredBar {
  readonly name: string
  readonly series: string
  /** In the unit of the record. */
  readonly samples: readonly number[]
}

export function barsChart(input: BarsInput): TopLevelSpec {
  const { title, subtitle, origin, x, names, measured, missing = [] } = input
  const series = [...new Set([...measured, ...missing].map((each) => each.series))]
  const { per } = x.shown
  const rows = measured.map((each) => {
    const { median, interval } = estimate(each.samples, `${origin.seed}/${each.name}/${each.series}`)
    const { low, high } = interval ?? { low: median, high: median }
    return { name: each.name, group: each.series, x: median / per, low: low / per, high: high / per }
  })
  const samples = measured.flatMap((each) =>
    each.samples.length < 2 ? [] : each.samples.map((x) => ({ name: each.name, group: each.series, x: x / per })),
  )
  const domain = [0, parts.withHeadroom([...rows, ...samples].map(({ x }) => x).concat(rows.map(({ high }) => high)))]
  const y = {
    field: 'name',
    type: 'nominal' as const,
    sort: null,
    scale: { domain: [...names] },
    axis: { title: null, ticks: false, labelPadding: 8 },
  }
  const yOffset = { field: 'group', type: 'nominal', scale: { domain: series } } as const
  const color = parts.groupColor(series, seriesColors(series.length))
  const axis = { title: withUnit(x.label, x.shown) }
  return parts.chart({
    title,
    subtitle,
    sampled: parts.sampleCaption(measured.map(({ samples }) => samples.length)),
    origin,
    datasets: {
      measured: rows,
      samples,
      missing: missing.map((each) => ({ name: each.name, group: each.series, x: 0, why: each.why })),
    },
    layers: [
      {
        data: { name: 'measured' },
        mark: { type: 'bar', opacity: 0.85 },
        encoding: { y, yOffset, x: { field: 'x', type: 'quantitative', scale: { domain }, axis }, color },
      },
      {
        data: { name: 'measured' },
        mark: { type: 'rule', color: INK, strokeWidth: 1.5 },
        encoding: { y, yOffset, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
      {
        data: { name: 'samples' },
        mark: { ...parts.OUTLYING, color: INK },
        encoding: { y, yOffset, x: { field: 'x', type: 'quantitative' } },
      },
      {
        data: { name: 'missing' },
        mark: { type: 'text', align: 'left', dx: 6, color: FAINT_INK, fontSize: CAPTION_PX },
        encoding: { y, yOffset, x: { field: 'x', type: 'quantitative' }, text: { field: 'why' } },
      },
    ],
  })
}
