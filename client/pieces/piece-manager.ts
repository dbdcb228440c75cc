/**
 * PieceManager: the status of every piece.
 *
 * A piece is in exactly one of these:
 * - *untouched* (status `missing`): nobody is asked for any of it, and nothing of it is kept;
 * - *downloading*: a PartialPiece says what each block waits for;
 * - *checking*: whole, on its way through hash and disk;
 * - *complete*: verified and stored.
 * A piece is *wanted* unless the selection of files leaves it out, and *missing* while it is wanted and not complete.
 * What is not wanted is never asked for.
 *
 * Not here: which block comes next (picker), what becomes of a whole piece (swarm).
 */
import type { BlockRange, Geometry, PieceIndex } from '../metainfo/geometry.ts'
import type { Random } from '../ports/random.ts'
import { Bitfield } from '../wire/bitfield.ts'
import type { PartialPiece, PeerKey } from './partial-piece.ts'
import type { PickStrategy } from './pick-strategy.ts'
import { type Pick, Picker, type PickHint } from './picker.ts'

/** A peer that just came needs some piece soon, to have something to give; a rare one comes from few (libtorrent: 4). */
const RANDOM_FIRST_PIECES = 4

export interface PieceManagerOptions {
  readonly strategy?: PickStrategy
  /** Of `rarest-first`: how many pieces are begun at random before; those that were on the disk count. */
  readonly randomFirstPieces?: number
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
  readonly #picker: Picker
  readonly #checking = new Set<PieceIndex>()
  /** Null: all are. */
  #wanted: Bitfield | null = null
  readonly #missing: Bitfield

  constructor(geometry: Geometry, random: Random, options: PieceManagerOptions = {}) {
    const { strategy = 'rarest-first', randomFirstPieces = RANDOM_FIRST_PIECES } = options
    this.geometry = geometry
    this.complete = new Bitfield(geometry.pieceCount)
    this.#missing = Bitfield.full(geometry.pieceCount)
    this.#picker = new Picker(geometry, random, strategy, randomFirstPieces)
  }

  /** All that is wanted is here. */
  get isComplete(): boolean {
    return this.#missing.setCount === 0
  }
  /** Missing pieces. */
  get piecesLeft(): number {
    return this.#missing.setCount
  }
  get wantedCount(): number {
    return this.#wanted?.setCount ?? this.geometry.pieceCount
  }
  /** All that is missing is asked of somebody: peers that owe nothing may be asked for what others owe. */
  get isEndgame(): boolean {
    return this.#picker.isEndgame
  }

  isWanted(piece: PieceIndex): boolean {
    return this.#wanted?.has(piece) ?? true
  }

  isMissing(piece: PieceIndex): boolean {
    return this.#missing.has(piece)
  }

  /** How many of these pieces are missing; of a peer that told nothing yet (a bitfield of no pieces), none. */
  missingOf(pieces: Bitfield): number {
    return this.#missing.countCommon(pieces)
  }

  statusOf(piece: PieceIndex): PieceStatus {
    if (this.complete.has(piece)) return 'complete'
    if (this.#checking.has(piece)) return 'checking'
    return this.#picker.begun.has(piece) ? 'downloading' : 'missing'
  }

  /**
   * From here on only these pieces are wanted; null is all. What was begun of others is dropped. Gives the requests that
   * are to be cancelled.
   */
  setWanted(pieces: Bitfield | null): { readonly peer: PeerKey; readonly range: BlockRange }[] {
    const { availability, begun } = this.#picker
    this.#wanted = pieces?.copy() ?? null
    const dropped = begun.all().filter(({ piece }) => !this.isWanted(piece))
    for (const partial of dropped) this.#picker.drop(partial)
    for (let index = 0; index < this.geometry.pieceCount; index++) {
      const piece = index as PieceIndex
      const isMissing = this.isWanted(piece) && !this.complete.has(piece)
      if (isMissing) this.#missing.set(piece)
      else this.#missing.clear(piece)
      if (isMissing && this.statusOf(piece) === 'missing') availability.give(piece)
      else availability.take(piece)
    }
    return dropped.flatMap((partial) => partial.owed())
  }

  // Peers: what they have, as it becomes known.

  peerHasThese(pieces: Bitfield): void {
    this.#picker.availability.addAll(pieces, 1)
  }

  peerHas(piece: PieceIndex): void {
    this.#picker.availability.addOne(piece, 1)
  }

  /** It has the piece no more (BEP 54). */
  peerLost(piece: PieceIndex): void {
    this.#picker.availability.addOne(piece, -1)
  }

  peerGone(pieces: Bitfield): void {
    this.#picker.availability.addAll(pieces, -1)
  }

  // What is asked for.

  /** The next block to ask `peer` for, marked as asked; null when `pieces` hold nothing for it. */
  pick(peer: PeerKey, pieces: Bitfield, { suggested = NONE, ...hint }: PickHint): Pick | null {
    return this.#picker.pick({ ...hint, peer, pieces, suggested })
  }

  /** All blocks of a piece of which nobody was asked for any, asked of `peer` now; none when `pieces` hold none. */
  pickWhole(peer: PeerKey, pieces: Bitfield): BlockRange[] {
    return this.#picker.pickWhole(peer, pieces)
  }

  /** When, after `nowMs`, an idle peer may get what it did not get now; null when time alone changes nothing. */
  nextPickMs(nowMs: number): number | null {
    return this.#picker.nextPickMs(nowMs)
  }

  /** Blocks that `peer` will not send after all: open again, unless another owes them. To be called, too, when it goes. */
  release(peer: PeerKey, ranges: readonly BlockRange[]): void {
    this.#picker.release(peer, ranges)
  }

  // What came in.

  received(range: BlockRange, peer: PeerKey, bytes: Uint8Array): Received {
    const partial = this.#picker.begun.get(range.piece)
    if (partial === undefined) return WASTED
    const cancelAt = this.#picker.receive(partial, range, peer, bytes)
    if (cancelAt === null) return WASTED
    if (!partial.isWhole) return { kind: 'kept', cancelAt, whole: null }
    this.#checking.add(range.piece)
    return { kind: 'kept', cancelAt, whole: partial }
  }

  /** The piece is verified, and where it belongs on the disk. */
  stored(piece: PieceIndex): void {
    this.#picker.start(piece)
    this.#checking.delete(piece)
    this.complete.set(piece)
    this.#missing.clear(piece)
  }

  /** A piece that was checked did not match its hash, or could not be stored: its blocks are open again. */
  failed(piece: PieceIndex): void {
    this.#checking.delete(piece)
    if (this.isWanted(piece)) this.#picker.begin(piece, true)
  }

  /** A complete piece cannot be read any more: it is to be had anew. */
  lost(piece: PieceIndex): void {
    if (!this.complete.clear(piece) || !this.isWanted(piece)) return
    this.#missing.set(piece)
    this.#picker.availability.give(piece)
  }
}

const WASTED: Received = { kind: 'wasted' }
const NONE: readonly PieceIndex[] = []
