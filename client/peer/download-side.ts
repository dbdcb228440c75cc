/**
 * What we want of a peer: interest, requests, and what became of each. BEP 3, 6.
 *
 * A request ends in exactly one of: its block, a reject, a cancel of ours, or void (choke, snub, close). The owner hears
 * of every one but its own cancel. Methods that take what the peer sent give a fault, or null.
 */
import type { BlockRange, Geometry, PieceIndex } from '../metainfo/geometry.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import { type WireFault, wireFault } from '../wire/fault.ts'
import type { Message, WireRange } from '../wire/messages.ts'
import type { Outputs } from './outputs.ts'
import { Pipeline, type PipelineDepth } from './pipeline.ts'
import { RateMeter } from './rate-meter.ts'
import { Requestable } from './requestable.ts'

/** A peer that owes blocks and sends none for this long is snubbed: 1.6 kB/s is too slow to wait for. */
export const SNUB_TIMEOUT_MS = 10_000
/** Blocks that nobody asked for, before the peer is closed; some are honest (a cancel that came too late). */
export const UNSOLICITED_BLOCKS_MAX = 64
/** Rejects of what was never asked for; by BEP 6 the first one may close. */
export const UNSOLICITED_REJECTS_MAX = 64
/** Requests rejected since the last block: who has pieces and gives none of them is of no use. */
export const REJECTS_IN_A_ROW_MAX = 256
/** When pieces that it rejected may be asked for again, unless it chokes and unchokes before. */
export const REJECTED_FORGOTTEN_MS = 30_000

export class DownloadSide {
  readonly down = new RateMeter()
  readonly #out: Outputs
  readonly #pipeline: Pipeline
  readonly #requestable: Requestable
  #theyChoke = true
  #weAreInterested = false
  #snubbed = false
  #lastBlockMs: number | null = null
  #unsolicitedBlocks = 0
  #unsolicitedRejects = 0
  #rejectsInARow = 0

  constructor(out: Outputs, depth: PipelineDepth, pieces: Bitfield) {
    this.#out = out
    this.#pipeline = new Pipeline(depth)
    this.#requestable = new Requestable(pieces)
  }

  get theyChoke(): boolean {
    return this.#theyChoke
  }
  get weAreInterested(): boolean {
    return this.#weAreInterested
  }
  get isSnubbed(): boolean {
    return this.#snubbed
  }
  get lastBlockMs(): number | null {
    return this.#lastBlockMs
  }
  get outstandingCount(): number {
    return this.#pipeline.outstandingCount
  }
  get requestable(): Bitfield {
    return this.#requestable.current(this.#theyChoke)
  }

  get requestsFree(): number {
    if (!this.#weAreInterested || (this.#theyChoke && this.requestable.setCount === 0)) return 0
    const { outstandingCount } = this.#pipeline
    if (this.#snubbed) return Math.max(0, 1 - outstandingCount)
    return Math.max(0, this.#pipeline.depth - outstandingCount)
  }

  /** So many may be asked for that it is time to ask. */
  get wantsRequests(): boolean {
    const free = this.requestsFree
    return free > 0 && (this.#snubbed || free >= this.#pipeline.batch)
  }

  isOutstanding(range: BlockRange): boolean {
    return this.#pipeline.isOutstanding(range)
  }

  // What the peer has and takes.

  nowHas(pieces: Bitfield): void {
    this.#requestable.nowHas(pieces)
  }
  gained(piece: PieceIndex): void {
    this.#requestable.gained(piece)
  }
  lost(piece: PieceIndex): void {
    this.#requestable.lost(piece)
  }
  allowedFast(piece: number): void {
    this.#requestable.allow(piece)
  }
  notWanted(piece: PieceIndex): void {
    this.#requestable.notWanted(piece)
  }
  setQueueMax(requests: number): void {
    this.#pipeline.setQueueMax(requests)
  }

  // Commands.

  setInterested(nowMs: number, interested: boolean): void {
    if (this.#weAreInterested === interested) return
    this.#weAreInterested = interested
    this.#out.send(nowMs, { type: interested ? 'interested' : 'not-interested' })
  }

  request(nowMs: number, range: BlockRange): void {
    if (this.#pipeline.outstandingCount === 0) this.#out.timers.set('snub', nowMs + SNUB_TIMEOUT_MS)
    this.#pipeline.requested(nowMs, range)
    this.#out.send(nowMs, { type: 'request', ...range })
  }

  cancel(nowMs: number, range: BlockRange): void {
    if (!this.#pipeline.voidOne(range)) return
    this.#stopClockWhenIdle()
    this.#out.send(nowMs, { type: 'cancel', ...range })
  }

  // What comes.

  receiveChoke(): void {
    if (this.#theyChoke) return
    this.#theyChoke = true
    // By BEP 6 each of them would be rejected one by one; others may have them at once, and the rejects then find none.
    const voided = this.#pipeline.voidAll(({ piece }) => this.#requestable.isAllowed(piece))
    this.#stopClockWhenIdle()
    this.#out.tell({ type: 'choked', voided })
  }

  receiveUnchoke(): void {
    if (!this.#theyChoke) return
    this.#theyChoke = false
    this.forgetRejected()
    this.#out.tell({ type: 'unchoked' })
  }

  /** `geometry` null: nothing was asked for yet. */
  receiveBlock(nowMs: number, message: Message & { type: 'piece' }, geometry: Geometry | null): WireFault | null {
    const bytes = message.block
    const piece = geometry?.pieceIndex(message.piece) ?? null
    const isBlock = piece !== null && geometry?.blockIndexAt(piece, message.offsetBytes, bytes.length) !== null
    const range = { piece: message.piece as PieceIndex, offsetBytes: message.offsetBytes, lengthBytes: bytes.length }
    this.down.add(nowMs, bytes.length)
    const asked = isBlock && this.#pipeline.arrived(nowMs, range) !== 'unsolicited'
    if (!asked && ++this.#unsolicitedBlocks > UNSOLICITED_BLOCKS_MAX) {
      return wireFault('block.unsolicited', 'blocks that were asked for', this.#unsolicitedBlocks)
    }
    if (asked) {
      this.#snubbed = false
      this.#lastBlockMs = nowMs
      this.#rejectsInARow = 0
      const owes = this.#pipeline.outstandingCount > 0
      this.#out.timers.set('snub', owes ? nowMs + SNUB_TIMEOUT_MS : null)
    }
    this.#out.tell({ type: 'block', range, bytes, asked })
    return null
  }

  receiveReject(nowMs: number, { piece, offsetBytes, lengthBytes }: WireRange): WireFault | null {
    const range = { piece: piece as PieceIndex, offsetBytes, lengthBytes }
    const arrival = this.#pipeline.rejected(range)
    if (arrival === 'late') return null
    if (arrival === 'unsolicited') {
      if (++this.#unsolicitedRejects <= UNSOLICITED_REJECTS_MAX) return null
      return wireFault('reject.unsolicited', 'rejects of what was asked for', this.#unsolicitedRejects)
    }
    this.#stopClockWhenIdle()
    this.#requestable.reject(range.piece)
    this.#out.timers.set('rejected', nowMs + REJECTED_FORGOTTEN_MS)
    this.#out.tell({ type: 'rejected', range })
    if (++this.#rejectsInARow <= REJECTS_IN_A_ROW_MAX) return null
    return wireFault('reject.flood', `a block among ${REJECTS_IN_A_ROW_MAX} answers`, 'rejects only')
  }

  // Time.

  snub(): void {
    this.#snubbed = true
    this.#out.tell({ type: 'snubbed', voided: this.#pipeline.voidAll() })
  }

  forgetRejected(): void {
    this.#out.timers.set('rejected', null)
    this.#requestable.forgetRejected()
  }

  /** What it owes, voided. */
  close(): BlockRange[] {
    return this.#pipeline.voidAll()
  }

  #stopClockWhenIdle(): void {
    if (this.#pipeline.outstandingCount === 0) this.#out.timers.set('snub', null)
  }
}
