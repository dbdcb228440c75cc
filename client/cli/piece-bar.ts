/** A bar of pieces: each column stands for some that follow each other, and shows how many of them are here. */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { PieceMap } from '../node/download.ts'

const NONE = '░'
const SOME = '▒'
const MOST = '▓'
const ALL = '█'
/** None of them is wanted. */
const UNWANTED = '·'

export function pieceBar(pieces: PieceMap, columns: number): string {
  const { complete } = pieces
  const { pieceCount } = complete
  if (pieceCount === 0) return shareBar(1, columns)
  let bar = ''
  for (let column = 0; column < columns; column++) {
    const first = Math.floor((column * pieceCount) / columns)
    const end = Math.max(first + 1, Math.floor(((column + 1) * pieceCount) / columns))
    let wanted = 0
    let here = 0
    for (let piece = first; piece < end; piece++) {
      if (!pieces.isWanted(piece as PieceIndex)) continue
      wanted++
      if (complete.has(piece as PieceIndex)) here++
    }
    bar += wanted === 0 ? UNWANTED : shade(here / wanted)
  }
  return bar
}

/** Filled from the left. */
export function shareBar(share: number, columns: number): string {
  const full = Math.floor(share * columns)
  return `${ALL.repeat(full)}${NONE.repeat(Math.max(0, columns - full))}`
}

function shade(share: number): string {
  if (share === 0) return NONE
  if (share === 1) return ALL
  return share < 0.5 ? SOME : MOST
}
