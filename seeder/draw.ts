/** Chance, as behaviours take it. */
import type { BlockRange, Geometry } from '../client/metainfo/geometry.ts'
import type { Random } from '../client/ports/random.ts'

const DRAW = 1_000_000

/** True for this share of all draws, 0 to 1. */
export function isDrawn(random: Random, share: number): boolean {
  return random.below(DRAW) < share * DRAW
}

export function randomBytes(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.below(256))
}

/** Any block of the content, which has one. */
export function drawBlock(random: Random, geometry: Geometry): BlockRange {
  const piece = geometry.pieceIndex(random.below(geometry.pieceCount))!
  return geometry.block(piece, random.below(geometry.blockCount(piece)))
}
