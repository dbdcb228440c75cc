/**
 * Connector: who is connected. It dials, accepts, and remembers what became of everybody: bans, retries, duplicates, and
 * who is let go so that another may come.
 *
 * Not here: what is said over a connection (peer), blocks (block-exchange), who is unchoked (choking).
 */
import { peerPriority } from '../metainfo/peer-priority.ts'
import type { PeerConnection } from '../peer/peer-connection.ts'
import type { CloseReason } from '../peer/peer-event.ts'
import { formatCloseReason } from '../peer/peer-event.ts'
import { earlier } from '../peer/timers.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { ClientEvent } from '../ports/events.ts'
import {
  type Connection,
  type ConnectionHandler,
  NO_HANDLER,
  type PeerAddress,
  type Transport,
} from '../ports/transport.ts'
import type { PeerId } from '../wire/peer-id.ts'
import { HALF_OPEN_MAX, type KnownPeer, KnownPeers } from './known-peers.ts'
import { PeerSession, type SessionOwner } from './peer-session.ts'
import { SessionTable } from './session-table.ts'

/** Of all places, where there are more peers than places. */
const DIALLED_SHARE = 0.8
/** How long a peer may be of no use before another that waits may take its place. */
export const USELESS_AFTER_MS = 30_000

export interface ConnectorOwner {
  readonly peerId: PeerId
  readonly peersMax: number
  readonly mayConnect: boolean
  makeMachine(nowMs: number, peer: KnownPeer, start: 'connecting' | 'accepted'): PeerConnection
  /** Some session was touched. */
  touched(nowMs: number): void
  emit(nowMs: number, event: ClientEvent): void
}

export class Connector implements SessionOwner {
  readonly known: KnownPeers
  readonly sessions = new SessionTable()
  readonly #transport: Transport
  readonly #owner: ConnectorOwner

  /** `local`: where peers see us, as far as we know; strangers are preferred by it (BEP 40). */
  constructor(transport: Transport, local: PeerAddress | null, owner: ConnectorOwner) {
    this.known = local === null ? new KnownPeers() : new KnownPeers((them) => peerPriority(local, them))
    this.#transport = transport
    this.#owner = owner
  }

  accept(nowMs: number, connection: Connection): ConnectionHandler {
    const hasRoom = this.#owner.mayConnect && this.sessions.size < this.#owner.peersMax
    const peer = hasRoom ? this.known.accept(connection.remote) : null
    if (peer === null) {
      connection.reset()
      return NO_HANDLER
    }
    const session = this.#makeSession(nowMs, peer, true)
    session.attach(connection)
    this.#owner.emit(nowMs, { type: 'peer-connected', peer: peer.name, incoming: true })
    this.#owner.touched(nowMs)
    return session
  }

  dial(nowMs: number): void {
    while (this.#mayDial()) {
      const peer = this.known.take(nowMs)
      if (peer === null) return
      this.#owner.emit(nowMs, { type: 'peer-connecting', peer: peer.name })
      const session = this.#makeSession(nowMs, peer, false)
      session.attach(this.#transport.connect(peer.address, session))
    }
  }

  deadlineMs(): number | null {
    return earlier(this.sessions.deadlineMs(), this.#mayDial() ? this.known.deadlineMs() : null)
  }

  // Called by sessions.

  opened(nowMs: number, session: PeerSession): void {
    const { peer } = session
    this.sessions.opened(session)
    this.#owner.emit(nowMs, { type: 'peer-connected', peer: peer.name, incoming: false })
  }

  touched(nowMs: number, session: PeerSession): void {
    this.sessions.touch(session)
    this.#owner.touched(nowMs)
  }

  // What becomes of connections.

  /** It is a peer of this torrent, and once. */
  handshaken(session: PeerSession): void {
    this.known.handshaken(session.peer.key)
    this.#closeDuplicateOf(session)
  }

  /**
   * Two ends that dial each other have two connections: both keep the one that the larger peer id dialled. Only from one
   * host: a peer id is no secret, and whoever takes another's must not push it out.
   */
  #closeDuplicateOf(session: PeerSession): void {
    const twin = this.#twinOf(session)
    if (twin === null) return
    const weKeepOurs = compare(this.#owner.peerId, session.machine.remotePeerId!) > 0
    const loser = twin.incoming === session.incoming || session.incoming === weKeepOurs ? session : twin
    loser.machine.close('duplicate')
    this.sessions.touch(loser)
  }

  /** It has everything, under whichever address it is known. */
  markSeed({ peer, listenKey }: PeerSession): void {
    this.known.markSeed(peer.key)
    if (listenKey !== null) this.known.markSeed(listenKey)
  }

  /** It may have said where it listens. */
  extended(session: PeerSession): void {
    const { incoming, address, listenKey } = session
    if (incoming && address !== null && listenKey === null) session.listenKey = this.known.claim(address)
  }

  /** The machine has closed. Its socket goes, and it is known when it is tried again. */
  closed(nowMs: number, session: PeerSession, reason: CloseReason, requestsLost: number): void {
    const { machine, peer } = session
    this.sessions.remove(session)
    session.flush()
    session.drop()
    // Whatever else our address is known for, it is not to be banned with the host.
    if (reason.kind === 'fault' && reason.fault.code === 'handshake.self') this.known.ban(peer.key)
    const retryInMs = this.#retryInMs(nowMs, session, reason)
    this.#owner.emit(nowMs, {
      type: 'peer-closed',
      peer: peer.name,
      reason: formatCloseReason(reason),
      requestsLost,
      downloadedBytes: machine.downloadedBytes,
      retryInMs,
    })
  }

  /** It lied about bytes: its host is closed, and never dialled nor accepted again. */
  ban(nowMs: number, key: PeerKey, reason: string): void {
    for (const banned of this.known.banHost(key)) {
      this.#owner.emit(nowMs, { type: 'peer-banned', peer: this.known.get(banned).name, reason })
      const session = this.sessions.get(banned)
      if (session === undefined) continue
      session.machine.close('banned')
      this.sessions.touch(session)
    }
  }

  /** Where every place is taken and somebody waits, the one that gave nothing for longest leaves. One at a time. */
  rotate(nowMs: number): void {
    const nextMs = this.known.deadlineMs()
    if (this.sessions.size < this.#owner.peersMax || nextMs === null || nextMs > nowMs) return
    let worst: PeerSession | null = null
    let worstMs = nowMs - USELESS_AFTER_MS
    for (const session of this.sessions.all()) {
      const lastMs = Math.max(session.sinceMs, session.machine.lastBlockMs ?? session.sinceMs)
      if (lastMs > worstMs || isTaking(session)) continue
      worst = session
      worstMs = lastMs
    }
    if (worst === null) return
    worst.machine.close('useless')
    this.sessions.touch(worst)
  }

  closeAll(why: 'stopping' | 'paused'): void {
    for (const session of this.sessions.all()) session.machine.close(why)
    this.sessions.touchAll()
  }

  #mayDial(): boolean {
    if (!this.#owner.mayConnect || this.sessions.size >= this.#dialledMax) return false
    return this.sessions.halfOpenCount < HALF_OPEN_MAX
  }

  /** Where more are known than there is room for, some places are for those who dial us: else all dial who is full. */
  get #dialledMax(): number {
    const { peersMax } = this.#owner
    return this.known.count <= peersMax ? peersMax : Math.ceil(peersMax * DIALLED_SHARE)
  }

  #retryInMs(nowMs: number, session: PeerSession, reason: CloseReason): number | null {
    const { peer, usefulBytes, listenKey } = session
    const twin = this.#twinOf(session)
    if (twin !== null && !session.incoming && twin.incoming && twin.listenKey === null) {
      // It is connected all the same, so where it listens is not dialled.
      twin.listenKey = peer.key
      return null
    }
    const isRefusal = reason.kind === 'end' && (reason.end === 'refused' || reason.end === 'unreachable')
    if (isRefusal) return this.known.refused(peer.key, nowMs)
    const wasUseful = usefulBytes > 0 && reason.kind !== 'fault'
    if (listenKey !== null) this.known.closed(listenKey, nowMs, wasUseful)
    else if (session.incoming && session.address !== null && twin === null) {
      this.known.addFromPeer(session.address, session.machine.isUploadOnly)
    }
    return this.known.closed(peer.key, nowMs, wasUseful)
  }

  /** Another connection to the same peer. */
  #twinOf(session: PeerSession): PeerSession | null {
    const theirs = session.machine.remotePeerId
    if (theirs === null) return null
    for (const other of this.sessions.all()) {
      const { remotePeerId, state } = other.machine
      // One byte tells nearly all apart.
      if (remotePeerId === null || remotePeerId[ID_LAST] !== theirs[ID_LAST] || other === session) continue
      if (state !== 'open' || other.peer.address.host !== session.peer.address.host) continue
      if (compare(remotePeerId, theirs) === 0) return other
    }
    return null
  }

  #makeSession(nowMs: number, peer: KnownPeer, incoming: boolean): PeerSession {
    const machine = this.#owner.makeMachine(nowMs, peer, incoming ? 'accepted' : 'connecting')
    const session = new PeerSession(peer, machine, { incoming, nowMs }, this)
    this.sessions.add(session)
    return session
  }
}

/** It has of us what it came for. */
function isTaking({ machine }: PeerSession): boolean {
  return machine.theyAreInterested && !machine.weChoke
}

/** Where a peer id ends, in what is random of it. */
const ID_LAST = 19

/** As numbers of 160 bits. */
function compare(a: PeerId, b: PeerId): number {
  for (const [at, byte] of a.entries()) if (byte !== b[at]) return byte - b[at]!
  return 0
}
