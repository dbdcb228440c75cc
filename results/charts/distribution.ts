/**
 * The distribution of a figure of each client, a line per group: how many were done by when, or got how much; and where
 * theory has a bound.
 */
import type { TopLevelSpec } from 'vega-lite'
import { SHOWN, type ShownUnit, withUnit } from '../units.ts'
import * as parts from './parts.ts'
import { cdfPoints, POINTS_MAX } from './sampled.ts'
import { INK, seriesColors } from './theme.ts'

export interface DistributionInput extends parts.ChartText {
  readonly origin: parts.Origin
  /** For the axis, without unit: `time from arrival to completion`. */
  readonly xLabel: string
  /** Seconds, where nothing is said. */
  readonly xShown?: ShownUnit
  /** From 0 to the largest, where nothing is said. */
  readonly xDomain?: readonly [number, number]
  /** Of the share that is so far: `complete (% of clients)`, where nothing is said. */
  readonly yLabel?: string
  readonly groups: readonly ValuesOfGroup[]
  /** Vertical, dotted: `minimum for the last (T3)`. */
  readonly bound?: { readonly label: string; readonly at: number }
}

export interface ValuesOfGroup {
  readonly group: string
  /** Null: never. */
  readonly values: readonly (number | null)[]
}

export function distributionChart(input: DistributionInput): TopLevelSpec {
  const { title, subtitle, origin, groups, bound } = input
  const each = Math.max(2, Math.floor(POINTS_MAX / Math.max(1, groups.length)))
  const rows = groups.flatMap(({ group, values }) =>
    cdfPoints(values, each).map(({ value, share }) => ({ group, x: value, percent: share * 100 })),
  )
  const all = groups.flatMap(({ values }) => values)
  const never = all.filter((value) => value === null).length
  const drawn = new Set(rows.map(({ group }) => group))
  const curveless = groups
    .filter(({ group, values }) => values.length > 0 && !drawn.has(group))
    .map(({ group }) => group)
  return parts.chart({
    title,
    subtitle,
    sampled: [`n = ${all.length} clients`, ...(never === 0 ? [] : [`${never} never`])],
    origin,
    notes: curveless.map((group) => `no curve: ${group}`),
    datasets: { times: rows, ...(bound === undefined ? {} : { bound: [{ x: bound.at }] }) },
    layers: [lineLayer(input, parts.withHeadroom([...rows.map(({ x }) => x), bound?.at ?? 0])), ...boundLayers(bound)],
  })
}

function lineLayer({ groups, xLabel, xShown, xDomain, yLabel }: DistributionInput, xMax: number): parts.Layer {
  // Who never was done has no curve, and then no place in the legend either; colours stay those of the other charts.
  const all = groups.map(({ group }) => group)
  const colors = seriesColors(all.length)
  const names = all.filter((_, index) => groups[index]!.values.some((value) => value !== null))
  return {
    data: { name: 'times' },
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: withUnit(xLabel, xShown ?? SHOWN.seconds),
        scale: { domain: [...(xDomain ?? [0, xMax])], nice: false },
        axis: { tickCount: 10 },
      },
      y: {
        field: 'percent',
        type: 'quantitative',
        title: yLabel ?? 'complete (% of clients)',
        scale: { domain: [0, 100], nice: false },
        axis: { tickCount: 5 },
      },
      color: parts.groupColor(
        names,
        names.map((name) => colors[all.indexOf(name)]!),
      ),
    },
  }
}

function boundLayers(bound: DistributionInput['bound']): parts.Layer[] {
  if (bound === undefined) return []
  return [
    {
      data: { name: 'bound' },
      mark: { type: 'rule', strokeWidth: 1.5, color: INK },
      encoding: {
        x: { field: 'x', type: 'quantitative' },
        strokeDash: {
          datum: bound.label,
          scale: { domain: [bound.label], range: parts.DASHES.slice(2) },
          legend: parts.STYLE_LEGEND,
        },
      },
    },
  ]
}
