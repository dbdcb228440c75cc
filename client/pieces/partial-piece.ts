/**
 * A piece on its way: what each of its blocks is waiting for.
 *
 * A block is in exactly one of these: *open* (nobody is asked), *asked* (one or more peers owe it), *here*.
 *
 * A piece that failed its hash is *on probation*: it has one source at a time, so that a second failure most likely has
 * one culprit. While a peer owes blocks of it no other is asked, and what another sends is not taken. Duplicates of the
 * endgame are no exception: liars that are faster than the honest peer would spoil every copy, and never be found out.
 * A source that takes its time can be replaced: then the piece begins anew, and no block of the former is in it.
 */
import { BLOCK_BYTES, type BlockRange, type Geometry, type PieceIndex } from '../metainfo/geometry.ts'

/** Names a peer while it is connected; a number, since numbers have an order that repeats. Web seeds are below zero. */
export type PeerKey = number

/** Peers that may owe a block at once: one that never sends cannot keep it from an honest one, and waste is bounded. */
export const OWED_BY_MAX = 20

/** A peer that sends a piece within this is fast: it gets whole pieces of its own (libtorrent's figure, 20 s). */
export const WHOLE_PIECE_MS = 20_000

/** Stands in `#owedByCount` for a block that is here. */
const HERE = -1
const NONE: readonly PeerKey[] = []

export class PartialPiece {
  readonly piece: PieceIndex
  readonly onProbation: boolean
  readonly blockCount: number
  /** The fast peer that has the piece for itself; null when whoever asks may help with it. */
  owner: PeerKey | null = null
  readonly #geometry: Geometry
  /** Of each block, how many peers owe it; 0 is open. */
  readonly #owedByCount: number[]
  /** The peer that was asked first; of a block that is here, the one that sent it; null where nobody ever was asked. */
  readonly #peer: (PeerKey | null)[]
  /** The peers that owe a block besides. */
  #alsoOwedBy: Map<number, PeerKey[]> | null = null
  readonly #bytes: (Uint8Array | null)[]
  /** How many blocks are owed by so many peers. The first counts open ones. */
  readonly #blocksOwedBy: number[]
  /** No block before this one is open. */
  #openFrom = 0
  #hereCount = 0
  /** Who was asked last. */
  #source: PeerKey | null = null
  #restartCount = 0

  constructor(geometry: Geometry, piece: PieceIndex, afterFailure: boolean) {
    const blockCount = geometry.blockCount(piece)
    this.piece = piece
    this.onProbation = afterFailure
    this.blockCount = blockCount
    this.#geometry = geometry
    this.#owedByCount = new Array<number>(blockCount).fill(0)
    this.#peer = new Array<PeerKey | null>(blockCount).fill(null)
    this.#bytes = new Array<Uint8Array | null>(blockCount).fill(null)
    this.#blocksOwedBy = [blockCount, 0]
  }

  get openCount(): number {
    return this.#blocksOwedBy[0]!
  }
  get hereCount(): number {
    return this.#hereCount
  }
  get isWhole(): boolean {
    return this.#hereCount === this.blockCount
  }
  /** Nothing of it is asked, or here. */
  get isUntouched(): boolean {
    return this.openCount === this.blockCount
  }
  /** On probation: the peer that owes blocks of it, and is alone to be asked. */
  get source(): PeerKey | null {
    return this.onProbation && this.openCount + this.#hereCount < this.blockCount ? this.#source : null
  }
  /** How often another source took it over. */
  get restartCount(): number {
    return this.#restartCount
  }
  /** The fewest peers that owe one of its asked blocks; null when none is asked, or none may be asked of more. */
  get fewestOwing(): number | null {
    if (this.onProbation) return null
    for (let count = 1; count < Math.min(this.#blocksOwedBy.length, OWED_BY_MAX); count++) {
      if (this.#blocksOwedBy[count]! > 0) return count
    }
    return null
  }
  /** Of a whole piece, in order. */
  get parts(): Uint8Array[] {
    return this.#bytes.map((bytes) => bytes!)
  }
  /** Who sent each block of a whole piece. */
  get senders(): PeerKey[] {
    return this.#peer.map((peer) => peer!)
  }

  /** The first open block, now owed by `peer`; null when none is open to it. */
  askOpen(peer: PeerKey): { range: BlockRange; again: boolean } | null {
    if (this.openCount === 0 || this.#hasOtherSource(peer)) return null
    while (this.#owedByCount[this.#openFrom] !== 0) this.#openFrom++
    const block = this.#openFrom++
    const again = this.onProbation || this.#peer[block] !== null
    this.#peer[block] = peer
    this.#source = peer
    this.#nowOwedBy(block, 1)
    return { range: this.#geometry.block(this.piece, block), again }
  }

  /**
   * For the endgame: a block that as few others owe as any, and `peer` not yet, is now owed by it too; or null. The last
   * such one, since blocks are asked for from the first on: it comes last of what the others owe, so that they meet.
   */
  askDuplicate(peer: PeerKey): BlockRange | null {
    if (this.onProbation) return null
    for (let count = 1; count < Math.min(this.#blocksOwedBy.length, OWED_BY_MAX); count++) {
      if (this.#blocksOwedBy[count] === 0) continue
      for (let block = this.#lastOwedBy(count, this.blockCount); block !== -1; block = this.#lastOwedBy(count, block)) {
        if (this.#owing(block).includes(peer)) continue
        this.#alsoOwedBy ??= new Map()
        const also = this.#alsoOwedBy.get(block)
        if (also === undefined) this.#alsoOwedBy.set(block, [peer])
        else also.push(peer)
        this.#nowOwedBy(block, count + 1)
        return this.#geometry.block(this.piece, block)
      }
    }
    return null
  }

  /** `peer` owes the block no more (choke, time-out, gone). */
  release(range: BlockRange, peer: PeerKey): void {
    const block = range.offsetBytes / BLOCK_BYTES
    const count = this.#owedByCount[block]!
    if (count <= 0) return
    const also = this.#alsoOwedBy?.get(block)
    if (this.#peer[block] !== peer) {
      const at = also?.indexOf(peer) ?? -1
      if (at === -1) return
      also!.splice(at, 1)
    } else if (count > 1) {
      this.#peer[block] = also!.shift()!
    } else {
      this.#openFrom = Math.min(this.#openFrom, block)
    }
    this.#nowOwedBy(block, count - 1)
  }

  /** Null when it is not taken: the block was here already, or is another's; else the other peers that still owe it. */
  receive(range: BlockRange, peer: PeerKey, bytes: Uint8Array): readonly PeerKey[] | null {
    const block = range.offsetBytes / BLOCK_BYTES
    const count = this.#owedByCount[block]!
    if (count === HERE || this.#hasOtherSource(peer)) return null
    const isOnlyAsked = count === 0 || (count === 1 && this.#peer[block] === peer)
    const others = isOnlyAsked ? NONE : this.#owing(block).filter((other) => other !== peer)
    this.#nowOwedBy(block, HERE)
    this.#hereCount++
    this.#peer[block] = peer
    this.#bytes[block] = bytes
    return others
  }

  /** On probation: all blocks are open again. Gives what the source owed; it may be another's turn now. */
  restart(): BlockRange[] {
    const owed: BlockRange[] = []
    for (const [block, count] of this.#owedByCount.entries()) {
      if (count > 0) owed.push(this.#geometry.block(this.piece, block))
      this.#bytes[block] = null
      this.#nowOwedBy(block, 0)
    }
    this.#openFrom = 0
    this.#hereCount = 0
    this.#restartCount++
    return owed
  }

  /** Every peer that owes a block, and the block. */
  owed(): { readonly peer: PeerKey; readonly range: BlockRange }[] {
    return this.#owedByCount.flatMap((count, block) => {
      if (count <= 0) return []
      const range = this.#geometry.block(this.piece, block)
      return this.#owing(block).map((peer) => ({ peer, range }))
    })
  }

  #nowOwedBy(block: number, count: number): void {
    const before = this.#owedByCount[block]!
    if (before >= 0) this.#blocksOwedBy[before]!--
    if (count >= 0) this.#blocksOwedBy[count] = (this.#blocksOwedBy[count] ?? 0) + 1
    this.#owedByCount[block] = count
  }

  #lastOwedBy(count: number, before: number): number {
    return before === 0 ? -1 : this.#owedByCount.lastIndexOf(count, before - 1)
  }

  /** Of an asked block. */
  #owing(block: number): PeerKey[] {
    return [this.#peer[block]!, ...(this.#alsoOwedBy?.get(block) ?? [])]
  }

  #hasOtherSource(peer: PeerKey): boolean {
    const { source } = this
    return source !== null && source !== peer
  }
}
