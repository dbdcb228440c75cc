/**
 * BlockExchange: what goes on between us and the connected peers: interest, requests, blocks, and what becomes of a
 * peer's share when it chokes, stalls, lies or leaves. A pipeline is refilled the moment a block arrives.
 *
 * Not here: which block (pieces), what becomes of a whole piece (piece-checker), whom to dial (download-manager).
 */
import type { BlockRange, PieceIndex } from '../metainfo/geometry.ts'
import { formatCloseReason, type PeerConnectionEvent } from '../peer/peer-event.ts'
import { RateMeter } from '../peer/rate-meter.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { PieceManager } from '../pieces/piece-manager.ts'
import type { ClientEvent } from '../ports/events.ts'
import { formatPeerId } from '../wire/peer-id.ts'
import type { KnownPeers } from './known-peers.ts'
import type { PeerSession } from './peer-session.ts'
import type { PieceChecker } from './piece-checker.ts'
import type { SessionTable } from './session-table.ts'

export interface ExchangeOwner {
  /** Blocks are wanted: neither before the start nor after the end. */
  readonly mayRequest: boolean
  emit(nowMs: number, event: ClientEvent): void
  /** A peer has shaken hands. */
  peerCame(): void
  /** None is left that has. */
  lastPeerGone(nowMs: number): void
}

export interface ExchangeParts {
  readonly pieces: PieceManager
  readonly sessions: SessionTable
  readonly known: KnownPeers
  readonly checker: PieceChecker
}

export class BlockExchange {
  /** All that peers sent us, wasted or not. */
  readonly down = new RateMeter()
  readonly #owner: ExchangeOwner
  readonly #pieces: PieceManager
  readonly #sessions: SessionTable
  readonly #known: KnownPeers
  readonly #checker: PieceChecker
  #endgameSeen = false

  constructor({ pieces, sessions, known, checker }: ExchangeParts, owner: ExchangeOwner) {
    this.#owner = owner
    this.#pieces = pieces
    this.#sessions = sessions
    this.#known = known
    this.#checker = checker
  }

  /** Lets every machine that was touched say what it has to, and asks and sends until nothing is left. */
  drain(nowMs: number): void {
    for (let session = this.#sessions.takeTouched(); session !== null; session = this.#sessions.takeTouched()) {
      for (let event = session.nextEvent(); event !== null; event = session.nextEvent()) {
        this.#receive(nowMs, session, event)
      }
      // What it gave up is open to all: where that touched it again, its own turn comes after the others'.
      if (!this.#sessions.isTouched(session)) this.#refill(nowMs, session)
      session.flush()
      this.#sessions.noteDeadline(session)
    }
  }

  /** We have the piece: whoever lacks it hears of it, and whoever has nothing else for us loses our interest. */
  stored(nowMs: number, piece: PieceIndex): void {
    for (const session of this.#sessions.all()) {
      session.machine.have(nowMs, piece)
      if (session.machine.pieces.has(piece)) this.#nowMisses(nowMs, session, session.missingCount - 1)
      this.#sessions.touch(session)
    }
  }

  /** The guilty are closed, and never dialled again. */
  ban(nowMs: number, guilty: readonly PeerKey[], piece: number): void {
    for (const key of guilty) {
      if (!this.#known.ban(key)) continue
      const reason = `sent bad data in piece ${piece}`
      this.#owner.emit(nowMs, { type: 'peer-banned', peer: this.#known.get(key).name, reason })
      const session = this.#sessions.get(key)
      if (session === undefined) continue
      session.machine.close('banned')
      this.#sessions.touch(session)
    }
  }

  /** Asks for as many blocks as the pipeline takes. */
  #refill(nowMs: number, session: PeerSession): void {
    if (!this.#owner.mayRequest || this.#checker.isBusy) return
    const { machine, peer } = session
    while (machine.requestsFree > 0) {
      const pick = this.#pieces.pick(peer.key, machine.pieces, machine.outstandingCount === 0)
      if (pick === null) return
      if (pick.why === 'endgame' && !this.#endgameSeen) {
        this.#endgameSeen = true
        this.#owner.emit(nowMs, { type: 'endgame' })
      }
      machine.request(nowMs, pick.range)
      this.#owner.emit(nowMs, { type: 'block-requested', peer: peer.name, ...pick.range, why: pick.why })
    }
  }

  #receive(nowMs: number, session: PeerSession, event: PeerConnectionEvent): void {
    const peer = session.peer.name
    switch (event.type) {
      case 'handshaken':
        this.#owner.peerCame()
        return this.#owner.emit(nowMs, { type: 'peer-handshaken', peer, peerId: formatPeerId(event.peerId) })
      case 'has-these':
        this.#pieces.peerHasThese(event.pieces)
        this.#nowMisses(nowMs, session, this.#pieces.missingOf(event.pieces))
        return this.#owner.emit(nowMs, { type: 'peer-has', peer, pieces: event.pieces.setCount })
      case 'has':
        this.#pieces.peerHas(event.piece, event.completes)
        if (!this.#pieces.complete.has(event.piece)) this.#nowMisses(nowMs, session, session.missingCount + 1)
        return
      case 'choked':
        this.#release(session, event.voided)
        return this.#owner.emit(nowMs, { type: 'peer-choked', peer, requestsVoided: event.voided.length })
      case 'unchoked':
        return this.#owner.emit(nowMs, { type: 'peer-unchoked', peer })
      case 'snubbed':
        this.#release(session, event.voided)
        return this.#owner.emit(nowMs, { type: 'peer-snubbed', peer, requestsReassigned: event.voided.length })
      case 'block':
        return this.#receiveBlock(nowMs, session, event)
      case 'closed':
        return this.#closed(nowMs, session, event)
      case 'interested':
        return
    }
  }

  #receiveBlock(nowMs: number, session: PeerSession, event: PeerConnectionEvent & { type: 'block' }): void {
    const { key, name: peer } = session.peer
    this.down.add(nowMs, event.bytes.length)
    const received = event.asked ? this.#pieces.received(event.range, key, event.bytes) : WASTED
    this.#owner.emit(nowMs, { type: 'block-received', peer, ...event.range, wasted: received.kind === 'wasted' })
    if (received.kind === 'wasted') return
    session.usefulBytes += event.bytes.length
    for (const other of received.cancelAt) {
      const otherSession = this.#sessions.get(other)
      if (otherSession === undefined) continue
      otherSession.machine.cancel(nowMs, event.range)
      this.#sessions.touch(otherSession)
    }
    // In the endgame a peer that has nothing left to do helps with what others owe.
    if (this.#pieces.isEndgame) this.#sessions.touchAll()
    if (received.whole !== null) this.#checker.check(received.whole)
  }

  #closed(nowMs: number, session: PeerSession, event: PeerConnectionEvent & { type: 'closed' }): void {
    const { machine, peer } = session
    const { reason, voided } = event
    this.#sessions.remove(session)
    session.flush()
    const isSelf = reason.kind === 'fault' && reason.fault.code === 'handshake.self'
    session.drop()
    this.#pieces.peerGone(machine.pieces)
    this.#release(session, voided)
    if (isSelf) this.#known.ban(peer.key)
    const wasUseful = session.usefulBytes > 0 && reason.kind !== 'fault'
    const retryInMs = this.#known.closed(peer.key, nowMs, wasUseful)
    if (this.#sessions.countOpen() === 0) this.#owner.lastPeerGone(nowMs)
    this.#owner.emit(nowMs, {
      type: 'peer-closed',
      peer: peer.name,
      reason: formatCloseReason(reason),
      requestsLost: voided.length,
      downloadedBytes: machine.downloadedBytes,
      retryInMs,
    })
  }

  /** What this peer owed, or was the only one to be asked for, is open again: everybody may take it. */
  #release(session: PeerSession, voided: readonly BlockRange[]): void {
    this.#pieces.release(session.peer.key, voided)
    this.#sessions.touchAll()
    this.#sessions.touchLast(session)
  }

  #nowMisses(nowMs: number, session: PeerSession, missingCount: number): void {
    session.missingCount = missingCount
    session.machine.setInterested(nowMs, missingCount > 0)
    this.#sessions.touch(session)
  }
}

const WASTED = { kind: 'wasted' } as const
