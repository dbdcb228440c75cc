/**
 * Picker: which block to ask a peer for next.
 *
 * In this order: the piece that the peer was asked for last, one on probation of which it is the source, one that failed,
 * open blocks of begun pieces, an untouched piece (rarest first; the strategy says), and in the endgame (no block is open anywhere) a duplicate for an idle peer. A
 * fast peer begins a piece of its own before it helps with others': its blocks come in a row, and no slower peer holds the
 * piece up. Sequential picking knows no own pieces: there the lowest piece with an open block comes first.
 *
 * Cost a block: independent of the number of pieces and of peers.
 * Limit: with HELD_BLOCKS_MAX blocks kept in pieces that are not whole, only a peer that owes nothing begins another.
 */
import { BLOCK_BYTES, type BlockRange, type Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { Random } from '../ports/random.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import { Availability } from './availability.ts'
import { BegunPieces, type ListName } from './begun-pieces.ts'
import { PartialPiece, type PeerKey } from './partial-piece.ts'
import type { PickStrategy } from './pick-strategy.ts'
import { Probation } from './probation.ts'

/** 128 MiB: eight pieces of 16 MiB, the largest in common use. */
export const HELD_BLOCKS_MAX = (128 * 1024 * 1024) / BLOCK_BYTES

/** Who asks, and what picking has to know of it. */
export interface Asker extends PickHint {
  readonly peer: PeerKey
  /** What it may be asked for. */
  readonly pieces: Bitfield
}

export interface PickHint {
  readonly nowMs: number
  /** It owes us nothing. */
  readonly isIdle: boolean
  /** At the rate at which it last sent, a whole piece takes it no more than WHOLE_PIECE_MS. */
  readonly isFast: boolean
  /** It kept us waiting and has sent nothing since: it gets no duplicates, of which a block has only so many. */
  readonly isSnubbed?: boolean
  /** Pieces that it would like to send (BEP 6); preferred among untouched ones by `rarest-first`. */
  readonly suggested?: Iterable<PieceIndex>
}

export interface Pick {
  readonly range: BlockRange
  /** `again`: its earlier request was lost, or its piece failed. `endgame`: another peer still owes it. */
  readonly why: 'first' | 'again' | 'endgame'
  /** The piece was taken from a peer that kept it too long: what that one owes of it is to be cancelled. */
  readonly takenFrom: { readonly peer: PeerKey; readonly ranges: readonly BlockRange[] } | null
}

export class Picker {
  /** Its list are the untouched pieces that are wanted. */
  readonly availability: Availability
  readonly begun: BegunPieces
  readonly #geometry: Geometry
  readonly #random: Random
  readonly #strategy: PickStrategy
  readonly #randomFirstPieces: number
  readonly #probation = new Probation()
  /** The piece that each peer was asked for last. */
  readonly #current = new Map<PeerKey, PartialPiece>()
  #startedCount = 0
  #begunCount = 0
  #heldBlocks = 0

  constructor(geometry: Geometry, random: Random, strategy: PickStrategy, randomFirstPieces: number) {
    this.availability = new Availability(geometry.pieceCount, strategy === 'rarest-first')
    this.begun = new BegunPieces(geometry.pieceCount)
    this.#geometry = geometry
    this.#random = random
    this.#strategy = strategy
    this.#randomFirstPieces = randomFirstPieces
  }

  /** All that is missing is asked of somebody. */
  get isEndgame(): boolean {
    return this.availability.listedCount === 0 && !this.begun.hasOpen && this.begun.size > 0
  }

  /** The next block, marked as asked; null when there is nothing for this peer. */
  pick(asker: Asker): Pick | null {
    const isRoomy = this.#heldBlocks < HELD_BLOCKS_MAX
    const beginsFirst = asker.isFast && isRoomy && this.#strategy !== 'sequential'
    const beginsLast = !beginsFirst && (asker.isIdle || isRoomy)
    return (
      this.#pickCurrent(asker) ??
      this.#pickOpen(asker, 'held') ??
      this.#pickOpen(asker, 'failed') ??
      (asker.isFast ? this.#takeOver(asker) : null) ??
      (beginsFirst ? this.#pickUntouched(asker) : null) ??
      this.#pickOpen(asker, 'shared') ??
      (beginsLast ? this.#pickUntouched(asker) : null) ??
      this.#pickOpen(asker, 'own') ??
      (asker.isIdle ? (this.#takeOver(asker) ?? this.#pickDuplicate(asker)) : null)
    )
  }

  /** All blocks of an untouched piece, or of one of which all are open. */
  pickWhole(peer: PeerKey, pieces: Bitfield): BlockRange[] {
    const begun = this.#unasked(pieces, 'failed') ?? this.#unasked(pieces, 'shared')
    const piece = begun === null ? this.#choose(pieces) : null
    const partial = piece === null ? begun : this.begin(piece, false)
    if (partial === null) return []
    const ranges = Array.from({ length: partial.blockCount }, () => partial.askOpen(peer)!.range)
    this.begun.changed(partial)
    return ranges
  }

  /** When, after `nowMs`, an idle peer may get what it did not get now; null when time alone changes nothing. */
  nextPickMs(nowMs: number): number | null {
    return this.#probation.nextDueMs(nowMs)
  }

  /** Its blocks are open again, unless another owes them; its own piece is anybody's. */
  release(peer: PeerKey, ranges: readonly BlockRange[]): void {
    const current = this.#current.get(peer)
    this.#current.delete(peer)
    if (current !== undefined) this.#share(current, peer)
    for (const range of ranges) {
      const partial = this.begun.get(range.piece)
      if (partial === undefined) continue
      partial.release(range, peer)
      if (partial.owner === peer) partial.owner = null
      this.begun.changed(partial)
    }
  }

  /** Null when the block is not taken; else the other peers that still owe it. A whole piece is begun no more. */
  receive(partial: PartialPiece, range: BlockRange, peer: PeerKey, bytes: Uint8Array): readonly PeerKey[] | null {
    const cancelAt = partial.receive(range, peer, bytes)
    if (cancelAt === null) return null
    this.#heldBlocks++
    if (partial.isWhole) this.drop(partial)
    else this.begun.changed(partial)
    return cancelAt
  }

  begin(piece: PieceIndex, afterFailure: boolean): PartialPiece {
    this.start(piece)
    const partial = new PartialPiece(this.#geometry, piece, afterFailure)
    this.begun.add(partial, this.#strategy === 'sequential' ? piece : this.#begunCount++)
    return partial
  }

  /** The piece is begun, or was here before: untouched no more. */
  start(piece: PieceIndex): void {
    if (!this.availability.isListed(piece)) return
    this.availability.take(piece)
    this.#startedCount++
  }

  /** Whole, or not wanted any more. */
  drop(partial: PartialPiece): void {
    this.#heldBlocks -= partial.hereCount
    this.begun.delete(partial)
    this.#probation.ended(partial)
  }

  #pickCurrent(asker: Asker): Pick | null {
    if (this.#strategy === 'sequential') return null
    const current = this.#current.get(asker.peer)
    if (current === undefined) return null
    if (!asker.isFast) this.#share(current, asker.peer)
    const isBegun = current.openCount > 0 && this.begun.get(current.piece) === current
    return isBegun && asker.pieces.has(current.piece) ? this.#ask(current, asker) : null
  }

  #pickOpen(asker: Asker, list: ListName): Pick | null {
    for (const { partial } of this.begun.listed(list)) {
      const pick = asker.pieces.has(partial.piece) ? this.#ask(partial, asker) : null
      if (pick !== null) return pick
    }
    return null
  }

  #pickUntouched(asker: Asker): Pick | null {
    const piece = this.#suggested(asker) ?? this.#choose(asker.pieces)
    if (piece === null) return null
    const partial = this.begin(piece, false)
    if (asker.isFast && this.#strategy !== 'sequential') partial.owner = asker.peer
    return this.#ask(partial, asker)
  }

  /** What a source kept too long begins anew, with this peer. */
  #takeOver(asker: Asker): Pick | null {
    const { peer, pieces, nowMs, isFast } = asker
    for (const { partial } of this.begun.listed('held')) {
      const former = partial.source
      if (former === null || former === peer || !pieces.has(partial.piece)) continue
      if (!this.#probation.isDue(nowMs, partial, isFast)) continue
      this.#heldBlocks -= partial.hereCount
      const ranges = partial.restart()
      return { ...this.#ask(partial, asker)!, takenFrom: { peer: former, ranges } }
    }
    return null
  }

  #pickDuplicate({ peer, pieces, isSnubbed = false }: Asker): Pick | null {
    if (!this.isEndgame || isSnubbed) return null
    return this.begun.firstOwed((partial) => {
      const range = pieces.has(partial.piece) ? partial.askDuplicate(peer) : null
      if (range === null) return null
      this.begun.changed(partial)
      return { range, why: 'endgame', takenFrom: null }
    })
  }

  #unasked(pieces: Bitfield, list: ListName): PartialPiece | null {
    return (
      this.begun.listed(list).find(({ partial }) => partial.isUntouched && pieces.has(partial.piece))?.partial ?? null
    )
  }

  #suggested({ pieces, suggested = [] }: Asker): PieceIndex | null {
    if (this.#strategy !== 'rarest-first') return null
    for (const piece of suggested) if (this.availability.isListed(piece) && pieces.has(piece)) return piece
    return null
  }

  #choose(pieces: Bitfield): PieceIndex | null {
    if (this.#strategy === 'sequential') return this.availability.first(pieces)
    const atRandom = this.#strategy === 'random' || this.#startedCount < this.#randomFirstPieces
    return atRandom ? this.availability.any(pieces, this.#random) : this.availability.rarest(pieces, this.#random)
  }

  #share(partial: PartialPiece, owner: PeerKey): void {
    if (partial.owner !== owner) return
    partial.owner = null
    if (this.begun.get(partial.piece) === partial) this.begun.changed(partial)
  }

  #ask(partial: PartialPiece, { peer, nowMs }: Asker): Pick | null {
    const asked = partial.askOpen(peer)
    if (asked === null) return null
    if (partial.onProbation) this.#probation.asked(nowMs, partial, peer)
    this.begun.changed(partial)
    if (this.#current.get(peer) !== partial) this.#current.set(peer, partial)
    return { range: asked.range, why: asked.again ? 'again' : 'first', takenFrom: null }
  }
}
