/** Managers of small torrents, and short names for what is asked of them. */
import { BLOCK_BYTES, type BlockRange, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import type { PickHint } from './picker.ts'
import { PieceManager, type PieceManagerOptions, type Received } from './piece-manager.ts'
import { seeded } from './random.testing.ts'

export const [ALICE, BOB, CAROL] = [1, 2, 3] as const
/** Of each piece. */
export const BLOCKS = 2
export const data = (text: string) => new TextEncoder().encode(text)

export function managerOf(
  pieceCount: number,
  seed = 1,
  options: PieceManagerOptions = { randomFirstPieces: 0 },
): PieceManager {
  return new PieceManager(new Geometry(pieceCount * BLOCKS * BLOCK_BYTES, BLOCKS * BLOCK_BYTES), seeded(seed), options)
}

export const everything = (manager: PieceManager) => Bitfield.full(manager.geometry.pieceCount)

export function bits(text: string): Bitfield {
  const bitfield = new Bitfield(text.length)
  for (const [piece, bit] of [...text].entries()) if (bit === '1') bitfield.set(piece as PieceIndex)
  return bitfield
}

/** `piece.block why`, or null. */
export function pick(
  manager: PieceManager,
  peer: number,
  pieces = everything(manager),
  isIdle = false,
  hint: Partial<PickHint> = {},
): string | null {
  const picked = manager.pick(peer, pieces, { nowMs: 0, isIdle, isFast: false, ...hint })
  return picked === null ? null : `${picked.range.piece}.${picked.range.offsetBytes / BLOCK_BYTES} ${picked.why}`
}

export const askFast = (manager: PieceManager, peer: number, pieces = everything(manager)) =>
  pick(manager, peer, pieces, false, { isFast: true })

export const range = (manager: PieceManager, name: string): BlockRange => {
  const [piece, block] = name.split('.').map(Number)
  return manager.geometry.block(piece as PieceIndex, block!)
}
export const receive = (manager: PieceManager, name: string, peer: number): Received =>
  manager.received(range(manager, name), peer, data(name))
