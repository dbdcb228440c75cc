/** The pieces of the client, a square each, filled from the moment that it stored them. */
import type { PageColors } from './colors.ts'
import type { ReportTimeline } from './data.ts'
import { countUntil } from './formats.ts'

const SIDE_PX_MAX = 16
const SIDE_PX_MIN = 3
const HEIGHT_PX_MAX = 220

export interface PieceMap {
  /** What was there at `tMs`, and how many pieces that are. */
  show(tMs: number): number
}

export function pieceMap(
  canvas: HTMLCanvasElement,
  { pieces, pieceCount }: ReportTimeline,
  colors: PageColors,
): PieceMap {
  const width = Math.max(1, canvas.parentElement!.clientWidth)
  const side = sideFor(width, pieceCount)
  const perRow = Math.max(1, Math.floor(width / side))
  const to = sized(canvas, width, Math.ceil(pieceCount / perRow) * side)
  let shown = -1

  function fill(piece: number, color: string): void {
    to.fillStyle = color
    const gap = side > 4 ? 1 : 0
    to.fillRect((piece % perRow) * side, Math.floor(piece / perRow) * side, side - gap, side - gap)
  }

  return {
    show(tMs) {
      const until = countUntil(pieces.tMs, tMs)
      // Forward, what is new is filled; backward, all anew.
      if (shown < 0 || until < shown) {
        for (let piece = 0; piece < pieceCount; piece++) fill(piece, colors.grid)
        shown = 0
      }
      for (; shown < until; shown++) fill(pieces.piece[shown]!, colors.data)
      return until
    },
  }
}

/** The largest squares that fit. */
function sideFor(width: number, count: number): number {
  let side = SIDE_PX_MAX
  while (side > SIDE_PX_MIN && Math.ceil(count / Math.floor(width / side)) * side > HEIGHT_PX_MAX) side--
  return side
}

/** Sharp on any screen. */
export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = devicePixelRatio || 1
  // One without a px cannot be drawn from.
  canvas.width = Math.max(1, Math.round(width * ratio))
  canvas.height = Math.max(1, Math.round(height * ratio))
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const to = canvas.getContext('2d')!
  to.setTransform(ratio, 0, 0, ratio, 0, 0)
  return to
}
