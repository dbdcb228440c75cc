/**
 * What a scripted peer takes from one other, when it leeches: it is interested in what it lacks, asks for blocks in
 * order while it is unchoked, compares each with the content, and counts. BEP 3, 6.
 */
import type { PieceIndex } from '../client/metainfo/geometry.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import type { Message, WireRange } from '../client/wire/messages.ts'
import type { LeechCounts, Line, PartOwner } from './session-part.ts'

export function noLeechCounts(): LeechCounts {
  return {
    downloadedBytes: 0,
    wrongBlocks: 0,
    unsolicitedBlocks: 0,
    rejectedRequests: 0,
    unchokedMs: [],
    chokedMs: [],
  }
}

export class Leeching {
  readonly #owner: PartOwner
  readonly #line: Line
  /** What they say that they have. */
  readonly theirPieces: Bitfield
  /** Blocks of pieces that are begun, to be asked for. */
  #wanted: WireRange[] = []
  readonly #outstanding = new Map<string, WireRange>()
  /** Not asked for again before the next unchoke. */
  #rejected: WireRange[] = []
  /** Right blocks that are still to come, of pieces that are begun. */
  readonly #blocksLeft = new Map<PieceIndex, number>()
  #nextPiece = 0
  #theyChoke = true
  #weAreInterested = false

  constructor(owner: PartOwner, line: Line) {
    this.#owner = owner
    this.#line = line
    this.theirPieces = new Bitfield(owner.geometry.pieceCount)
  }

  get theyChoke(): boolean {
    return this.#theyChoke
  }

  /** Of everything that they send, what is for a leech. */
  receive(nowMs: number, message: Message): void {
    switch (message.type) {
      case 'have':
        this.#theyHave(message.piece)
        break
      case 'bitfield':
        this.#theyHaveAll(Bitfield.fromWire(message.bits, this.#owner.geometry.pieceCount))
        break
      case 'have-all':
        this.#theyHaveAll(Bitfield.full(this.#owner.geometry.pieceCount))
        break
      case 'choke':
        this.#choked(nowMs)
        break
      case 'unchoke':
        this.#unchoked(nowMs)
        break
      case 'piece':
        this.#blockCame(message)
        break
      case 'reject':
        this.#wasRejected(message)
        break
      default:
    }
    this.ask()
  }

  /** Says whether it is interested, and asks for as much as it may; what it has may have changed since. */
  ask(): void {
    const { leech } = this.#owner.conduct
    if (leech === null || !this.#line.isOpen) return
    this.#tellInterest()
    if (this.#theyChoke) return
    while (this.#outstanding.size < leech.depth) {
      if (this.#wanted.length === 0) this.#beginPiece()
      const range = this.#wanted.shift()
      if (range === undefined) return
      this.#outstanding.set(keyOf(range), range)
      this.#line.send({ type: 'request', ...range })
    }
  }

  #tellInterest(): void {
    const isInterested = this.#blocksLeft.size > 0 || this.#findPiece() !== null
    if (isInterested === this.#weAreInterested) return
    this.#weAreInterested = isInterested
    this.#line.send({ type: isInterested ? 'interested' : 'not-interested' })
  }

  #beginPiece(): void {
    const piece = this.#findPiece()
    if (piece === null) return
    this.#nextPiece = piece + 1
    const { geometry } = this.#owner
    const blocks = Array.from({ length: geometry.blockCount(piece) }, (_, index) => geometry.block(piece, index))
    this.#blocksLeft.set(piece, blocks.length)
    this.#wanted.push(...blocks)
  }

  /** The next that they have and we want, round and round. */
  #findPiece(): PieceIndex | null {
    const { geometry, conduct } = this.#owner
    for (let step = 0; step < geometry.pieceCount; step++) {
      const piece = geometry.pieceIndex((this.#nextPiece + step) % geometry.pieceCount)!
      if (!this.theirPieces.has(piece) || this.#blocksLeft.has(piece)) continue
      if (conduct.leech?.keep === false || !conduct.pieces.has(piece)) return piece
    }
    return null
  }

  #theyHave(piece: number): void {
    const index = this.#owner.geometry.pieceIndex(piece)
    if (index !== null) this.theirPieces.set(index)
  }

  /** Only where it fits the torrent. */
  #theyHaveAll(pieces: Bitfield | object): void {
    if (!(pieces instanceof Bitfield)) return
    for (let piece = 0; piece < pieces.pieceCount; piece++) {
      if (pieces.has(piece as PieceIndex)) this.theirPieces.set(piece as PieceIndex)
    }
  }

  /** BEP 54. */
  theyLost(piece: number): void {
    const index = this.#owner.geometry.pieceIndex(piece)
    if (index !== null) this.theirPieces.clear(index)
  }

  #choked(nowMs: number): void {
    if (this.#theyChoke) return
    this.#theyChoke = true
    this.#owner.leechCounts.chokedMs.push(nowMs)
    // With fast they stand until each is rejected.
    if (this.#line.usesFast) return
    this.#wanted.unshift(...this.#outstanding.values())
    this.#outstanding.clear()
  }

  #unchoked(nowMs: number): void {
    if (!this.#theyChoke) return
    this.#theyChoke = false
    this.#owner.leechCounts.unchokedMs.push(nowMs)
    this.#wanted.unshift(...this.#rejected.splice(0))
  }

  #wasRejected(range: WireRange): void {
    const asked = this.#outstanding.get(keyOf(range))
    if (asked === undefined) return
    this.#outstanding.delete(keyOf(range))
    this.#rejected.push(asked)
    this.#owner.leechCounts.rejectedRequests++
  }

  #blockCame({ piece, offsetBytes, block }: Message & { type: 'piece' }): void {
    const { leechCounts } = this.#owner
    const asked = this.#outstanding.get(keyOf({ piece, offsetBytes }))
    if (asked === undefined || asked.lengthBytes !== block.length) {
      leechCounts.unsolicitedBlocks++
      return
    }
    this.#outstanding.delete(keyOf(asked))
    leechCounts.downloadedBytes += block.length
    const right = this.#owner.block(asked).block
    if (block.every((byte, at) => byte === right[at])) return this.#rightBlockCame(asked.piece as PieceIndex)
    leechCounts.wrongBlocks++
    this.#wanted.push(asked)
  }

  #rightBlockCame(piece: PieceIndex): void {
    const left = this.#blocksLeft.get(piece)! - 1
    this.#blocksLeft.set(piece, left)
    if (left > 0) return
    this.#blocksLeft.delete(piece)
    if (this.#owner.conduct.leech?.keep === true) this.#owner.gained(piece)
  }
}

function keyOf({ piece, offsetBytes }: Pick<WireRange, 'piece' | 'offsetBytes'>): string {
  return `${piece}:${offsetBytes}`
}
