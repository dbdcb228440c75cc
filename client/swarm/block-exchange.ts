/**
 * BlockExchange: what we take from connected peers: interest, requests, blocks, and what becomes of a peer's share when
 * it chokes, stalls, refuses, lies or leaves. A pipeline is refilled the moment a block arrives.
 *
 * Not here: which block (pieces), what becomes of a whole piece (piece-checker), who is connected (connector), what we
 * give (uploader).
 */
import type { BlockRange, PieceIndex } from '../metainfo/geometry.ts'
import type { PeerConnectionEvent } from '../peer/peer-event.ts'
import { RateMeter } from '../peer/rate-meter.ts'
import { earlier } from '../peer/timers.ts'
import { type PeerKey, WHOLE_PIECE_MS } from '../pieces/partial-piece.ts'
import type { Pick } from '../pieces/picker.ts'
import type { PieceManager } from '../pieces/piece-manager.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { PeerSession } from './peer-session.ts'
import type { PieceChecker } from './piece-checker.ts'
import { freeAtMs, isFree, type RateLimiter, takeFrom } from './rate-limiter.ts'
import type { SessionTable } from './session-table.ts'

/** Pieces that a peer suggests (BEP 6) and that are remembered. */
const SUGGESTED_MAX = 16

export interface ExchangeOwner {
  /** Blocks are wanted: neither before the start nor after the end. */
  readonly mayRequest: boolean
  emit(nowMs: number, event: ClientEvent): void
}

export interface ExchangeParts {
  readonly pieces: PieceManager
  readonly sessions: SessionTable
  readonly checker: PieceChecker
  readonly limiters: readonly RateLimiter[]
}

export class BlockExchange {
  /** All that peers sent us, wasted or not. */
  readonly down = new RateMeter()
  readonly #owner: ExchangeOwner
  readonly #parts: ExchangeParts
  readonly #suggested = new WeakMap<PeerSession, PieceIndex[]>()
  /** Sessions that would ask for more if the limiters let them, in the order of their turns. */
  readonly #waiting = new Set<PeerSession>()
  /** A block that nobody may be asked for now may be open by then. */
  #pickAgainMs: number | null = null
  #endgameSeen = false
  #wasEndgame = false

  constructor(parts: ExchangeParts, owner: ExchangeOwner) {
    this.#parts = parts
    this.#owner = owner
  }

  /** Asks for as many blocks as the pipeline takes. */
  refill(nowMs: number, session: PeerSession): void {
    if (this.#waiting.size > 0) this.#waiting.delete(session)
    const { machine, peer } = session
    if (!machine.wantsRequests || !this.#owner.mayRequest || this.#parts.checker.isBusy) return
    while (machine.requestsFree > 0) {
      if (!isFree(this.#parts.limiters, nowMs)) {
        this.#waiting.add(session)
        return
      }
      const pick = this.#parts.pieces.pick(peer.key, machine.requestable, this.#hintFor(nowMs, session))
      if (pick === null) return this.#pickAgain(nowMs)
      if (pick.why === 'endgame' && !this.#endgameSeen) {
        this.#endgameSeen = true
        this.#owner.emit(nowMs, { type: 'endgame' })
      }
      if (pick.takenFrom !== null) this.#take(nowMs, pick.range.piece, pick.takenFrom)
      takeFrom(this.#parts.limiters, nowMs, pick.range.lengthBytes)
      machine.request(nowMs, pick.range)
      const whileChoked = machine.theyChoke ? WHILE_CHOKED : {}
      this.#owner.emit(nowMs, {
        type: 'block-requested',
        peer: peer.name,
        ...pick.range,
        why: pick.why,
        ...whileChoked,
      })
    }
  }

  /** When a limiter lets the next request through, or time opens a block to somebody; null when nobody waits. */
  deadlineMs(): number | null {
    return earlier(this.#pickAgainMs, this.#waiting.size === 0 ? null : freeAtMs(this.#parts.limiters))
  }

  /** Touches who may ask now: of those that the limiters hold back the next in turn. */
  handleDeadline(nowMs: number): void {
    if (this.#pickAgainMs !== null && this.#pickAgainMs <= nowMs) {
      this.#pickAgainMs = null
      this.#parts.sessions.touchThoseToAsk()
    }
    if (!isFree(this.#parts.limiters, nowMs)) return
    for (const session of this.#waiting) {
      this.#waiting.delete(session)
      this.#parts.sessions.touch(session)
      return
    }
  }

  /** We have the piece: whoever lacks it hears of it, and whoever has nothing else for us loses our interest. */
  stored(nowMs: number, piece: PieceIndex): void {
    for (const session of this.#parts.sessions.all()) {
      const { pieces } = session.machine
      // Of a seed no bit is looked up: with 400,000 pieces that would be a cache miss for each peer and piece.
      if (pieces.isFull || pieces.has(piece)) {
        session.machine.notWanted(piece)
        this.#nowMisses(nowMs, session, session.missingCount - 1)
      } else session.machine.have(nowMs, piece)
      if (session.machine.hasOutputs) this.#parts.sessions.touch(session)
    }
  }

  /** A piece of ours is gone, or others are wanted now: who has what we miss is counted anew. */
  recount(nowMs: number): void {
    for (const session of this.#parts.sessions.all()) {
      this.#nowMisses(nowMs, session, this.#parts.pieces.missingOf(session.machine.pieces))
      this.#parts.sessions.touch(session)
    }
  }

  receive(nowMs: number, session: PeerSession, event: PeerConnectionEvent): void {
    const { pieces } = this.#parts
    const peer = session.peer.name
    switch (event.type) {
      case 'has-these':
        pieces.peerHasThese(event.pieces)
        this.#nowMisses(nowMs, session, pieces.missingOf(event.pieces))
        return this.#owner.emit(nowMs, { type: 'peer-has', peer, pieces: event.pieces.setCount })
      case 'has':
        pieces.peerHas(event.piece)
        if (pieces.isMissing(event.piece)) this.#nowMisses(nowMs, session, session.missingCount + 1)
        return
      case 'lost':
        pieces.peerLost(event.piece)
        if (pieces.isMissing(event.piece)) this.#nowMisses(nowMs, session, session.missingCount - 1)
        return
      case 'choked':
        this.#release(session, event.voided)
        return this.#owner.emit(nowMs, { type: 'peer-choked', peer, requestsVoided: event.voided.length })
      case 'unchoked':
        return this.#owner.emit(nowMs, { type: 'peer-unchoked', peer })
      case 'snubbed':
        this.#release(session, event.voided)
        return this.#owner.emit(nowMs, { type: 'peer-snubbed', peer, requestsReassigned: event.voided.length })
      case 'rejected':
        this.#release(session, [event.range])
        return this.#owner.emit(nowMs, { type: 'block-refused', peer, ...event.range })
      case 'suggested':
        return this.#suggest(session, event.piece)
      case 'block':
        return this.#receiveBlock(nowMs, session, event)
      default:
    }
  }

  /** Also from a web seed, which `name` is the URL of. */
  keep(
    nowMs: number,
    from: { key: PeerKey; name: string },
    range: BlockRange,
    bytes: Uint8Array,
    asked: boolean,
  ): boolean {
    this.down.add(nowMs, bytes.length)
    const received = asked ? this.#parts.pieces.received(range, from.key, bytes) : WASTED
    const wasted = received.kind === 'wasted'
    this.#owner.emit(nowMs, { type: 'block-received', peer: from.name, ...range, wasted })
    if (wasted) return false
    for (const other of received.cancelAt) {
      const session = this.#parts.sessions.get(other)
      if (session === undefined) continue
      session.machine.cancel(nowMs, range)
      this.#parts.sessions.touch(session)
    }
    this.#noteEndgame()
    if (received.whole !== null) this.#parts.checker.check(received.whole)
    return true
  }

  /** In the endgame a peer that has nothing left to do helps with what others owe: everybody is asked when it begins. */
  #noteEndgame(): void {
    const { isEndgame } = this.#parts.pieces
    if (isEndgame && !this.#wasEndgame) this.#parts.sessions.touchThoseToAsk()
    this.#wasEndgame = isEndgame
  }

  peerGone(session: PeerSession, voided: readonly BlockRange[]): void {
    this.#waiting.delete(session)
    const { pieces } = session.machine
    // One that left before the torrent was known told us nothing of pieces.
    if (pieces.pieceCount === this.#parts.pieces.geometry.pieceCount) this.#parts.pieces.peerGone(pieces)
    this.#parts.pieces.release(session.peer.key, voided)
    this.#parts.sessions.touchThoseToAsk()
  }

  #receiveBlock(nowMs: number, session: PeerSession, event: PeerConnectionEvent & { type: 'block' }): void {
    if (this.keep(nowMs, session.peer, event.range, event.bytes, event.asked)) session.usefulBytes += event.bytes.length
  }

  /** What the former source owes of the piece is asked for no more. */
  #take(nowMs: number, piece: PieceIndex, { peer, ranges }: NonNullable<Pick['takenFrom']>): void {
    const session = this.#parts.sessions.get(peer)
    if (session === undefined) return
    this.#owner.emit(nowMs, { type: 'piece-taken', peer: session.peer.name, piece })
    for (const range of ranges) session.machine.cancel(nowMs, range)
    this.#parts.sessions.touch(session)
  }

  #pickAgain(nowMs: number): void {
    this.#pickAgainMs = earlier(this.#pickAgainMs, this.#parts.pieces.nextPickMs(nowMs))
  }

  #hintFor(nowMs: number, session: PeerSession) {
    const { machine } = session
    const rateBytesPerSecond = machine.downRateBytesPerSecond(nowMs)
    const { pieceLengthBytes } = this.#parts.pieces.geometry
    // One that has had nothing to do for a while is as fast as it was.
    if (rateBytesPerSecond > 0) session.isFast = rateBytesPerSecond * WHOLE_PIECE_MS >= pieceLengthBytes * 1000
    return {
      nowMs,
      isIdle: machine.outstandingCount === 0,
      isFast: session.isFast,
      isSnubbed: machine.isSnubbed,
      suggested: this.#suggested.get(session) ?? NONE,
    }
  }

  #suggest(session: PeerSession, piece: PieceIndex): void {
    const suggested = this.#suggested.get(session) ?? []
    if (suggested.includes(piece)) return
    suggested.push(piece)
    if (suggested.length > SUGGESTED_MAX) suggested.shift()
    this.#suggested.set(session, suggested)
  }

  /** What this peer owed, or was the only one to be asked for, is open again: everybody may take it. */
  #release(session: PeerSession, voided: readonly BlockRange[]): void {
    this.#parts.pieces.release(session.peer.key, voided)
    this.#parts.sessions.touchThoseToAsk()
    this.#parts.sessions.touchLast(session)
  }

  /** The caller sees to it that the session is drained. */
  #nowMisses(nowMs: number, session: PeerSession, missingCount: number): void {
    session.missingCount = missingCount
    session.machine.setInterested(nowMs, missingCount > 0)
  }
}

const WHILE_CHOKED = { whileChoked: true } as const
const WASTED = { kind: 'wasted' } as const
const NONE: readonly PieceIndex[] = []
