/**
 * A piece on its way: what each of its blocks is waiting for.
 *
 * A block is in exactly one of these: *open* (nobody is asked), *asked* (one or more peers owe it), *here*.
 *
 * A piece that failed its hash is *on probation*: it has one source at a time, so that a second failure most likely has
 * one culprit. While a peer owes blocks of it no other is asked, and what another sends is not taken. Duplicates of the
 * endgame are no exception: liars that are faster than the honest peer would spoil every copy, and never be found out.
 */
import type { BlockRange, Geometry, PieceIndex } from '../metainfo/geometry.ts'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'

/** Names a peer while it is connected; a number, since numbers have an order that repeats. */
export type PeerKey = number

interface Block {
  /** Peers that owe it, in the order they were asked; empty when open or here. */
  askedOf: PeerKey[]
  bytes: Uint8Array | null
  /** Who sent it. */
  from: PeerKey | null
  askedBefore: boolean
}

export class PartialPiece {
  readonly piece: PieceIndex
  readonly onProbation: boolean
  readonly #geometry: Geometry
  readonly #blocks: Block[]
  #openCount: number
  /** No block before this one is open. */
  #openFrom = 0
  #hereCount = 0

  constructor(geometry: Geometry, piece: PieceIndex, afterFailure: boolean) {
    this.piece = piece
    this.onProbation = afterFailure
    this.#geometry = geometry
    this.#openCount = geometry.blockCount(piece)
    this.#blocks = Array.from({ length: this.#openCount }, () => ({
      askedOf: [],
      bytes: null,
      from: null,
      askedBefore: afterFailure,
    }))
  }

  get openCount(): number {
    return this.#openCount
  }
  get isWhole(): boolean {
    return this.#hereCount === this.#blocks.length
  }
  /** Of a whole piece, in order. */
  get parts(): Uint8Array[] {
    return this.#blocks.map((block) => block.bytes!)
  }
  /** Who sent each block of a whole piece. */
  get senders(): PeerKey[] {
    return this.#blocks.map((block) => block.from!)
  }

  /** The first open block, now owed by `peer`; null when none is open to it. */
  askOpen(peer: PeerKey): { range: BlockRange; again: boolean } | null {
    if (this.#openCount === 0 || this.#hasOtherSource(peer)) return null
    while (!isOpen(this.#blocks[this.#openFrom]!)) this.#openFrom++
    const index = this.#openFrom++
    const block = this.#blocks[index]!
    const again = block.askedBefore
    block.askedOf.push(peer)
    block.askedBefore = true
    this.#openCount--
    return { range: this.#geometry.block(this.piece, index), again }
  }

  /** For the endgame: the block that fewest others owe, and `peer` not yet. */
  fewestAsked(peer: PeerKey): { range: BlockRange; askedOfCount: number } | null {
    if (this.onProbation) return null
    let best: { index: number; askedOfCount: number } | null = null
    for (const [index, block] of this.#blocks.entries()) {
      const askedOfCount = block.askedOf.length
      if (askedOfCount === 0 || block.askedOf.includes(peer)) continue
      if (best === null || askedOfCount < best.askedOfCount) best = { index, askedOfCount }
    }
    return best === null
      ? null
      : { range: this.#geometry.block(this.piece, best.index), askedOfCount: best.askedOfCount }
  }

  askDuplicate(range: BlockRange, peer: PeerKey): void {
    this.#block(range).askedOf.push(peer)
  }

  /** `peer` owes the block no more (choke, time-out, gone). */
  release(range: BlockRange, peer: PeerKey): void {
    const index = range.offsetBytes / BLOCK_BYTES
    const block = this.#blocks[index]!
    const at = block.askedOf.indexOf(peer)
    if (at === -1) return
    block.askedOf.splice(at, 1)
    if (block.askedOf.length > 0) return
    this.#openCount++
    this.#openFrom = Math.min(this.#openFrom, index)
  }

  /** Null when it is not taken: the block was here already; else the other peers that still owe it. */
  receive(range: BlockRange, peer: PeerKey, bytes: Uint8Array): PeerKey[] | null {
    const block = this.#block(range)
    if (block.bytes !== null || this.#hasOtherSource(peer)) return null
    if (block.askedOf.length === 0) this.#openCount--
    const others = block.askedOf.filter((other) => other !== peer)
    block.askedOf = []
    block.bytes = bytes
    block.from = peer
    this.#hereCount++
    return others
  }

  /** On probation: does another peer owe any of it? */
  #hasOtherSource(peer: PeerKey): boolean {
    return this.onProbation && this.#blocks.some((block) => block.askedOf.some((other) => other !== peer))
  }

  #block(range: BlockRange): Block {
    return this.#blocks[range.offsetBytes / BLOCK_BYTES]!
  }
}

function isOpen(block: Block): boolean {
  return block.bytes === null && block.askedOf.length === 0
}
