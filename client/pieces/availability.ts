/**
 * Availability: how many connected peers have each piece, kept as buckets so that the rarest wanted piece is found
 * without a scan (rarest first, BEP 3 leaves it to the client; the structure is libtorrent's).
 *
 * A piece is *wanted* while nobody is asked for any of it. Wanted pieces stand in `#order`, sorted by availability;
 * `#bucketEnd[a]` is where those of availability `a` end. A peer that has everything is counted apart: it makes no
 * piece rarer than another.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { Random } from '../ports/random.ts'
import type { Bitfield } from '../wire/bitfield.ts'

export class Availability {
  readonly #counts: Uint16Array
  readonly #order: Uint32Array
  readonly #position: Int32Array
  readonly #bucketEnd: number[]
  #everywhere = 0

  /** All pieces wanted, none available. */
  constructor(pieceCount: number) {
    this.#counts = new Uint16Array(pieceCount)
    this.#order = Uint32Array.from({ length: pieceCount }, (_, piece) => piece)
    this.#position = Int32Array.from({ length: pieceCount }, (_, piece) => piece)
    this.#bucketEnd = [pieceCount]
  }

  /** Connected peers that have the piece. */
  of(piece: PieceIndex): number {
    return this.#counts[piece]! + this.#everywhere
  }

  get wantedCount(): number {
    return this.#bucketEnd.at(-1)!
  }

  /** A peer with these pieces came (+1) or went (-1). */
  addAll(pieces: Bitfield, change: 1 | -1): void {
    if (pieces.isFull) {
      this.#everywhere += change
      return
    }
    for (let piece = 0; piece < pieces.pieceCount; piece++) {
      if (pieces.has(piece as PieceIndex)) this.#change(piece as PieceIndex, change)
    }
  }

  /** A peer got one more piece. With its last (`completes`) it moves to the count apart. */
  addOne(piece: PieceIndex, completes: boolean): void {
    this.#change(piece, 1)
    if (!completes) return
    for (let each = 0; each < this.#counts.length; each++) this.#change(each as PieceIndex, -1)
    this.#everywhere++
  }

  /** The rarest wanted piece among `pieces`; between equals, a random one. Null when there is none. */
  rarest(pieces: Bitfield, random: Random): PieceIndex | null {
    let start = 0
    for (const end of this.#bucketEnd) {
      const piece = start < end ? this.#anyOf(start, end, pieces, random) : null
      if (piece !== null) return piece
      start = end
    }
    return null
  }

  /** The piece is begun, or here: no longer wanted. There is no way back; a begun piece stays begun. */
  take(piece: PieceIndex): void {
    let hole = this.#position[piece]!
    if (hole === NOWHERE) return
    // The last piece of each bucket from its own on moves down, so that the hole ends up behind all of them.
    for (let bucket = this.#counts[piece]!; bucket < this.#bucketEnd.length; bucket++) {
      const last = --this.#bucketEnd[bucket]!
      // The hole is at the end already when it was the last there, or when the bucket is empty.
      if (last !== hole) this.#place(this.#order[last]!, hole)
      hole = last
    }
    this.#position[piece] = NOWHERE
  }

  /** One of `pieces` in this part of the order, each as likely as any other; null when there is none. */
  #anyOf(start: number, end: number, pieces: Bitfield, random: Random): PieceIndex | null {
    for (let probe = 0; probe < PROBES; probe++) {
      const piece = this.#order[start + random.below(end - start)] as PieceIndex
      if (pieces.has(piece)) return piece
    }
    const had: PieceIndex[] = []
    for (let at = start; at < end; at++) {
      const piece = this.#order[at] as PieceIndex
      if (pieces.has(piece)) had.push(piece)
    }
    return had.length === 0 ? null : had[random.below(had.length)]!
  }

  #change(piece: PieceIndex, change: 1 | -1): void {
    const from = this.#counts[piece]!
    this.#counts[piece] = from + change
    const position = this.#position[piece]!
    if (position === NOWHERE) return
    if (change === 1) {
      // To the end of its bucket, whose end then moves in front of it.
      this.#growTo(from + 1)
      this.#swap(position, --this.#bucketEnd[from]!)
    } else {
      // To the start of its bucket, where the bucket below then ends behind it.
      this.#swap(position, this.#bucketEnd[from - 1]!++)
    }
  }

  #growTo(availability: number): void {
    while (this.#bucketEnd.length <= availability) this.#bucketEnd.push(this.wantedCount)
  }

  #swap(a: number, b: number): void {
    const pieceA = this.#order[a]!
    this.#place(this.#order[b]!, a)
    this.#place(pieceA, b)
  }

  #place(piece: number, position: number): void {
    this.#order[position] = piece
    this.#position[piece] = position
  }
}

const NOWHERE = -1
/** Guesses before a bucket is gone through: one is enough for a peer that has everything. */
const PROBES = 4
