/**
 * Which of a peer's pieces may be asked for now: all it has; while it chokes only those that it allowed all the same
 * (BEP 6); never one that it rejected lately, lest it be asked for the same blocks for ever.
 *
 * The sets are kept up to date piece by piece, so that reading one costs nothing. Limit: 100 allowed pieces.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'

/** Clients allow about ten. */
export const ALLOWED_FAST_MAX = 100

export class Requestable {
  #pieces: Bitfield
  /** Unchecked until the torrent is known. */
  #allowed: Set<number> = NO_PIECES
  #rejected: Set<PieceIndex> = NO_PIECES
  /** What `#pieces` are without the rejected ones; null when none is. */
  #notRejected: Bitfield | null = null
  /** Null when it is to be made anew. */
  #whileChoked: Bitfield | null = null

  constructor(pieces: Bitfield) {
    this.#pieces = pieces
  }

  current(theyChoke: boolean): Bitfield {
    if (!theyChoke) return this.#notRejected ?? this.#pieces
    this.#whileChoked ??= this.#allowedNow()
    return this.#whileChoked
  }

  /** The pieces that the peer has, from here on: the same object that `gained` and `lost` tell about. */
  nowHas(pieces: Bitfield): void {
    this.#pieces = pieces
    this.#whileChoked = null
    if (this.#notRejected !== null) this.#notRejected = this.#withoutRejected()
  }

  gained(piece: PieceIndex): void {
    if (!this.#rejected.has(piece)) this.#notRejected?.set(piece)
    if (this.#allowed.has(piece)) this.#whileChoked = null
  }

  lost(piece: PieceIndex): void {
    this.#notRejected?.clear(piece)
    this.#whileChoked?.clear(piece)
  }

  /** More than 100 are not listened to. */
  allow(piece: number): void {
    if (this.#allowed.size >= ALLOWED_FAST_MAX) return
    if (this.#allowed === NO_PIECES) this.#allowed = new Set()
    this.#allowed.add(piece)
    this.#whileChoked = null
  }

  /** It is here: of what was allowed it is no more. Should it be lost, it is asked for when the peer chokes no more. */
  notWanted(piece: PieceIndex): void {
    if (this.#allowed.delete(piece)) this.#whileChoked?.clear(piece)
  }

  isAllowed(piece: PieceIndex): boolean {
    return this.#allowed.has(piece)
  }

  reject(piece: PieceIndex): void {
    if (this.#rejected === NO_PIECES) this.#rejected = new Set()
    this.#rejected.add(piece)
    this.#notRejected ??= this.#pieces.copy()
    this.#notRejected.clear(piece)
    this.#whileChoked?.clear(piece)
  }

  forgetRejected(): void {
    if (this.#rejected.size === 0) return
    this.#rejected.clear()
    this.#notRejected = null
    this.#whileChoked = null
  }

  #withoutRejected(): Bitfield {
    const pieces = this.#pieces.copy()
    for (const piece of this.#rejected) pieces.clear(piece)
    return pieces
  }

  #allowedNow(): Bitfield {
    if (this.#allowed.size === 0) return NOTHING
    const pieces = new Bitfield(this.#pieces.pieceCount)
    for (const value of this.#allowed) {
      const piece = value as PieceIndex
      if (value < pieces.pieceCount && this.#pieces.has(piece) && !this.#rejected.has(piece)) pieces.set(piece)
    }
    return pieces
  }
}

/** Most peers allow nothing, or nothing any more, and reject nothing: they share what is empty. Nobody adds to it. */
const NO_PIECES = new Set<never>() as Set<PieceIndex>
const NOTHING = new Bitfield(0)
