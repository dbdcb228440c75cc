/**
 * How every chart looks: one font, one size, colours that people who are colour-blind can tell apart and that survive
 * grey print, light grid, no frame. Sizes in px of an unscaled chart.
 */
import type { Config } from 'vega-lite'
import { FONT_FAMILY, SEMIBOLD_WEIGHT } from './font.ts'

export const PLOT_WIDTH = 500
export const PLOT_HEIGHT = 280
/** PNGs are drawn at twice the size, sharp in print at 17 cm. */
export const PNG_SCALE = 2

export const INK = '#1a1a1a'
export const FAINT_INK = '#5f5f5f'
const GRID = '#e3e3e3'
export const PAPER = '#ffffff'

export const TEXT_PX = 12
export const CAPTION_PX = 11
const TITLE_PX = 16

/** Okabe and Ito 2008, without the yellow that white paper swallows, in an order that keeps neighbours apart. */
const DISTINCT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#333333']
/** Viridis without its yellow end: ordered, and of even steps in grey. */
const RAMP = ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30']

/**
 * Colours for so many series, in their order. Up to seven are told apart by hue; more are a ramp, so that neighbours
 * look alike and the order still reads.
 */
export function seriesColors(count: number): string[] {
  if (count <= DISTINCT.length) return DISTINCT.slice(0, count)
  return Array.from({ length: count }, (_, index) => mixed(RAMP, index / (count - 1)))
}

function mixed(ramp: readonly string[], at: number): string {
  const place = at * (ramp.length - 1)
  const from = Math.min(Math.floor(place), ramp.length - 2)
  const [low, high] = [channels(ramp[from]!), channels(ramp[from + 1]!)]
  const part = place - from
  return `#${low.map((value, index) => hex(value + (high[index]! - value) * part)).join('')}`
}

function channels(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16))
}

function hex(value: number): string {
  return Math.round(value).toString(16).padStart(2, '0')
}

export const THEME: Config = {
  background: PAPER,
  font: `${FONT_FAMILY}, sans-serif`,
  padding: 16,
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'group',
    color: INK,
    fontSize: TITLE_PX,
    fontWeight: SEMIBOLD_WEIGHT,
    subtitleColor: FAINT_INK,
    subtitleFontSize: TEXT_PX,
    subtitlePadding: 5,
    offset: 14,
  },
  axis: {
    labelColor: INK,
    labelFontSize: TEXT_PX,
    titleColor: INK,
    titleFontSize: TEXT_PX,
    titleFontWeight: 'normal',
    titlePadding: 8,
    gridColor: GRID,
    domainColor: FAINT_INK,
    tickColor: FAINT_INK,
    tickSize: 4,
    labelFlush: false,
  },
  legend: {
    labelColor: INK,
    labelFontSize: TEXT_PX,
    labelLimit: 240,
    titleColor: INK,
    titleFontSize: TEXT_PX,
    titleFontWeight: 'normal',
    titleLimit: 240,
    symbolStrokeWidth: 2,
    offset: 16,
    rowPadding: 3,
  },
}
