/**
 * Availability: how many connected peers have each piece, and the order in which pieces are begun: rarest first (BEP 3
 * leaves it to the client), at random, or by their index.
 *
 * A piece is *listed* while it is wanted and nobody is asked for any of it. Listed pieces stand in `#order`, the rarest
 * last, in buckets of equal availability, so that taking a rare one moves few others. A peer that has more than half is
 * counted in `#everywhere`, and what it lacks against it: only the sum of both counts means something.
 *
 * A choice looks at a bounded number of pieces, however many there are and whatever the peer has. Where a peer has none
 * of the LOOKS_MAX rarest, the piece is the rarest of a sample; where it has so little that the sample misses it, the
 * bitfields are compared, 32 pieces at a time.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { Random } from '../ports/random.ts'
import { Bitfield } from '../wire/bitfield.ts'

const NOWHERE = -1
/** Pieces gone through one by one, from the rarest on. */
export const LOOKS_MAX = 256
/** Guesses before a bucket is gone through: one is enough for a peer that has everything. */
const PROBES = 8
/** Guesses in a bucket too big to be gone through: a peer that has a quarter of it is served all but once in 10,000. */
const BIG_BUCKET_PROBES = 32
/** Guesses among all: the rarest of 64 is among the rarest 2 % of what the peer has. */
const SAMPLES = 64
/** Empty buckets kept below the rarest; where counts drift (peers come empty and leave full) the rest is cut off. */
const EMPTY_BUCKETS_MAX = 1_024

export class Availability {
  /** Of piece p: at 2p the peers that have it, less `#everywhere`; at 2p + 1 where it is in `#order`, or NOWHERE. */
  readonly #table: Int32Array
  readonly #order: Uint32Array
  readonly #isSorted: boolean
  #listedCount: number
  /** Every listed piece, and some that were; those are found out when they are come upon. */
  readonly #perhapsListed: Bitfield
  /** Where each bucket begins in `#order`; it ends where the one below begins. Bucket b holds counts of `#base` + b. */
  readonly #starts: number[] = [0]
  #base = 0
  /** The bucket of the rarest listed pieces; the buckets below it mean nothing. */
  #lowest = 0
  #everywhere = 0
  /** No piece before this one is listed. */
  #firstListed = 0

  /** All pieces listed, none available. Not sorted, all stand in one bucket: it is cheaper, and `rarest` is any. */
  constructor(pieceCount: number, isSorted = true) {
    this.#isSorted = isSorted
    this.#table = new Int32Array(2 * pieceCount)
    this.#order = new Uint32Array(pieceCount)
    for (let piece = 0; piece < pieceCount; piece++) this.#place(piece, piece)
    this.#listedCount = pieceCount
    this.#perhapsListed = Bitfield.full(pieceCount)
  }

  /** Connected peers that have the piece. */
  of(piece: PieceIndex): number {
    return this.#table[2 * piece]! + this.#everywhere
  }

  get listedCount(): number {
    return this.#listedCount
  }

  isListed(piece: PieceIndex): boolean {
    return this.#table[2 * piece + 1] !== NOWHERE
  }

  /** A peer with these pieces came (+1) or went (-1). */
  addAll(pieces: Bitfield, change: 1 | -1): void {
    const hasMost = pieces.setCount * 2 > pieces.pieceCount
    if (hasMost) this.#everywhere += change
    if (pieces.isFull || pieces.setCount === 0) return
    for (let piece = 0; piece < pieces.pieceCount; piece++) {
      if (pieces.has(piece as PieceIndex) === hasMost) continue
      this.addOne(piece as PieceIndex, hasMost ? (-change as 1 | -1) : change)
    }
  }

  /** A peer has one piece more (+1) or less (-1). */
  addOne(piece: PieceIndex, change: 1 | -1): void {
    const from = this.#table[2 * piece]!
    this.#table[2 * piece] = from + change
    if (!this.#isSorted || !this.isListed(piece)) return
    if (change === 1) this.#rise(piece, from - this.#base)
    else this.#fall(piece, from - this.#base)
  }

  // Choosing. Each gives null when the peer has none of the listed pieces.

  /** The rarest listed piece among `pieces`; between equals, a random one. */
  rarest(pieces: Bitfield, random: Random): PieceIndex | null {
    if (this.listedCount === 0 || pieces.setCount === 0) return null
    let looksLeft = LOOKS_MAX
    let sawAll = true
    for (let bucket = this.#lowest; bucket < this.#starts.length && looksLeft > 0; bucket++) {
      const start = this.#starts[bucket]!
      const end = this.#endOf(bucket)
      const isSmall = end - start <= looksLeft
      const guessed =
        start === end ? null : this.#guess(start, end, isSmall ? PROBES : BIG_BUCKET_PROBES, pieces, random)
      const piece = guessed === null && isSmall ? this.#oneOf(start, end, pieces, random) : guessed
      if (piece !== null) return piece
      looksLeft -= isSmall ? end - start : BIG_BUCKET_PROBES
      sawAll &&= isSmall
    }
    if (sawAll && looksLeft > 0) return null
    return this.#rarestOfSample(pieces, random) ?? this.#rarestOfAll(pieces, random)
  }

  /** Any listed piece among `pieces`, each as likely as any other. */
  any(pieces: Bitfield, random: Random): PieceIndex | null {
    if (this.listedCount === 0) return null
    const guessed = this.#guess(0, this.listedCount, BIG_BUCKET_PROBES, pieces, random)
    if (guessed !== null) return guessed
    const had: PieceIndex[] = []
    for (let piece = this.first(pieces); piece !== null; piece = this.#next(pieces, piece + 1)) had.push(piece)
    return had.length === 0 ? null : had[random.below(had.length)]!
  }

  /** The listed piece among `pieces` that has the lowest index. */
  first(pieces: Bitfield): PieceIndex | null {
    const { pieceCount } = this.#perhapsListed
    while (this.#firstListed < pieceCount && !this.isListed(this.#firstListed as PieceIndex)) this.#firstListed++
    return this.#next(pieces, this.#firstListed)
  }

  // The list.

  /** The piece is begun, here, or not wanted: not listed any more. */
  take(piece: PieceIndex): void {
    if (!this.isListed(piece)) return
    // The last piece of each bucket from its own down to the rarest moves up, so that the hole ends up behind all.
    let hole = this.#table[2 * piece + 1]!
    for (let bucket = this.#bucketOf(piece); bucket > this.#lowest; bucket--) {
      hole = this.#moveTo(hole, --this.#starts[bucket - 1]!)
    }
    this.#moveTo(hole, --this.#listedCount)
    this.#table[2 * piece + 1] = NOWHERE
    this.#skipEmpty()
  }

  /** The piece is listed (again). */
  give(piece: PieceIndex): void {
    if (this.isListed(piece)) return
    const count = this.#listedCount++
    this.#perhapsListed.set(piece)
    this.#firstListed = Math.min(this.#firstListed, piece)
    const bucket = this.#bucketOf(piece)
    if (count === 0 || bucket < this.#lowest) {
      this.#starts.fill(count, bucket, count === 0 ? this.#starts.length : this.#lowest)
      this.#lowest = bucket
    }
    // The first piece of each bucket from the rarest up to its own moves down, so that there is a hole for it.
    let hole = count
    for (let each = this.#lowest; each < bucket; each++) hole = this.#moveTo(hole, this.#starts[each]!++)
    this.#place(piece, hole)
  }

  #endOf(bucket: number): number {
    return bucket === this.#lowest ? this.listedCount : this.#starts[bucket - 1]!
  }

  #bucketOf(piece: PieceIndex): number {
    return this.#isSorted ? this.#bucketFor(this.#table[2 * piece]!) : 0
  }

  /** The bucket of this count, which exists from here on. */
  #bucketFor(count: number): number {
    for (; count < this.#base; this.#base--, this.#lowest++) this.#starts.unshift(0)
    while (this.#starts.length <= count - this.#base) this.#starts.push(0)
    return count - this.#base
  }

  /** To the start of its bucket, where the bucket above then ends behind it. */
  #rise(piece: number, bucket: number): void {
    if (bucket + 1 === this.#starts.length) this.#starts.push(0)
    this.#swap(this.#table[2 * piece + 1]!, this.#starts[bucket]!++)
    if (bucket === this.#lowest) this.#skipEmpty()
  }

  /** To the end of its bucket, where the bucket below then begins. */
  #fall(piece: number, fromBucket: number): void {
    const bucket = this.#bucketFor(fromBucket + this.#base - 1) + 1
    if (bucket === this.#lowest) this.#starts[--this.#lowest] = this.listedCount
    this.#swap(this.#table[2 * piece + 1]!, --this.#starts[bucket - 1]!)
  }

  #skipEmpty(): void {
    const top = this.#starts.length - 1
    while (this.#lowest < top && this.#starts[this.#lowest] === this.listedCount) this.#lowest++
    if (this.#lowest <= EMPTY_BUCKETS_MAX) return
    this.#starts.splice(0, this.#lowest)
    this.#base += this.#lowest
    this.#lowest = 0
  }

  /** One of `pieces` in this part of the order, each as likely as any other, by luck. */
  #guess(start: number, end: number, probes: number, pieces: Bitfield, random: Random): PieceIndex | null {
    const hasAll = pieces.isFull
    for (let probe = 0; probe < probes; probe++) {
      const piece = this.#order[start + random.below(end - start)] as PieceIndex
      if (hasAll || pieces.has(piece)) return piece
    }
    return null
  }

  /** The same, by going through all. */
  #oneOf(start: number, end: number, pieces: Bitfield, random: Random): PieceIndex | null {
    const had: PieceIndex[] = []
    for (let at = start; at < end; at++) {
      const piece = this.#order[at] as PieceIndex
      if (pieces.has(piece)) had.push(piece)
    }
    return had.length === 0 ? null : had[random.below(had.length)]!
  }

  #rarestOfSample(pieces: Bitfield, random: Random): PieceIndex | null {
    let best: PieceIndex | null = null
    for (let sample = 0; sample < SAMPLES; sample++) {
      const piece = this.#order[random.below(this.listedCount)] as PieceIndex
      if (pieces.has(piece) && (best === null || this.of(piece) < this.of(best))) best = piece
    }
    return best
  }

  #rarestOfAll(pieces: Bitfield, random: Random): PieceIndex | null {
    let best: PieceIndex | null = null
    let equals = 0
    for (let piece = this.first(pieces); piece !== null; piece = this.#next(pieces, piece + 1)) {
      const difference = best === null ? -1 : this.of(piece) - this.of(best)
      if (difference > 0) continue
      equals = difference === 0 ? equals + 1 : 1
      if (equals === 1 || random.below(equals) === 0) best = piece
    }
    return best
  }

  #next(pieces: Bitfield, from: number): PieceIndex | null {
    let piece = this.#perhapsListed.firstCommon(pieces, from)
    while (piece !== null && !this.isListed(piece)) {
      this.#perhapsListed.clear(piece)
      piece = this.#perhapsListed.firstCommon(pieces, piece + 1)
    }
    return piece
  }

  #swap(a: number, b: number): void {
    const pieceA = this.#order[a]!
    this.#place(this.#order[b]!, a)
    this.#place(pieceA, b)
  }

  /** The piece at `from` fills the hole; gives the new hole. */
  #moveTo(hole: number, from: number): number {
    if (from !== hole) this.#place(this.#order[from]!, hole)
    return from
  }

  #place(piece: number, position: number): void {
    this.#order[position] = piece
    this.#table[2 * piece + 1] = position
  }
}
