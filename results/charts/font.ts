/**
 * The font of all charts, shipped with the project: IBM Plex Sans, whose figures are all of one width. PNGs are drawn
 * with these files only, so a chart looks the same on a machine without fonts.
 */
import { createRequire } from 'node:module'
import { Resvg, type ResvgRenderOptions } from '@resvg/resvg-js'

export const FONT_FAMILY = 'IBM Plex Sans'

const require = createRequire(import.meta.url)
const REGULAR = require.resolve('@expo-google-fonts/ibm-plex-sans/400Regular/IBMPlexSans_400Regular.ttf')
const SEMIBOLD = require.resolve('@expo-google-fonts/ibm-plex-sans/600SemiBold/IBMPlexSans_600SemiBold.ttf')

export const SEMIBOLD_WEIGHT = 600

/** For resvg: these files and no other. */
export const RESVG_FONT = {
  loadSystemFonts: false,
  fontFiles: [REGULAR, SEMIBOLD],
  defaultFontFamily: FONT_FAMILY,
  sansSerifFamily: FONT_FAMILY,
} satisfies ResvgRenderOptions['font']

/** Lines no wider than `maxPx`, broken at spaces; a longer word stays whole. */
export function wrapped(text: string, sizePx: number, maxPx: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && textWidth(longer, sizePx) > maxPx) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, line]
}

const MEASURED_AT_PX = 1000
const widths = new Map<string, number>()

/** Width of a line of text in px. Measured on the glyphs, once per text and weight; spaces at its ends do not count. */
export function textWidth(text: string, sizePx: number, weight: number | string = 'normal'): number {
  if (text.trim() === '') return 0
  const isBold = weight === 'bold' || Number(weight) >= SEMIBOLD_WEIGHT
  const key = `${isBold} ${text}`
  let width = widths.get(key)
  if (width === undefined) {
    width = measure(text, isBold)
    widths.set(key, width)
  }
  return (width * sizePx) / MEASURED_AT_PX
}

function measure(text: string, isBold: boolean): number {
  const weight = isBold ? SEMIBOLD_WEIGHT : 400
  const attributes = `y="${MEASURED_AT_PX}" font-family="${FONT_FAMILY}" font-size="${MEASURED_AT_PX}" font-weight="${weight}"`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><text ${attributes}>${escaped(text)}</text></svg>`
  return new Resvg(svg, { font: RESVG_FONT }).getBBox()?.width ?? 0
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
