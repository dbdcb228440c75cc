/** A measure of pairs: a cell each, its colour how much, with the figure in it; a cell that failed is named as such. */
import type { TopLevelSpec } from 'vega-lite'
import { median } from '../statistics.ts'
import { formatNumber, type ShownUnit, withUnit } from '../units.ts'
import * as parts from './parts.ts'
import { INK, PAPER } from './theme.ts'

export interface HeatMapInput extends parts.ChartText {
  readonly origin: parts.Origin
  readonly xTitle: string
  readonly yTitle: string
  /** Left to right, and top down. */
  readonly xNames: readonly string[]
  readonly yNames: readonly string[]
  readonly value: { readonly label: string; readonly shown: ShownUnit }
  readonly cells: readonly HeatCell[]
}

export interface HeatCell {
  readonly x: string
  readonly y: string
  /** In the unit of the record; empty: it ran, and failed. */
  readonly samples: readonly number[]
  /** Of a cell that failed: `late`, `crash`. */
  readonly failure?: string
}

/** Least to most. */
const RAMP = ['#e8f4ea', '#21918c', '#440154']
const FAILED = '#d55e00'

export function heatMapChart({ title, subtitle, origin, ...input }: HeatMapInput): TopLevelSpec {
  const rows = input.cells.map(({ x, y, samples, failure }) => {
    const value = samples.length === 0 ? null : median(samples) / input.value.shown.per
    return { x, y, value, text: failure ?? (value === null ? 'failed' : formatNumber(Number(value.toPrecision(2)))) }
  })
  const failed = input.cells.filter(({ samples, failure }) => samples.length === 0 || failure !== undefined).length
  const positions = {
    x: position('x', input.xTitle, input.xNames),
    y: position('y', input.yTitle, input.yNames),
  }
  const values = rows.flatMap(({ value }) => value ?? [])
  const middle = (Math.min(...values) + Math.max(...values)) / 2
  const legend = { title: withUnit(input.value.label, input.value.shown) }
  return parts.chart({
    title,
    subtitle,
    sampled: [cellsCaption(input.cells), 'median', `${failed} of ${rows.length} cells failed (orange)`],
    origin,
    datasets: { cells: rows },
    layers: [
      { data: { name: 'cells' }, mark: { type: 'rect', color: FAILED, stroke: PAPER }, encoding: positions },
      {
        data: { name: 'cells' },
        transform: [{ filter: 'datum.value !== null' }],
        mark: { type: 'rect', stroke: PAPER },
        encoding: {
          ...positions,
          color: { field: 'value', type: 'quantitative', scale: { range: RAMP, zero: true }, legend },
        },
      },
      {
        data: { name: 'cells' },
        mark: { type: 'text' },
        encoding: {
          ...positions,
          text: { field: 'text', type: 'nominal' },
          color: { condition: { test: `datum.value > ${middle}`, value: PAPER }, value: INK },
        },
      },
    ],
  })
}

/** `n = 2 per cell`: of those that have a figure. */
function cellsCaption(cells: readonly HeatCell[]): string {
  const counts = cells.map(({ samples }) => samples.length).filter((count) => count > 0)
  if (counts.length === 0) return 'n = 0'
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
  return fewest === most ? `n = ${most} per cell` : `n = ${fewest} to ${most} per cell`
}

function position(field: string, title: string, names: readonly string[]) {
  return {
    field,
    type: 'nominal' as const,
    sort: null,
    scale: { domain: [...names] },
    axis: { title, ticks: false, labelAngle: 0, labelPadding: 6, grid: false },
  }
}
