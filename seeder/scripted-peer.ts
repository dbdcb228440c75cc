/**
 * A scripted peer: one that has the content and a link of its own, honest until a step of its script begins.
 *
 * Sans-IO like the client: it lives on a Clock and a Transport, simulated or real, and announces itself where asked to.
 */
import type { Geometry, PieceIndex } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import type { Random } from '../client/ports/random.ts'
import type { Listener, ListenFault, PeerAddress, Transport } from '../client/ports/transport.ts'
import type { Bitfield } from '../client/wire/bitfield.ts'
import type { Message, WireRange } from '../client/wire/messages.ts'
import { makePeerId, type PeerId } from '../client/wire/peer-id.ts'
import type { Link } from '../links/link.ts'
import { Announcing, type AnnouncingPorts, leftBytes } from './announcing.ts'
import type { BehaviourHost } from './behaviour.ts'
import { type Conduct, honestConduct } from './conduct.ts'
import { noLeechCounts } from './leeching.ts'
import type { Step } from './script.ts'
import { ScriptRunner } from './script-runner.ts'
import { type Outgoing, Session, type SessionOwner } from './session.ts'
import type { LeechCounts } from './session-part.ts'
import { Sessions } from './sessions.ts'
import { Waits } from './waits.ts'

export interface ScriptedPeerOptions {
  readonly torrent: TorrentFile
  readonly read: (offsetBytes: number, lengthBytes: number) => Uint8Array
  /** Port 0: any free one. */
  readonly address: PeerAddress
  readonly script: readonly Step[]
  /** Announce here; null: nowhere. */
  readonly trackerUrl: string | null
  /** One block where a link is shaped; more where the machine is the limit. */
  readonly sendAheadBytes: number
  /** Whom a step `dial` dials when it names nobody. */
  readonly clientAddress?: PeerAddress
}

export interface ScriptedPeerPorts extends AnnouncingPorts {
  readonly transport: Transport
  /** Changes the link of the peer's host. */
  readonly changeLink: (change: Partial<Link>) => void
}

/** What the owner hears. Called during events of the ports; never call the peer back from it. */
export interface ScriptedPeerReport {
  readonly listening: (address: PeerAddress) => void
  readonly failed: (fault: ListenFault) => void
  /** A tracker knows of it now, or did not answer: `reason`. */
  readonly announced: (reason: string | null) => void
  readonly stepBegun: (nowMs: number, step: Step) => void
}

export class ScriptedPeer implements SessionOwner, BehaviourHost {
  readonly infohash: InfoHash
  readonly peerId: PeerId
  readonly random: Random
  readonly torrent: TorrentFile
  readonly conduct: Conduct
  readonly sessions = new Sessions()
  readonly sendAheadBytes: number
  /** What it took from others, where its script has it leech. */
  readonly leechCounts: LeechCounts = noLeechCounts()
  readonly #options: ScriptedPeerOptions
  readonly #ports: ScriptedPeerPorts
  readonly #report: ScriptedPeerReport
  readonly #script: ScriptRunner
  readonly #waits: Waits
  #listener: Listener | null = null
  #address: PeerAddress
  #announcing: Announcing | null = null
  #hasListened = false
  #bytesServed = 0

  constructor(options: ScriptedPeerOptions, ports: ScriptedPeerPorts, report: ScriptedPeerReport) {
    if (options.torrent.infohashV1 === null) throw new RangeError('a v2-only torrent cannot be seeded')
    this.infohash = options.torrent.infohashV1
    this.peerId = makePeerId(ports.random)
    this.random = ports.random
    this.torrent = options.torrent
    this.conduct = honestConduct(options.torrent.geometry.pieceCount)
    this.sendAheadBytes = options.sendAheadBytes
    this.#options = options
    this.#ports = ports
    this.#waits = new Waits(ports.clock)
    this.#report = report
    this.#address = options.address
    this.#script = new ScriptRunner(options.script, ports.clock, (nowMs, step) => {
      report.stepBegun(nowMs, step)
      step.behaviour.begin(this, step.options)
    })
  }

  get geometry(): Geometry {
    return this.torrent.geometry
  }
  get listenPort(): number {
    return this.#address.port
  }
  /** Payload of the blocks that it has sent, right or wrong. */
  get bytesServed(): number {
    return this.#bytesServed
  }

  // The owner's calls.

  /** The script begins when it listens. */
  start(_nowMs: number): void {
    this.setListening(true)
  }

  /** Leaves: connections closed, port free. The tracker is not told, as when a machine is switched off. */
  stop(): void {
    this.setListening(false)
    this.#script.stop()
    this.sessions.closeAll()
    this.#waits.stop()
    this.#announcing?.stop()
    this.#announcing = null
  }

  // What behaviours do (BehaviourHost).

  setListening(listening: boolean): void {
    if (listening === (this.#listener !== null)) return
    if (!listening) {
      this.#listener?.close()
      this.#listener = null
      return
    }
    this.#listener = this.#ports.transport.listen(this.#address, {
      listening: (nowMs, address) => this.#listening(nowMs, address),
      failed: (_, fault) => this.#report.failed(fault),
      accepted: (_, connection) => this.#connected(new Session(this, false, () => connection)),
    })
  }

  dial(address: PeerAddress | null): Session {
    const remote = address ?? this.#options.clientAddress
    if (remote === undefined)
      throw new RangeError('a step dials nobody: it names no address, and the peer was given none')
    return this.#connected(new Session(this, true, (handler) => this.#ports.transport.connect(remote, handler)))
  }

  changeLink(change: Partial<Link>): void {
    this.#ports.changeLink(change)
  }

  setServing(serving: boolean): void {
    this.conduct.isServing = serving
    for (const session of this.sessions.all) session.serving.serve()
  }

  setChoking(choking: boolean): void {
    this.conduct.isChoking = choking
    for (const session of this.sessions.all) session.serving.setChoking(choking)
  }

  setPieces(pieces: Bitfield): void {
    const before = this.conduct.pieces
    this.conduct.pieces = pieces
    for (let index = 0; index < pieces.pieceCount; index++) {
      const piece = index as PieceIndex
      if (pieces.has(piece) !== before.has(piece)) this.#tell(piece, pieces.has(piece))
    }
  }

  block({ piece, offsetBytes, lengthBytes }: WireRange): Message & { type: 'piece' } {
    const block = this.#options.read(piece * this.geometry.pieceLengthBytes + offsetBytes, lengthBytes)
    return { type: 'piece', piece, offsetBytes, block }
  }

  inMs(delayMs: number, action: () => void): void {
    this.#waits.inMs(delayMs, action)
  }

  // What its connections tell it (SessionOwner).

  outgoing(honest: Message, session: Session): readonly Outgoing[] {
    return this.sessions.outgoing(honest, session)
  }

  handshaken(nowMs: number, session: Session): void {
    session.leeching.ask()
    this.sessions.opened(session)
    this.#script.handshaken(nowMs)
  }

  received(nowMs: number, session: Session, message: Message): void {
    this.sessions.received(session, message)
    this.#script.received(nowMs, message)
    this.#script.peerHas(nowMs, session.leeching.theirPieces.setCount)
  }

  sent(message: Message): void {
    const nowMs = this.#ports.clock.nowMs()
    if (message.type === 'piece') {
      this.#bytesServed += message.block.length
      this.#script.served(nowMs, this.#bytesServed)
    }
    this.#script.sent(nowMs, message)
  }

  gained(piece: PieceIndex): void {
    if (this.conduct.pieces.set(piece)) this.#tell(piece, true)
  }

  sessionEnded(session: Session): void {
    this.sessions.ended(session)
  }

  #connected(session: Session): Session {
    this.sessions.connected(session)
    return session
  }

  #tell(piece: PieceIndex, has: boolean): void {
    for (const session of this.sessions.open) {
      if (has) session.send({ type: 'have', piece })
      else session.extensions.dontHave(piece)
      session.leeching.ask()
    }
  }

  #listening(nowMs: number, address: PeerAddress): void {
    this.#address = address
    this.#report.listening(address)
    // Back after a drop it takes the same port, and the tracker still knows it.
    if (this.#hasListened) return
    this.#hasListened = true
    const { trackerUrl } = this.#options
    if (trackerUrl !== null) this.#announce(nowMs, trackerUrl)
    this.#script.started(nowMs)
  }

  #announce(nowMs: number, trackerUrl: string): void {
    const { infohash, peerId, geometry } = this
    const totals = () => ({
      uploadedBytes: this.#bytesServed,
      downloadedBytes: this.leechCounts.downloadedBytes,
      leftBytes: leftBytes(geometry, this.conduct.pieces),
    })
    const options = { trackerUrl, infohash, peerId, address: this.#address, totals }
    this.#announcing = new Announcing(options, this.#ports, this.#report.announced)
    this.#announcing.start(nowMs)
  }
}
