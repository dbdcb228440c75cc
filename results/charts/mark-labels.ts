/**
 * Where the labels of vertical rules go: above the plot, in rows, beside their rules. A rule reaches up to its label, so
 * it must not run through the label of another. What finds no place stays a rule without a label.
 */
import { textWidth } from './font.ts'

export interface Mark {
  /** Px from the left edge of the plot. */
  readonly x: number
  readonly label: string
}

export interface PlacedLabel {
  readonly side: 'left' | 'right'
  /** 0 is next to the plot. */
  readonly row: number
}

interface Span {
  readonly x: number
  readonly from: number
  readonly to: number
  readonly row: number
}

export const LABEL_ROWS_MAX = 6
/** Between a rule and its label. */
export const LABEL_GAP_PX = 5

/** Per mark, in their order, its place or null. Of four ways to go about it, the one that leaves out the fewest. */
export function placedLabels(marks: readonly Mark[], widthPx: number, textPx: number): (PlacedLabel | null)[] {
  const rightward = marks.map((_, index) => index).sort((one, other) => marks[one]!.x - marks[other]!.x)
  const ways = [rightward.toReversed(), rightward].flatMap((order) => [
    placedInOrder(marks, order, 'right', widthPx, textPx),
    placedInOrder(marks, order, 'left', widthPx, textPx),
  ])
  const missing = ways.map((way) => way.filter((place) => place === null).length)
  return ways[missing.indexOf(Math.min(...missing))]!
}

function placedInOrder(
  marks: readonly Mark[],
  order: readonly number[],
  preferred: PlacedLabel['side'],
  widthPx: number,
  textPx: number,
): (PlacedLabel | null)[] {
  const places: (PlacedLabel | null)[] = marks.map(() => null)
  const taken: Span[] = []
  for (const index of order) {
    const { x, label } = marks[index]!
    const width = textWidth(label, textPx) + 2 * LABEL_GAP_PX
    const side = sideWithRoom(preferred, x, width, widthPx)
    if (side === null) continue
    for (let row = 0; row < LABEL_ROWS_MAX; row++) {
      const span = { x, row, from: side === 'right' ? x : x - width, to: side === 'right' ? x + width : x }
      if (taken.some((other) => collide(span, other))) continue
      places[index] = { row, side }
      taken.push(span)
      break
    }
  }
  return places
}

function sideWithRoom(preferred: PlacedLabel['side'], x: number, width: number, widthPx: number) {
  const sides = { left: x - width >= 0, right: x + width <= widthPx }
  if (sides[preferred]) return preferred
  const other = preferred === 'left' ? 'right' : 'left'
  return sides[other] ? other : null
}

function collide(one: Span, other: Span): boolean {
  if (one.row === other.row) return one.from < other.to && other.from < one.to
  const [upper, lower] = one.row > other.row ? [one, other] : [other, one]
  return lower.from < upper.x && upper.x < lower.to
}
