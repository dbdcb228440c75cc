/**
 * PieceManager: the status of every piece, and which block to ask a peer for next.
 *
 * A piece is in exactly one of these:
 * - *missing*: nobody was ever asked for any of it (Availability calls it wanted);
 * - *downloading*: a PartialPiece says what each block waits for;
 * - *checking*: whole, on its way through hash and disk;
 * - *complete*: verified and stored.
 *
 * Picking, in this order: open blocks of pieces already begun (whole pieces soon: only those can be shared), the rarest
 * missing piece with random tie-break, and in the endgame (no block is open anywhere) one duplicate for an idle peer.
 */
import type { BlockRange, Geometry, PieceIndex } from '../metainfo/geometry.ts'
import type { Random } from '../ports/random.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { Availability } from './availability.ts'
import { PartialPiece, type PeerKey } from './partial-piece.ts'

export interface Pick {
  readonly range: BlockRange
  /** `again`: its earlier request was lost, or its piece failed. `endgame`: another peer still owes it. */
  readonly why: 'first' | 'again' | 'endgame'
}

export type Received =
  | { readonly kind: 'wasted' }
  /** `cancelAt`: other peers that were asked for the block too. `whole`: the piece can be checked now. */
  | { readonly kind: 'kept'; readonly cancelAt: readonly PeerKey[]; readonly whole: PartialPiece | null }

export type PieceStatus = 'missing' | 'downloading' | 'checking' | 'complete'

export class PieceManager {
  readonly geometry: Geometry
  /** Verified and stored. Not to be changed by others. */
  readonly complete: Bitfield
  readonly #random: Random
  readonly #availability: Availability
  readonly #downloading = new Map<PieceIndex, PartialPiece>()
  /** Those of them that have open blocks, in the order in which they came to have some. */
  readonly #open = new Set<PartialPiece>()
  readonly #checking = new Set<PieceIndex>()

  constructor(geometry: Geometry, random: Random) {
    this.geometry = geometry
    this.complete = new Bitfield(geometry.pieceCount)
    this.#random = random
    this.#availability = new Availability(geometry.pieceCount)
  }

  get isComplete(): boolean {
    return this.complete.isFull
  }
  get piecesLeft(): number {
    return this.geometry.pieceCount - this.complete.setCount
  }
  /** All that is not here is asked of somebody. */
  get isEndgame(): boolean {
    return this.#availability.wantedCount === 0 && this.#open.size === 0 && this.#downloading.size > 0
  }

  statusOf(piece: PieceIndex): PieceStatus {
    if (this.complete.has(piece)) return 'complete'
    if (this.#checking.has(piece)) return 'checking'
    return this.#downloading.has(piece) ? 'downloading' : 'missing'
  }

  // Peers: what they have, as it becomes known.

  peerHasThese(pieces: Bitfield): void {
    this.#availability.addAll(pieces, 1)
  }

  /** `completes`: with it the peer has every piece. */
  peerHas(piece: PieceIndex, completes: boolean): void {
    this.#availability.addOne(piece, completes)
  }

  peerGone(pieces: Bitfield): void {
    this.#availability.addAll(pieces, -1)
  }

  /** How many of these pieces are not complete here. */
  missingOf(pieces: Bitfield): number {
    if (pieces.isFull) return this.piecesLeft
    let count = 0
    for (let piece = 0; piece < pieces.pieceCount; piece++) {
      if (pieces.has(piece as PieceIndex) && !this.complete.has(piece as PieceIndex)) count++
    }
    return count
  }

  // Picking.

  /** The next block to ask `peer` for, marked as asked; null when there is nothing for it. */
  pick(peer: PeerKey, pieces: Bitfield, peerIsIdle: boolean): Pick | null {
    const pick = this.#pickOpen(peer, pieces) ?? this.#pickMissing(peer, pieces)
    return pick ?? (peerIsIdle && this.isEndgame ? this.#pickDuplicate(peer, pieces) : null)
  }

  /** Blocks that `peer` will not send after all: open again, unless another owes them. */
  release(peer: PeerKey, ranges: readonly BlockRange[]): void {
    for (const range of ranges) {
      const partial = this.#downloading.get(range.piece)
      if (partial === undefined) continue
      partial.release(range, peer)
      if (partial.openCount > 0) this.#open.add(partial)
    }
  }

  // What came in.

  received(range: BlockRange, peer: PeerKey, bytes: Uint8Array): Received {
    const partial = this.#downloading.get(range.piece)
    const cancelAt = partial?.receive(range, peer, bytes) ?? null
    if (partial === undefined || cancelAt === null) return { kind: 'wasted' }
    if (partial.openCount === 0) this.#open.delete(partial)
    if (!partial.isWhole) return { kind: 'kept', cancelAt, whole: null }
    this.#downloading.delete(range.piece)
    this.#checking.add(range.piece)
    return { kind: 'kept', cancelAt, whole: partial }
  }

  /** The piece is verified, and where it belongs on the disk. */
  stored(piece: PieceIndex): void {
    this.#availability.take(piece)
    this.#checking.delete(piece)
    this.complete.set(piece)
  }

  /** A piece that was checked did not match its hash, or could not be stored: its blocks are open again. */
  failed(piece: PieceIndex): void {
    this.#checking.delete(piece)
    this.#begin(piece, true)
  }

  #pickOpen(peer: PeerKey, pieces: Bitfield): Pick | null {
    for (const partial of this.#open) {
      if (!pieces.has(partial.piece)) continue
      const asked = this.#ask(partial, peer)
      if (asked !== null) return asked
    }
    return null
  }

  #pickMissing(peer: PeerKey, pieces: Bitfield): Pick | null {
    const piece = this.#availability.rarest(pieces, this.#random)
    if (piece === null) return null
    this.#availability.take(piece)
    return this.#ask(this.#begin(piece, false), peer)
  }

  #pickDuplicate(peer: PeerKey, pieces: Bitfield): Pick | null {
    let best: { partial: PartialPiece; range: BlockRange; askedOfCount: number } | null = null
    for (const partial of this.#downloading.values()) {
      if (!pieces.has(partial.piece)) continue
      const candidate = partial.fewestAsked(peer)
      if (candidate !== null && (best === null || candidate.askedOfCount < best.askedOfCount)) {
        best = { partial, ...candidate }
      }
    }
    if (best === null) return null
    best.partial.askDuplicate(best.range, peer)
    return { range: best.range, why: 'endgame' }
  }

  #begin(piece: PieceIndex, afterFailure: boolean): PartialPiece {
    const partial = new PartialPiece(this.geometry, piece, afterFailure)
    this.#downloading.set(piece, partial)
    this.#open.add(partial)
    return partial
  }

  #ask(partial: PartialPiece, peer: PeerKey): Pick | null {
    const asked = partial.askOpen(peer)
    if (asked === null) return null
    if (partial.openCount === 0) this.#open.delete(partial)
    return { range: asked.range, why: asked.again ? 'again' : 'first' }
  }
}
