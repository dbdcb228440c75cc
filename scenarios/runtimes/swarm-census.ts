/**
 * The swarm as a whole: who is here, and how many copies there are of each piece. Clients of ours alone: what scripted
 * peers have is not counted. A client is *present* from its arrival until it leaves; it is a seed once it is complete.
 */
import type { PieceIndex } from '../../client/metainfo/geometry.ts'
import { Bitfield } from '../../client/wire/bitfield.ts'
import type { SwarmSample } from './runtime.ts'

interface Member {
  /** What it has; while it is away, what it had. */
  readonly pieces: Bitfield
  isPresent: boolean
}

export class SwarmCensus {
  readonly #pieceCount: number
  readonly #members = new Map<number, Member>()
  readonly #copies: Uint32Array
  #copiesTotal = 0
  #present = 0
  #complete = 0

  constructor(pieceCount: number) {
    this.#pieceCount = pieceCount
    this.#copies = new Uint32Array(pieceCount)
  }

  /** For the first time, or again with what it had. */
  arrived(client: number, isSeed: boolean): void {
    const pieces = isSeed ? Bitfield.full(this.#pieceCount) : new Bitfield(this.#pieceCount)
    const member = this.#members.get(client) ?? { pieces, isPresent: false }
    if (member.isPresent) return
    this.#members.set(client, member)
    member.isPresent = true
    this.#count(member, 1)
  }

  stored(client: number, piece: PieceIndex): void {
    const member = this.#members.get(client)
    if (member?.isPresent !== true || !member.pieces.set(piece)) return
    this.#copies[piece]!++
    this.#copiesTotal++
    if (member.pieces.isFull) this.#complete++
  }

  lost(client: number, piece: PieceIndex): void {
    const member = this.#members.get(client)
    if (member?.isPresent !== true) return
    const { isFull } = member.pieces
    if (!member.pieces.clear(piece)) return
    this.#copies[piece]!--
    this.#copiesTotal--
    if (isFull) this.#complete--
  }

  /** Whatever it was not seen to store it had on its disk. */
  completed(client: number): void {
    for (let piece = 0; piece < this.#pieceCount; piece++) this.stored(client, piece as PieceIndex)
  }

  left(client: number): void {
    this.away(client)
    this.#members.delete(client)
  }

  /** It may come back, with what it had. */
  away(client: number): void {
    const member = this.#members.get(client)
    if (member?.isPresent !== true) return
    member.isPresent = false
    this.#count(member, -1)
  }

  /** As it is now. */
  sample(tMs: number): SwarmSample {
    let rarest = this.#present
    for (const copies of this.#copies) if (copies < rarest) rarest = copies
    return {
      tMs,
      leechers: this.#present - this.#complete,
      seeds: this.#complete,
      rarestCopies: rarest,
      meanCopies: this.#copiesTotal / this.#pieceCount,
    }
  }

  #count({ pieces }: Member, step: 1 | -1): void {
    this.#present += step
    if (pieces.isFull) this.#complete += step
    if (pieces.setCount === 0) return
    for (let piece = 0; piece < this.#pieceCount; piece++) {
      if (pieces.has(piece as PieceIndex)) this.#copies[piece]! += step
    }
    this.#copiesTotal += step * pieces.setCount
  }
}
