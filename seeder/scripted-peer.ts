/**
 * A scripted peer: a seeder with a link of its own, honest until a step of its script begins.
 *
 * Sans-IO like the client: it lives on a Clock and a Transport, simulated or real, and announces itself where asked to.
 */
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import type { Alarm, Clock } from '../client/ports/clock.ts'
import type { HttpClient } from '../client/ports/http.ts'
import type { Random } from '../client/ports/random.ts'
import type {
  Connection,
  ConnectionHandler,
  Listener,
  ListenFault,
  PeerAddress,
  Transport,
} from '../client/ports/transport.ts'
import { makeAnnounceKey } from '../client/tracker/announce-request.ts'
import { Announcer } from '../client/tracker/announcer.ts'
import { TrackerClient } from '../client/tracker/tracker-client.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import type { Message } from '../client/wire/messages.ts'
import { makePeerId, type PeerId } from '../client/wire/peer-id.ts'
import type { Link } from '../links/link.ts'
import type { BehaviourHost, Interceptor } from './behaviour.ts'
import type { Step } from './script.ts'
import { ScriptRunner } from './script-runner.ts'
import { Upload, type UploadOwner } from './upload.ts'

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
}

export interface ScriptedPeerPorts {
  readonly clock: Clock
  readonly transport: Transport
  readonly http: HttpClient
  readonly random: Random
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

export class ScriptedPeer implements UploadOwner, BehaviourHost {
  readonly infohash: InfoHash
  readonly peerId: PeerId
  readonly pieces: Bitfield
  readonly random: Random
  readonly sendAheadBytes: number
  readonly read: ScriptedPeerOptions['read']
  readonly #options: ScriptedPeerOptions
  readonly #ports: ScriptedPeerPorts
  readonly #report: ScriptedPeerReport
  readonly #script: ScriptRunner
  readonly #uploads = new Set<Upload>()
  readonly #interceptors: Interceptor[] = []
  readonly #acceptHooks: ((upload: Upload) => void)[] = []
  /** What behaviours wait for. */
  readonly #alarms = new Set<Alarm>()
  #listener: Listener | null = null
  #address: PeerAddress
  #announcer: Announcer | null = null
  #announceAlarm: Alarm | null = null
  #hasListened = false
  #isServing = true
  #isChoking = false
  #bytesServed = 0

  constructor(options: ScriptedPeerOptions, ports: ScriptedPeerPorts, report: ScriptedPeerReport) {
    if (options.torrent.infohashV1 === null) throw new RangeError('a v2-only torrent cannot be seeded')
    this.infohash = options.torrent.infohashV1
    this.peerId = makePeerId(ports.random)
    this.pieces = Bitfield.full(options.torrent.geometry.pieceCount)
    this.random = ports.random
    this.sendAheadBytes = options.sendAheadBytes
    this.read = options.read
    this.#options = options
    this.#ports = ports
    this.#report = report
    this.#address = options.address
    this.#script = new ScriptRunner(options.script, ports.clock, (nowMs, step) => {
      report.stepBegun(nowMs, step)
      step.behaviour.begin(this, step.options)
    })
  }

  get geometry(): TorrentFile['geometry'] {
    return this.#options.torrent.geometry
  }
  get isServing(): boolean {
    return this.#isServing
  }
  get isChoking(): boolean {
    return this.#isChoking
  }
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
    for (const alarm of this.#alarms) alarm.set(null)
    this.#announcer?.cancel()
    this.#announceAlarm?.set(null)
    this.#announcer = null
    for (const upload of this.uploads()) upload.close()
  }

  // What behaviours do (BehaviourHost).

  uploads(): readonly Upload[] {
    return [...this.#uploads]
  }

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
      accepted: (_, connection) => this.#accept(connection),
    })
  }

  onAccepted(hook: (upload: Upload) => void): void {
    this.#acceptHooks.push(hook)
  }

  intercept(interceptor: Interceptor): void {
    this.#interceptors.push(interceptor)
  }

  changeLink(change: Partial<Link>): void {
    this.#ports.changeLink(change)
  }

  setServing(serving: boolean): void {
    this.#isServing = serving
    for (const upload of this.uploads()) upload.serve(this.#ports.clock.nowMs())
  }

  setChoking(choking: boolean): void {
    this.#isChoking = choking
    for (const upload of this.uploads()) upload.setChoking(choking)
  }

  inMs(delayMs: number, action: () => void): void {
    const alarm = this.#ports.clock.alarm(() => {
      this.#alarms.delete(alarm)
      action()
    })
    this.#alarms.add(alarm)
    alarm.set(this.#ports.clock.nowMs() + delayMs)
  }

  // What its connections tell it (UploadOwner).

  outgoing(honest: Message): Message | null {
    let message: Message | null = honest
    for (const interceptor of this.#interceptors) message = message === null ? null : interceptor(message)
    return message
  }

  handshaken(nowMs: number): void {
    this.#script.handshaken(nowMs)
  }

  messageReceived(nowMs: number, upload: Upload, message: Message): void {
    this.#script.received(nowMs, message.type)
    if (message.type === 'have' || message.type === 'bitfield') this.#script.peerHas(nowMs, upload.theirPieceCount)
  }

  blockSent(nowMs: number, bytes: number): void {
    this.#bytesServed += bytes
    this.#script.served(nowMs, this.#bytesServed)
  }

  uploadEnded(upload: Upload): void {
    this.#uploads.delete(upload)
  }

  #accept(connection: Connection): ConnectionHandler {
    const upload = new Upload(this, connection)
    this.#uploads.add(upload)
    for (const hook of this.#acceptHooks) hook(upload)
    return upload
  }

  #listening(nowMs: number, address: PeerAddress): void {
    this.#address = address
    this.#report.listening(address)
    // Back after a drop it takes the same port, and the tracker still knows it.
    if (this.#hasListened) return
    this.#hasListened = true
    if (this.#options.trackerUrl !== null) this.#announce(nowMs, this.#options.trackerUrl)
    this.#script.started(nowMs)
  }

  #announce(nowMs: number, trackerUrl: string): void {
    this.#announcer = this.#makeAnnouncer(trackerUrl)
    this.#announcer.client.start(nowMs)
    this.#pumpAnnouncer(nowMs)
  }

  #makeAnnouncer(trackerUrl: string): Announcer {
    const { infohash, peerId, random } = this
    const key = makeAnnounceKey(random)
    const client = new TrackerClient({
      tiers: [[trackerUrl]],
      identity: { infohash, peerId, port: this.#address.port, key, ...ownAddress(this.#address) },
      totals: () => ({ uploadedBytes: this.#bytesServed, downloadedBytes: 0, leftBytes: 0 }),
      numWant: 0,
      random,
    })
    const alarm = this.#ports.clock.alarm((nowMs) => {
      client.handleDeadline(nowMs)
      this.#pumpAnnouncer(nowMs)
    })
    this.#announceAlarm = alarm
    return new Announcer(client, this.#ports.http, {
      announcerTouched: (nowMs) => this.#pumpAnnouncer(nowMs),
      peersFound: () => {},
      trackerEvent: (_, event) => {
        if (event.type === 'announced') this.#report.announced(null)
        else if (event.type === 'announce-failed') this.#report.announced(event.reason)
      },
    })
  }

  #pumpAnnouncer(nowMs: number): void {
    this.#announcer?.pump(nowMs)
    this.#announceAlarm?.set(this.#announcer?.client.deadlineMs() ?? null)
  }
}

/** Many peers share a machine: each is known under its own loopback address. Other addresses speak for themselves. */
function ownAddress({ host }: PeerAddress): { ip?: string } {
  return host.startsWith('127.') ? { ip: host } : {}
}
