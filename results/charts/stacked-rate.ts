/** Payload rate over time, stacked by peer, with a rule where something happened. Shows who carries a download when. */
import type { TopLevelSpec } from 'vega-lite'
import type { TimelineSample } from '../schema.ts'
import { SHOWN, withUnit } from '../units.ts'
import { LABEL_GAP_PX, placedLabels } from './mark-labels.ts'
import {
  type ChartText,
  chart,
  DASHES,
  type Layer,
  type Origin,
  STYLE_LEGEND,
  seriesLegend,
  withHeadroom,
} from './parts.ts'
import { FAINT_INK, INK, PLOT_WIDTH, seriesColors, TEXT_PX } from './theme.ts'

export interface StackedRateInput extends ChartText {
  readonly origin: Origin
  /** Of one cell. */
  readonly samples: readonly Pick<TimelineSample, 'tMs' | 'peer' | 'bytes'>[]
  /** Bin width of the samples. */
  readonly binMs: number
  /** Bottom to top, with the name for people; peers that are not listed are left out. */
  readonly peers: readonly { readonly peer: string; readonly label: string }[]
  /** How long the download, or the window, lasted. */
  readonly endMs: number
  readonly marks?: readonly RateMark[]
  /** The total that theory predicts: it holds from each `tMs` on. */
  readonly theory?: { readonly label: string; readonly steps: readonly RateStep[] }
}

export interface RateMark {
  readonly tMs: number
  readonly label: string
}

export interface RateStep {
  readonly tMs: number
  readonly bytesPerSecond: number
}

export function stackedRateChart(input: StackedRateInput): TopLevelSpec {
  const { title, subtitle, origin, peers, endMs, marks = [], theory } = input
  const binMs = input.binMs * Math.ceil(endMs / input.binMs / BINS_MAX)
  const rates = ratesOf(input, binMs)
  const steps = theory === undefined ? [] : theorySteps(theory, endMs)
  const totals = [...Map.groupBy(rates, ({ s }) => s).values()].map((bin) =>
    bin.reduce((sum, { rate }) => sum + rate, 0),
  )
  const rules = markRows(marks, endMs)
  const unlabelled = rules.filter(({ label }) => label === undefined).length
  return chart({
    title,
    subtitle,
    sampled: ['n = 1 download', `bins of ${binMs} ms`],
    origin,
    notes: unlabelled === 0 ? [] : [`${unlabelled} rules without a label`],
    datasets: {
      rates,
      ...(theory === undefined ? {} : { theory: steps }),
      ...(rules.length === 0 ? {} : { marks: rules }),
    },
    layers: [
      areaLayer(peers, endMs, withHeadroom([...totals, ...steps.map(({ rate }) => rate)])),
      ...(theory === undefined ? [] : [theoryLayer(theory.label)]),
      ...(rules.length === 0 ? [] : markLayers()),
    ],
  })
}

/** More bins than px cannot be seen: then whole bins are joined. */
const BINS_MAX = PLOT_WIDTH
const ROW_PX = 16

/** A row per peer and bin, empty bins too, and one at the end: only then do areas stack and steps close. */
function ratesOf({ samples, peers, endMs }: StackedRateInput, binMs: number) {
  const bins = Math.max(1, Math.ceil(endMs / binMs))
  return peers.flatMap(({ peer, label }, place) => {
    const bytes = new Array<number>(bins).fill(0)
    for (const sample of samples) {
      if (sample.peer !== peer) continue
      const bin = Math.min(Math.floor(sample.tMs / binMs), bins - 1)
      bytes[bin] = bytes[bin]! + sample.bytes
    }
    const rates = bytes.map((count) => Number(((count * 1000) / binMs / SHOWN.mibPerSecond.per).toFixed(4)))
    const rows = rates.map((rate, bin) => ({ s: (bin * binMs) / 1000, rate, peer: label, place }))
    return [...rows, { s: endMs / 1000, rate: rates.at(-1)!, peer: label, place }]
  })
}

function areaLayer(peers: StackedRateInput['peers'], endMs: number, yMax: number): Layer {
  const labels = peers.map(({ label }) => label)
  const colors = seriesColors(labels.length)
  return {
    data: { name: 'rates' },
    mark: { type: 'area', interpolate: 'step-after', line: false },
    encoding: {
      x: {
        field: 's',
        type: 'quantitative',
        title: withUnit('time since start', SHOWN.seconds),
        scale: { domain: [0, endMs / 1000], nice: false },
        axis: { grid: false, tickCount: 10 },
      },
      y: {
        field: 'rate',
        type: 'quantitative',
        axis: { tickCount: 6 },
        stack: 'zero',
        title: withUnit('payload received', SHOWN.mibPerSecond),
        scale: { domain: [0, yMax], nice: false },
      },
      color: {
        field: 'peer',
        type: 'nominal',
        scale: { domain: labels.toReversed(), range: colors.toReversed() },
        legend: { ...seriesLegend(labels.length), title: 'from', symbolType: 'square', symbolStrokeWidth: 0 },
      },
      order: { field: 'place', type: 'quantitative', sort: 'ascending' },
    },
  }
}

function theorySteps({ steps }: NonNullable<StackedRateInput['theory']>, endMs: number) {
  const rows = steps.map(({ tMs, bytesPerSecond }) => ({
    s: tMs / 1000,
    rate: bytesPerSecond / SHOWN.mibPerSecond.per,
  }))
  const last = rows.at(-1)
  return last === undefined ? [] : [...rows, { ...last, s: endMs / 1000 }]
}

function theoryLayer(label: string): Layer {
  return {
    data: { name: 'theory' },
    mark: { type: 'line', interpolate: 'step-after', color: INK, strokeWidth: 1.5 },
    encoding: {
      x: { field: 's', type: 'quantitative' },
      y: { field: 'rate', type: 'quantitative' },
      strokeDash: {
        datum: label,
        scale: { domain: [label], range: DASHES.slice(1, 2) },
        legend: STYLE_LEGEND,
      },
    },
  }
}

/** A rule, and its label if there is room for it. `top` is in px from the top of the plot. */
function markRows(marks: readonly RateMark[], endMs: number) {
  const places = placedLabels(
    marks.map(({ tMs, label }) => ({ x: (tMs / endMs) * PLOT_WIDTH, label })),
    PLOT_WIDTH,
    TEXT_PX,
  )
  return marks.map(({ tMs, label }, index) => {
    const place = places[index] ?? null
    const s = tMs / 1000
    return place === null ? { s, top: 0 } : { s, top: -(place.row + 1) * ROW_PX, side: place.side, label }
  })
}

function markLayers(): Layer[] {
  const x = { field: 's', type: 'quantitative' } as const
  const top = { field: 'top', type: 'quantitative', scale: null, axis: null } as const
  const text = (side: 'left' | 'right'): Layer => ({
    data: { name: 'marks' },
    transform: [{ filter: { field: 'side', equal: side } }],
    mark: {
      type: 'text',
      align: side === 'right' ? 'left' : 'right',
      dx: side === 'right' ? LABEL_GAP_PX : -LABEL_GAP_PX,
      baseline: 'top',
      color: INK,
      fontSize: TEXT_PX,
    },
    encoding: { x, y: top, text: { field: 'label' } },
  })
  return [
    {
      data: { name: 'marks' },
      mark: { type: 'rule', color: FAINT_INK, strokeWidth: 1.25 },
      encoding: { x, y: top, y2: { value: 'height' } },
    },
    text('left'),
    text('right'),
  ]
}
