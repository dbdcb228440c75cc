/**
 * DownloadManager: one torrent from its start to its end. It finds out what is on the disk, announces, exchanges blocks
 * with peers in both directions, warns when nobody is there, and leaves politely. From a magnet link (BEP 9) it gets the
 * metadata first, over the same connections.
 *
 * Sans-IO: completions of ports and calls of the owner come in with `nowMs`; every one ends in `#settle`, which drains
 * the machines that were touched until nothing is left, and sets one alarm. What happened goes out as events.
 * Not here: who is connected (connector), blocks (content, block-exchange, uploader), who is unchoked (choking), what is
 * told to trackers (announcing), what becomes of one piece (piece-checker).
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import { describeMetainfoFault } from '../metainfo/metainfo-fault.ts'
import { torrentFromInfo } from '../metainfo/parse-torrent.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { earlier, Timers } from '../peer/timers.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { Alarm } from '../ports/clock.ts'
import type { ClientEvent, TrackerEvent } from '../ports/events.ts'
import type { StorageFault } from '../ports/storage.ts'
import type { Connection, ConnectionHandler, PeerAddress } from '../ports/transport.ts'
import type { AnnounceTotals } from '../tracker/tracker-client.ts'
import { Announcing, type AnnouncingOwner } from './announcing.ts'
import { Content, type ContentOwner } from './content.ts'
import type { PeerSession } from './peer-session.ts'
import { Peers, type PeersOwner } from './peers.ts'
import type { CheckOutcome } from './piece-checker.ts'
import type { DownloadPorts, DownloadSettings } from './settings.ts'
import { type DownloadStatus, statusOf } from './status.ts'

/** Without a peer for this long the user is told, and then again every so often. */
export const NO_PEERS_WARNING_MS = 8_000
export const NO_PEERS_AGAIN_MS = 30_000
/** How long a stop waits for trackers to hear of it, and for pieces on their way to the disk. */
export const STOP_GRACE_MS = 2_000
/** Of that, how long for a tracker to hear of the completed download first. */
const COMPLETED_GRACE_MS = 1_000

type Phase = DownloadStatus['phase']

export class DownloadManager implements AnnouncingOwner, PeersOwner, ContentOwner {
  readonly #settings: DownloadSettings
  readonly #ports: DownloadPorts
  readonly #infohash: InfoHash
  readonly #peers: Peers
  readonly #announcing: Announcing
  readonly #timers = new Timers(['no-peers', 'completed-grace', 'stop-grace'])
  readonly #alarm: Alarm
  /** From `started` on. */
  #content: Content | null = null
  #phase: Phase = 'preparing'
  #isPaused = false
  /** Pieces that were complete once and could not be read. */
  readonly #lostBefore = new Set<PieceIndex>()
  /** Since when there is no peer, where there is none. */
  #aloneSinceMs = 0
  #stopped: ((nowMs: number, fault: StorageFault | null) => void) | null = null

  constructor(settings: DownloadSettings, ports: DownloadPorts) {
    const { source } = settings
    this.#settings = settings
    this.#ports = ports
    this.#infohash = source.kind === 'torrent' ? source.torrent.infohashV1! : source.magnet.infohash
    this.#peers = new Peers(this.#infohash, settings, ports, this)
    const tiers = source.kind === 'torrent' ? source.torrent.trackers : source.magnet.trackers
    this.#announcing = new Announcing({ tiers, infohash: this.#infohash }, settings, ports, this)
    this.#alarm = ports.clock.alarm((nowMs) => this.#handleDeadline(nowMs))
  }

  // Called by the owner.

  start(nowMs: number): void {
    const { source } = this.#settings
    if (source.kind === 'torrent') return this.#open(nowMs, source.torrent)
    this.emit(nowMs, { type: 'magnet-started', infohash: this.#infohash, name: source.magnet.name })
    if (source.infoBytes !== undefined) return this.#openInfo(nowMs, source.infoBytes, source.magnet)
    this.#phase = 'metadata'
    this.#nowAlone(nowMs)
    this.#announcing.start(nowMs)
    this.#settle(nowMs)
  }

  /** Somebody dialled us. */
  accept(nowMs: number, connection: Connection): ConnectionHandler {
    return this.#peers.connector.accept(nowMs, connection)
  }

  /** Leaves the swarm and keeps everything else, until `resume`. */
  pause(nowMs: number): void {
    if (this.#isPaused || this.#isOver) return
    this.#isPaused = true
    this.#timers.set('no-peers', null)
    this.#peers.connector.closeAll('paused')
    this.#announcing.stop(nowMs)
    this.emit(nowMs, { type: 'paused' })
    this.#settle(nowMs)
  }

  resume(nowMs: number): void {
    if (!this.#isPaused || this.#isOver) return
    this.#isPaused = false
    this.emit(nowMs, { type: 'resumed' })
    if (this.mayConnect) {
      this.#nowAlone(nowMs)
      this.#announcing.start(nowMs)
    }
    this.#settle(nowMs)
  }

  /**
   * Leaves the swarm: connections closed, trackers told, pieces on their way stored, files closed; then `stopped` is
   * called, once.
   */
  stop(nowMs: number, stopped: (nowMs: number, fault: StorageFault | null) => void): void {
    if (this.#phase === 'stopped') return
    const mayTellCompleted = this.#phase === 'complete' && this.#announcing.isBusy
    this.#phase = 'stopped'
    this.#stopped = stopped
    this.#peers.connector.closeAll('stopping')
    this.#timers.clear()
    this.#timers.set('stop-grace', nowMs + STOP_GRACE_MS)
    if (mayTellCompleted) this.#timers.set('completed-grace', nowMs + COMPLETED_GRACE_MS)
    else this.#announcing.stop(nowMs)
    this.#settle(nowMs)
  }

  status(nowMs: number): DownloadStatus {
    const { known, sessions } = this.#peers.connector
    return statusOf({ phase: this.#phase, isPaused: this.#isPaused, content: this.#content, known, sessions }, nowMs)
  }

  /** The torrent, once it is known. */
  get torrent(): TorrentFile | null {
    return this.#content?.torrent ?? null
  }

  // Called by announcing.

  announcerTouched(nowMs: number): void {
    this.#settle(nowMs)
  }

  peersFound(addresses: readonly PeerAddress[]): void {
    this.#peers.heardOf(addresses)
  }

  trackerEvent(nowMs: number, event: TrackerEvent): void {
    this.emit(nowMs, event)
  }

  totals(): AnnounceTotals {
    return {
      uploadedBytes: this.#content?.uploader.up.totalBytes ?? 0,
      downloadedBytes: this.#content?.exchange.down.totalBytes ?? 0,
      leftBytes: this.#content?.leftBytes ?? null,
    }
  }

  // Called by the peers.

  get mayConnect(): boolean {
    if (this.#isPaused) return false
    const { seeds, seedOnly } = this.#settings
    return this.#phase === 'metadata' || this.#phase === 'downloading' || (this.isComplete && (seeds || seedOnly))
  }

  get isComplete(): boolean {
    return this.#phase === 'complete'
  }

  get isPrivate(): boolean {
    return this.#content?.torrent.private === true
  }

  get content(): Content | null {
    return this.#phase === 'downloading' || this.isComplete || this.#isOver ? this.#content : null
  }

  metadataComplete(nowMs: number, infoBytes: Uint8Array, session: PeerSession): void {
    const { source } = this.#settings
    if (source.kind !== 'magnet') return
    this.emit(nowMs, { type: 'metadata-received', bytes: infoBytes.length, peer: session.peer.name })
    this.#openInfo(nowMs, infoBytes, source.magnet)
  }

  wantMorePeers(nowMs: number): void {
    this.#announcing.wantMorePeers(nowMs)
    this.#announcing.pump(nowMs)
  }

  peerCame(): void {
    this.#timers.set('no-peers', null)
  }

  lastPeerGone(nowMs: number): void {
    if (this.mayConnect && !this.isComplete && !this.#timers.isSet('no-peers')) this.#nowAlone(nowMs)
  }

  touched(nowMs: number): void {
    this.#settle(nowMs)
  }

  // Called by the content.

  get mayRequest(): boolean {
    return this.#phase === 'downloading' && !this.#isPaused
  }

  emit(nowMs: number, event: ClientEvent): void {
    this.#ports.events.emit(nowMs, event)
  }

  readyToSend(nowMs: number, session: PeerSession): void {
    this.#peers.connector.sessions.touch(session)
    this.#settle(nowMs)
  }

  pieceUnreadable(nowMs: number, piece: PieceIndex, fault: StorageFault): void {
    if (this.#content?.lost(piece) !== true) return
    this.emit(nowMs, { type: 'piece-lost', piece, detail: fault.detail })
    for (const session of this.#peers.connector.sessions.all()) session.machine.dontHave(nowMs, piece)
    this.#peers.connector.sessions.touchAll()
    // A place that takes a piece and does not give it back would be filled for ever.
    if (this.#lostBefore.has(piece) && !this.#settings.seedOnly) {
      const detail = `piece ${piece} was stored twice and cannot be read back: ${fault.detail}`
      return this.#storageFailed(nowMs, { code: fault.code, detail })
    }
    this.#lostBefore.add(piece)
    if (this.isComplete && !this.#settings.seedOnly) {
      this.#phase = 'downloading'
      this.#peers.incomplete(nowMs)
    }
    this.#content.exchange.recount(nowMs)
  }

  checked(nowMs: number, outcome: CheckOutcome): void {
    const { piece } = outcome
    switch (outcome.kind) {
      case 'verified':
        this.emit(nowMs, { type: 'piece-verified', piece })
        this.#banAll(nowMs, outcome.guilty, piece)
        break
      case 'failed': {
        const { known } = this.#peers.connector
        const peers = outcome.senders.map((key) => this.#content!.nameOf(key, known))
        this.emit(nowMs, { type: 'piece-failed', piece, peers })
        this.#banAll(nowMs, outcome.guilty, piece)
        this.#peers.connector.sessions.touchAll()
        break
      }
      case 'stored':
        this.#stored(nowMs, piece)
        break
      case 'storage-failed':
        this.#storageFailed(nowMs, outcome.fault)
        break
    }
    this.#settle(nowMs)
  }

  // Starting and ending.

  get #isOver(): boolean {
    return this.#phase === 'failed' || this.#phase === 'stopped'
  }

  #openInfo(nowMs: number, infoBytes: Uint8Array, magnet: Magnet): void {
    const options = { platform: this.#settings.namePlatform }
    const parsed = torrentFromInfo(infoBytes, magnet, this.#ports.sha1, options)
    if (parsed.kind === 'fault') this.#metadataUnusable(nowMs, describeMetainfoFault(parsed))
    else this.#open(nowMs, parsed.torrent)
  }

  #open(nowMs: number, torrent: TorrentFile): void {
    const content = new Content(torrent, this.#settings, this.#ports, this.#peers.connector.sessions, this)
    this.#content = content
    this.#phase = 'preparing'
    const { name, geometry } = torrent
    const { totalBytes, pieceCount } = geometry
    this.emit(nowMs, { type: 'started', infohash: this.#infohash, name, totalBytes, pieceCount })
    content.open((openedMs, fault) => {
      if (this.#isOver) return
      if (fault !== null) this.#storageFailed(openedMs, fault)
      else this.#begin(openedMs, content)
    })
  }

  /** The disk is known: peers hear of it, those who are here already too. */
  #begin(nowMs: number, content: Content): void {
    this.#phase = 'downloading'
    this.#peers.contentKnown(nowMs, content)
    content.web?.start(nowMs)
    if (this.#peers.connector.sessions.countOpen() === 0) this.#nowAlone(nowMs)
    const announces = !this.#announcing.hasStarted && !this.#isPaused
    if (content.pieces.isComplete) this.#complete(nowMs)
    else if (this.#settings.seedOnly) this.#seedIncomplete(nowMs, content)
    // Who has it all already and does not seed needs no peers, so no tracker hears of it.
    if (announces && (this.#phase === 'downloading' || this.#settings.seeds)) this.#announcing.start(nowMs)
    this.#settle(nowMs)
  }

  #seedIncomplete(nowMs: number, { pieces, torrent }: Content): void {
    const detail = `${torrent.name}: ${pieces.piecesLeft} of ${torrent.geometry.pieceCount} pieces are missing or wrong`
    this.#storageFailed(nowMs, { code: 'missing', detail })
  }

  #nowAlone(nowMs: number): void {
    this.#aloneSinceMs = nowMs
    if (!this.#settings.seedOnly) this.#timers.set('no-peers', nowMs + NO_PEERS_WARNING_MS)
  }

  #complete(nowMs: number): void {
    const content = this.#content!
    this.#phase = 'complete'
    this.#timers.set('no-peers', null)
    this.#peers.complete(nowMs)
    if (content.leftBytes === 0) this.#announcing.complete(nowMs)
    this.emit(nowMs, { type: 'completed', bytes: content.completeBytes })
  }

  #metadataUnusable(nowMs: number, reason: string): void {
    this.#phase = 'failed'
    this.emit(nowMs, { type: 'metadata-unusable', reason })
  }

  /** Nothing more is asked for, lest a full disk be fed the same block for ever. The owner decides to stop. */
  #storageFailed(nowMs: number, fault: StorageFault): void {
    if (this.#isOver) return
    this.#phase = 'failed'
    this.emit(nowMs, { type: 'storage-failed', code: fault.code, detail: fault.detail })
  }

  #finishStop(nowMs: number): void {
    const stopped = this.#stopped
    if (stopped === null || this.#peers.connector.sessions.size > 0) return
    const isBusy = this.#announcing.isBusy || this.#content?.checker.isIdle === false
    if (isBusy && this.#timers.isSet('stop-grace')) return
    this.#stopped = null
    this.#timers.clear()
    this.#announcing.cancel()
    if (this.#content === null) this.#ports.clock.alarm((stoppedMs) => stopped(stoppedMs, null)).set(nowMs)
    else this.#content.close(nowMs, stopped)
  }

  // The loop.

  #handleDeadline(nowMs: number): void {
    this.#peers.handleDeadline(nowMs)
    this.#announcing.handleDeadline(nowMs)
    this.#content?.handleDeadline(nowMs)
    for (let due = this.#timers.takeDue(nowMs); due !== null; due = this.#timers.takeDue(nowMs)) {
      if (due === 'no-peers') this.#warnAlone(nowMs)
      else if (due === 'completed-grace') this.#announcing.stop(nowMs)
    }
    this.#settle(nowMs)
  }

  #warnAlone(nowMs: number): void {
    this.#timers.set('no-peers', nowMs + NO_PEERS_AGAIN_MS)
    this.emit(nowMs, { type: 'no-peers', forMs: nowMs - this.#aloneSinceMs, known: this.#peers.connector.known.count })
  }

  #settle(nowMs: number): void {
    this.#announcing.pump(nowMs)
    if (this.#timers.isSet('completed-grace') && !this.#announcing.isBusy) {
      this.#timers.set('completed-grace', null)
      this.#announcing.stop(nowMs)
      this.#announcing.pump(nowMs)
    }
    this.#content?.web?.pump(nowMs)
    this.#peers.settle(nowMs)
    this.#finishStop(nowMs)
    this.#alarm.set(this.#deadlineMs())
  }

  #deadlineMs(): number | null {
    const own = earlier(this.#timers.earliestMs(), this.#announcing.deadlineMs())
    return earlier(earlier(own, this.#peers.deadlineMs()), this.#content?.deadlineMs() ?? null)
  }

  #banAll(nowMs: number, guilty: readonly PeerKey[], piece: PieceIndex): void {
    const reason = `sent bad data in piece ${piece}`
    for (const key of guilty) {
      if (key < 0) this.#content?.web?.ban(nowMs, key, reason)
      else this.#peers.connector.ban(nowMs, key, reason)
    }
  }

  #stored(nowMs: number, piece: PieceIndex): void {
    const content = this.#content!
    const bytes = content.torrent.geometry.pieceBytes(piece)
    content.stored(nowMs, piece)
    this.emit(nowMs, { type: 'piece-stored', piece, bytes, piecesLeft: content.pieces.piecesLeft })
    content.exchange.stored(nowMs, piece)
    if (content.pieces.isComplete && this.#phase === 'downloading') this.#complete(nowMs)
  }
}
