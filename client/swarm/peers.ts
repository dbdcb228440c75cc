/**
 * Peers: everybody that one torrent is connected to, and where what they say goes: blocks to the content, metadata (BEP 9)
 * and addresses (BEP 11) to their exchanges, interest to the choker.
 *
 * Not here: the life of the torrent (download-manager), the connections themselves (connector).
 */
import type { InfoHash } from '../metainfo/infohash.ts'
import { PeerConnection } from '../peer/peer-connection.ts'
import type { PeerConnectionEvent } from '../peer/peer-event.ts'
import type { PeerContent } from '../peer/peer-options.ts'
import { earlier, Timers } from '../peer/timers.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { PeerAddress } from '../ports/transport.ts'
import { allowedFastSet } from '../wire/allowed-fast.ts'
import { formatPeerId, type PeerId } from '../wire/peer-id.ts'
import { Choking } from './choking.ts'
import { Connector, type ConnectorOwner } from './connector.ts'
import type { Content } from './content.ts'
import type { KnownPeer } from './known-peers.ts'
import { MetadataExchange, type MetadataOwner } from './metadata-exchange.ts'
import { PeerExchange } from './peer-exchange.ts'
import type { PeerSession } from './peer-session.ts'
import type { DownloadPorts, DownloadSettings } from './settings.ts'

/** How often a place is made for a peer that waits. */
const ROTATE_EVERY_MS = 10_000
/** Pieces that a newcomer may have of us before it is unchoked (BEP 6). */
const ALLOWED_FAST_COUNT = 5

/** With fewer, and nobody left to dial, trackers are asked for more before their interval is over. */
const FEW_PEERS = 30

export interface PeersOwner {
  readonly mayConnect: boolean
  /** All that is wanted is here. */
  readonly isComplete: boolean
  /** Null until the torrent is known, and what is on the disk of it. */
  readonly content: Content | null
  /** Private torrents have no peer exchange. */
  readonly isPrivate: boolean
  metadataComplete(nowMs: number, infoBytes: Uint8Array, session: PeerSession): void
  /** Nobody is left to dial. Asked for often, answered as trackers allow. */
  wantMorePeers(nowMs: number): void
  /** A peer has shaken hands. */
  peerCame(): void
  /** None is left that has. */
  lastPeerGone(nowMs: number): void
  /** Something is to be drained. */
  touched(nowMs: number): void
  emit(nowMs: number, event: ClientEvent): void
}

export class Peers implements ConnectorOwner, MetadataOwner {
  readonly connector: Connector
  readonly #infohash: InfoHash
  readonly #settings: DownloadSettings
  readonly #ports: DownloadPorts
  readonly #owner: PeersOwner
  readonly #choking: Choking
  readonly #metadata: MetadataExchange
  readonly #pex = new PeerExchange()
  readonly #timers = new Timers(['rotate'])

  constructor(infohash: InfoHash, settings: DownloadSettings, ports: DownloadPorts, owner: PeersOwner) {
    const { source } = settings
    this.#infohash = infohash
    this.#settings = settings
    this.#ports = ports
    this.#owner = owner
    this.connector = new Connector(ports.transport, localAddress(settings), this)
    this.#choking = new Choking(this.connector.sessions, settings.uploadSlots, this)
    const infoBytes = source.kind === 'torrent' ? source.torrent.infoBytes : (source.infoBytes ?? null)
    this.#metadata = new MetadataExchange(infohash, infoBytes, ports.sha1, this)
    const given = source.kind === 'magnet' ? [...settings.peers, ...source.magnet.peers] : settings.peers
    for (const address of given) this.connector.known.add(address, true)
  }

  heardOf(addresses: Iterable<PeerAddress>): void {
    for (const address of addresses) this.connector.known.add(address, false)
  }

  /** The content is open: those who are connected already learn what we have. */
  contentKnown(nowMs: number, content: Content): void {
    for (const session of this.connector.sessions.all()) {
      session.machine.contentKnown(nowMs, this.#contentFor(session.peer, content))
    }
    this.connector.sessions.touchAll()
  }

  /** From now on we only give. */
  complete(nowMs: number): void {
    this.connector.known.wantSeeds(false)
    for (const session of this.connector.sessions.all()) {
      session.machine.setUploadOnly(nowMs)
      this.#closeIfNotNeeded(session)
    }
    this.connector.sessions.touchAll()
    this.#choking.changed()
  }

  /** Some of it is gone: seeds are wanted again. */
  incomplete(nowMs: number): void {
    this.connector.known.wantSeeds(true)
    for (const session of this.connector.sessions.all()) session.machine.setUploadOnly(nowMs)
    this.connector.sessions.touchAll()
    this.#choking.changed()
  }

  handleDeadline(nowMs: number): void {
    const { sessions } = this.connector
    sessions.handleDeadline(nowMs)
    this.#metadata.handleDeadline(nowMs)
    for (const session of this.#pex.handleDeadline(nowMs, sessions.all())) sessions.touch(session)
    if (this.#timers.takeDue(nowMs) === 'rotate') this.connector.rotate(nowMs)
  }

  deadlineMs(): number | null {
    let deadlineMs = earlier(this.connector.deadlineMs(), this.#metadata.deadlineMs())
    deadlineMs = earlier(deadlineMs, this.#pex.deadlineMs())
    deadlineMs = earlier(deadlineMs, this.#timers.earliestMs())
    return this.#owner.mayConnect ? earlier(deadlineMs, this.#choking.deadlineMs()) : deadlineMs
  }

  /** Dials, and lets everybody who was touched say what it has to, and asks and sends until nothing is left. */
  settle(nowMs: number): void {
    this.connector.dial(nowMs)
    const wantsMore = this.#owner.mayConnect && !this.#owner.isComplete && this.connector.sessions.size < this.#fewPeers
    if (wantsMore && this.connector.known.deadlineMs() === null) this.#owner.wantMorePeers(nowMs)
    do this.#drain(nowMs)
    while (this.#owner.mayConnect && this.#choking.decide(nowMs))
    const isFull = this.connector.sessions.size >= this.peersMax
    if (!isFull || !this.#owner.mayConnect) this.#timers.set('rotate', null)
    else if (!this.#timers.isSet('rotate')) this.#timers.set('rotate', nowMs + ROTATE_EVERY_MS)
  }

  get #fewPeers(): number {
    return Math.min(this.peersMax, FEW_PEERS)
  }

  // Called by the connector, the exchanges and choking.

  get peerId(): PeerId {
    return this.#settings.peerId
  }
  get peersMax(): number {
    return this.#settings.peersMax
  }
  get mayConnect(): boolean {
    return this.#owner.mayConnect
  }
  get isComplete(): boolean {
    return this.#owner.isComplete
  }

  get pieceBytes(): number | null {
    return this.#owner.content?.torrent.geometry.pieceLengthBytes ?? null
  }

  upRateBytesPerSecond(nowMs: number): number {
    return this.#owner.content?.uploader.up.rateBytesPerSecond(nowMs) ?? 0
  }

  makeMachine(nowMs: number, peer: KnownPeer, start: 'connecting' | 'accepted'): PeerConnection {
    const { peerId, pipelineDepth, listenPort, usePex } = this.#settings
    const greeting = () => ({
      listenPort,
      metadataBytes: this.#owner.content?.torrent.infoBytes.length ?? null,
      uploadOnly: this.#owner.isComplete,
      usePex: usePex && !this.#owner.isPrivate,
      // An IP literal without its zone: `fe80::1%eth0` is nothing that others know.
      remoteHost: peer.address.host.split('%')[0]!,
    })
    const known = this.#owner.content
    const content = known === null ? null : this.#contentFor(peer, known)
    return new PeerConnection({ infohash: this.#infohash, peerId, pipelineDepth, content, greeting }, nowMs, start)
  }

  touched(nowMs: number): void {
    this.#owner.touched(nowMs)
  }

  emit(nowMs: number, event: ClientEvent): void {
    this.#owner.emit(nowMs, event)
  }

  metadataComplete(nowMs: number, infoBytes: Uint8Array, session: PeerSession): void {
    this.#owner.metadataComplete(nowMs, infoBytes, session)
  }

  metadataAsked(session: PeerSession): void {
    this.connector.sessions.touch(session)
  }

  metadataLie(nowMs: number, session: PeerSession, reason: string): void {
    this.connector.ban(nowMs, session.peer.key, reason)
  }

  // What they say.

  #drain(nowMs: number): void {
    const { sessions } = this.connector
    for (let session = sessions.takeTouched(); session !== null; session = sessions.takeTouched()) {
      for (let event = session.nextEvent(); event !== null; event = session.nextEvent()) {
        this.#receive(nowMs, session, event)
      }
      const { content } = this.#owner
      // What it gave up is open to all: where that touched it again, its own turn comes after the others'.
      if (!session.isTouched) content?.exchange.refill(nowMs, session)
      content?.uploader.pump(nowMs, session)
      session.flush()
      sessions.noteDeadline(session)
    }
  }

  #receive(nowMs: number, session: PeerSession, event: PeerConnectionEvent): void {
    const peer = session.peer.name
    switch (event.type) {
      case 'handshaken':
        this.#owner.peerCame()
        this.emit(nowMs, { type: 'peer-handshaken', peer, peerId: formatPeerId(event.peerId) })
        this.#choking.changed()
        return this.connector.handshaken(session)
      case 'extended':
        this.emit(nowMs, { type: 'peer-extended', peer, client: session.machine.clientName })
        this.connector.extended(session)
        // Where both have everything nobody needs to hear of others first.
        if (this.#closeIfNotNeeded(session)) return
        this.#metadata.peerExtended(nowMs, session)
        return this.#pex.peerExtended(nowMs, session, this.connector.sessions.all())
      case 'metadata':
        return this.#metadata.received(nowMs, session, event.message)
      case 'pex':
        return this.#receivePex(nowMs, session, event)
      case 'interested':
        this.#choking.interestChanged(session)
        return this.emit(nowMs, { type: 'peer-interested', peer, value: event.value })
      case 'requests':
        return
      case 'closed':
        return this.#closed(nowMs, session, event)
      default:
        if (event.type === 'snubbed') this.#choking.changed()
        if (this.#owner.content !== null) this.#owner.content.exchange.receive(nowMs, session, event)
        else if (event.type === 'unchoked') this.emit(nowMs, { type: 'peer-unchoked', peer })
        else if (event.type === 'choked') this.emit(nowMs, { type: 'peer-choked', peer, requestsVoided: 0 })
        this.#closeIfNotNeeded(session)
    }
  }

  #receivePex(nowMs: number, session: PeerSession, { message }: PeerConnectionEvent & { type: 'pex' }): void {
    const added = this.#pex.received(nowMs, session, message)
    for (const { address, isSeed } of added) this.connector.known.addFromPeer(address, isSeed)
    const dropped = message.dropped.length
    this.emit(nowMs, { type: 'peer-exchanged', peer: session.peer.name, added: added.length, dropped })
  }

  #closed(nowMs: number, session: PeerSession, event: PeerConnectionEvent & { type: 'closed' }): void {
    const { content } = this.#owner
    content?.exchange.peerGone(session, event.voided)
    content?.uploader.gone(session)
    this.connector.closed(nowMs, session, event.reason, event.voided.length)
    this.#metadata.peerGone(nowMs, session)
    this.#pex.peerGone(session)
    this.#choking.changed()
    if (this.connector.sessions.countOpen() === 0) this.#owner.lastPeerGone(nowMs)
  }

  /** Two that both have everything have nothing to say to each other. True: it is closed. */
  #closeIfNotNeeded(session: PeerSession): boolean {
    if (!this.#owner.isComplete || !session.machine.isUploadOnly) return false
    this.connector.markSeed(session)
    session.machine.close('not-needed')
    return true
  }

  #contentFor({ address }: KnownPeer, { torrent, pieces }: Content): PeerContent {
    const { geometry } = torrent
    const { sha1 } = this.#ports
    // A seed gives none: all that come would have them of it at once, and nobody a whole piece for long. Nor does who
    // unchokes nobody.
    const count = this.#owner.isComplete || this.#settings.uploadSlots === 0 ? 0 : ALLOWED_FAST_COUNT
    const allowedFast = allowedFastSet(this.#infohash, address.host, geometry.pieceCount, count, sha1)
    return { geometry, ourPieces: pieces.complete, allowedFast }
  }
}

function localAddress({ localHost, listenPort }: DownloadSettings): PeerAddress | null {
  return localHost === null ? null : { host: localHost, port: listenPort }
}
