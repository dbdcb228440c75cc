/** What all charts have: title, subtitle, caption below, axes with units, and the style of measured and predicted. */
import type { TopLevelSpec } from 'vega-lite'
import type { Runtime } from '../measure-definition.ts'
import { FEW_SAMPLES, INTERVAL_LEVEL } from '../statistics.ts'
import { wrapped } from './font.ts'
import { CAPTION_PX, FAINT_INK, INK, PLOT_HEIGHT, PLOT_WIDTH, TEXT_PX, THEME } from './theme.ts'

export type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number]
export type Datasets = NonNullable<TopLevelSpec['datasets']>

/** Where the numbers of a chart come from. */
export interface Origin {
  readonly runtime: Runtime
  readonly seed: number
}

export interface ChartText {
  /** What the chart shows, as a heading. */
  readonly title: string
  /** The parameters, in words; cut into lines of at most the plot's width. */
  readonly subtitle: string
}

export interface ChartParts extends ChartText {
  /** How much was measured, `n = 3 per point` first: no chart is without. */
  readonly sampled: readonly string[]
  readonly origin: Origin
  /** What else the reader must know, behind the rest. */
  readonly notes?: readonly string[]
  readonly layers: readonly Layer[]
  readonly datasets: Datasets
}

export function chart({ title, subtitle, sampled, origin, notes = [], layers, datasets }: ChartParts): TopLevelSpec {
  const caption = [...sampled, ...originCaption(origin), ...notes]
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: wrapped(subtitle, TEXT_PX, PLOT_WIDTH) },
    width: PLOT_WIDTH,
    height: PLOT_HEIGHT,
    config: THEME,
    layer: [...layers, captionLayer(caption)],
    datasets,
  }
}

/** Below the x axis, whose labels and title take `AXIS_PX`. */
function captionLayer(caption: readonly string[]): Layer {
  return {
    data: { values: [{}] },
    mark: {
      type: 'text',
      text: wrapped(caption.join(' · '), CAPTION_PX, PLOT_WIDTH),
      x: 0,
      y: PLOT_HEIGHT + AXIS_PX,
      align: 'left',
      baseline: 'top',
      color: FAINT_INK,
      fontSize: CAPTION_PX,
      lineHeight: CAPTION_PX * 1.4,
    },
  }
}

const AXIS_PX = 52

/** Measured is solid, predicted dashed, a bound dotted, in every chart. */
export const DASHES = [
  [1, 0],
  [6, 4],
  [2, 3],
]
export const STYLE_LEGEND = { title: null, symbolType: 'stroke', symbolSize: 500, symbolStrokeColor: INK }

/** Up to 17 series below each other take the height of the plot. */
export function seriesLegend(count: number) {
  return { columns: Math.max(1, Math.ceil(count / 17)), ...(count > 8 ? { symbolSize: 50, rowPadding: 0 } : {}) }
}

/** Colours by the field `group`, with a legend where there is more than one. */
export function groupColor(names: readonly string[], colors: readonly string[]) {
  const legend = { ...seriesLegend(names.length), title: null, symbolOpacity: 1 }
  return {
    field: 'group',
    type: 'nominal',
    scale: { domain: [...names], range: [...colors] },
    legend: names.length > 1 ? legend : null,
  } as const
}

/** Top of a y axis that starts at 0: nothing touches the edge. */
export function withHeadroom(values: readonly number[]): number {
  return Math.max(0, ...values) * 1.06 || 1
}

function originCaption({ runtime, seed }: Origin): string[] {
  return [`runtime ${runtime}`, `seed ${seed}`]
}

/** Every sample beside the interval, as far as there are several: an outlier is data, and is seen. */
export const OUTLYING = { type: 'point', filled: false, size: 18, strokeWidth: 1, opacity: 0.75 } as const

/** How often each point was sampled, and what the band around it is: `n = 3 per point, median with …`. */
export function sampleCaption(counts: readonly number[]): string[] {
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
  if (counts.length === 0) return ['n = 0']
  if (most === 1) return ['n = 1 per point, no interval']
  const n = fewest === most ? `n = ${most} per point` : `n = ${fewest} to ${most} per point`
  const range = fewest < FEW_SAMPLES ? ` (the range of the samples where n < ${FEW_SAMPLES})` : ''
  return [n, 'hollow: each sample', `median and ${INTERVAL_LEVEL * 100} % bootstrap interval${range}`]
}
