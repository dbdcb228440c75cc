/**
 * DownloadManager: one torrent, several peers, from its start to its end. It verifies what is on the disk, dials,
 * announces, warns when nobody is there, and leaves politely.
 *
 * Sans-IO: completions of ports and calls of the owner come in with `nowMs`; every one ends in `#settle`, which drains
 * the machines that were touched until nothing is left, and sets one alarm. What happened goes out as events.
 * Not here: blocks and the peers that send them (block-exchange), what becomes of one piece (piece-checker).
 */
import { PeerConnection } from '../peer/peer-connection.ts'
import { earlier, Timers } from '../peer/timers.ts'
import { PieceManager } from '../pieces/piece-manager.ts'
import type { Alarm } from '../ports/clock.ts'
import type { ClientEvent, TrackerEvent } from '../ports/events.ts'
import type { StorageFault } from '../ports/storage.ts'
import { type Connection, type ConnectionHandler, NO_HANDLER, type PeerAddress } from '../ports/transport.ts'
import { PieceStore } from '../storage/piece-store.ts'
import { makeAnnounceKey } from '../tracker/announce-request.ts'
import { Announcer, type AnnouncerOwner } from '../tracker/announcer.ts'
import { TrackerClient } from '../tracker/tracker-client.ts'
import { BlockExchange, type ExchangeOwner } from './block-exchange.ts'
import { checkDisk } from './disk-check.ts'
import { HALF_OPEN_MAX, type KnownPeer, KnownPeers } from './known-peers.ts'
import { PeerSession } from './peer-session.ts'
import { type CheckOutcome, PieceChecker } from './piece-checker.ts'
import { SessionTable } from './session-table.ts'
import type { DownloadPorts, DownloadSettings } from './settings.ts'
import { type DownloadStatus, peerStatus } from './status.ts'

/** Without a peer for this long the user is told, and then again every so often. */
export const NO_PEERS_WARNING_MS = 8_000
export const NO_PEERS_AGAIN_MS = 30_000
/** How long a stop waits for trackers to hear of it, and for pieces on their way to the disk. */
export const STOP_GRACE_MS = 2_000
/** Of that, how long for a tracker to hear of the completed download first. */
const COMPLETED_GRACE_MS = 1_000

type Phase = DownloadStatus['phase']

export class DownloadManager implements AnnouncerOwner, ExchangeOwner {
  readonly #settings: DownloadSettings
  readonly #ports: DownloadPorts
  readonly #pieces: PieceManager
  readonly #store: PieceStore
  readonly #checker: PieceChecker
  readonly #announcer: Announcer | null
  readonly #known = new KnownPeers()
  readonly #sessions = new SessionTable()
  readonly #timers = new Timers<'no-peers' | 'completed-grace' | 'stop-grace'>()
  readonly #alarm: Alarm
  readonly #exchange: BlockExchange
  #phase: Phase = 'preparing'
  #completeBytes = 0
  /** Since when there is no peer, where there is none. */
  #aloneSinceMs = 0
  #stopped: ((nowMs: number, fault: StorageFault | null) => void) | null = null

  constructor(settings: DownloadSettings, ports: DownloadPorts) {
    const { torrent } = settings
    this.#settings = settings
    this.#ports = ports
    this.#pieces = new PieceManager(torrent.geometry, ports.pickerRandom)
    this.#store = new PieceStore(ports.storage, torrent)
    this.#checker = new PieceChecker(
      torrent,
      this.#pieces,
      { hasher: ports.hasher, store: this.#store },
      (nowMs, outcome) => this.#checked(nowMs, outcome),
    )
    this.#exchange = new BlockExchange(
      { pieces: this.#pieces, sessions: this.#sessions, known: this.#known, checker: this.#checker },
      this,
    )
    this.#announcer = settings.useTrackers && torrent.trackers.length > 0 ? this.#makeAnnouncer() : null
    this.#alarm = ports.clock.alarm((nowMs) => this.#handleDeadline(nowMs))
    for (const address of settings.peers) this.#known.add(address, true)
  }

  // Called by the owner.

  start(nowMs: number): void {
    const { torrent } = this.#settings
    this.emit(nowMs, {
      type: 'started',
      infohash: torrent.infohashV1!,
      name: torrent.name,
      totalBytes: torrent.geometry.totalBytes,
      pieceCount: torrent.geometry.pieceCount,
    })
    this.#ports.storage.prepare((preparedMs, outcome) => {
      if (outcome.kind === 'fault') this.#storageFailed(preparedMs, outcome.fault)
      else if (outcome.hadContent && this.#phase === 'preparing') this.#verifyDisk(preparedMs)
      else this.#begin(preparedMs)
    })
  }

  /** Somebody dialled us. */
  accept(nowMs: number, connection: Connection): ConnectionHandler {
    const hasRoom = this.#phase === 'downloading' && this.#sessions.size < this.#settings.peersMax
    const peer = hasRoom ? this.#known.accept(connection.remote) : null
    if (peer === null) {
      connection.reset()
      return NO_HANDLER
    }
    const session = this.#makeSession(nowMs, peer, true)
    session.attach(connection)
    this.emit(nowMs, { type: 'peer-connected', peer: peer.name, incoming: true })
    this.#settle(nowMs)
    return session
  }

  /**
   * Leaves the swarm: connections closed, trackers told, pieces on their way stored, files closed; then `stopped` is
   * called, once.
   */
  stop(nowMs: number, stopped: (nowMs: number, fault: StorageFault | null) => void): void {
    if (this.#phase === 'stopped') return
    const mayTellCompleted = this.#phase === 'complete' && this.#announcer?.isBusy === true
    this.#phase = 'stopped'
    this.#stopped = stopped
    for (const session of this.#sessions.all()) session.machine.close('stopping')
    this.#sessions.touchAll()
    this.#timers.clear()
    this.#timers.set('stop-grace', nowMs + STOP_GRACE_MS)
    if (mayTellCompleted) this.#timers.set('completed-grace', nowMs + COMPLETED_GRACE_MS)
    else this.#announcer?.client.stop(nowMs)
    this.#settle(nowMs)
  }

  status(nowMs: number): DownloadStatus {
    const { geometry } = this.#settings.torrent
    return {
      phase: this.#phase,
      pieceCount: geometry.pieceCount,
      piecesComplete: this.#pieces.complete.setCount,
      totalBytes: geometry.totalBytes,
      completeBytes: this.#completeBytes,
      downRateBytesPerSecond: this.#exchange.down.rateBytesPerSecond(nowMs),
      upRateBytesPerSecond: 0,
      connectedPeers: this.#sessions.countOpen(),
      knownPeers: this.#known.count,
      peers: Array.from(this.#sessions.all(), (session) => peerStatus(session, nowMs)),
    }
  }

  // Called by the announcer.

  announcerTouched(nowMs: number): void {
    this.#settle(nowMs)
  }

  peersFound(addresses: readonly PeerAddress[]): void {
    for (const address of addresses) this.#known.add(address, false)
  }

  trackerEvent(nowMs: number, event: TrackerEvent): void {
    this.emit(nowMs, event)
  }

  // Called by the exchange.

  get mayRequest(): boolean {
    return this.#phase === 'downloading'
  }

  emit(nowMs: number, event: ClientEvent): void {
    this.#ports.events.emit(nowMs, event)
  }

  peerCame(): void {
    this.#timers.set('no-peers', null)
  }

  lastPeerGone(nowMs: number): void {
    if (this.#phase === 'downloading' && !this.#timers.isSet('no-peers')) this.#nowAlone(nowMs)
  }

  // Starting and ending.

  #verifyDisk(nowMs: number): void {
    const { geometry } = this.#settings.torrent
    const ports = { hasher: this.#ports.hasher, store: this.#store }
    checkDisk(this.#settings.torrent, this.#pieces, ports, nowMs, (doneMs) => {
      if (this.#phase === 'stopped') return
      for (let piece = 0; piece < geometry.pieceCount; piece++) {
        const index = geometry.pieceIndex(piece)!
        if (this.#pieces.complete.has(index)) this.#completeBytes += geometry.pieceBytes(index)
      }
      const pieces = this.#pieces.complete.setCount
      this.emit(doneMs, { type: 'verified-on-disk', pieces, ofPieces: geometry.pieceCount })
      this.#begin(doneMs)
    })
  }

  #begin(nowMs: number): void {
    if (this.#phase === 'stopped') return
    this.#phase = 'downloading'
    this.#nowAlone(nowMs)
    // Who has it all already needs no peers, so no tracker hears of it.
    if (this.#pieces.isComplete) this.#complete(nowMs)
    else this.#announcer?.client.start(nowMs)
    this.#settle(nowMs)
  }

  #nowAlone(nowMs: number): void {
    this.#aloneSinceMs = nowMs
    this.#timers.set('no-peers', nowMs + NO_PEERS_WARNING_MS)
  }

  #complete(nowMs: number): void {
    this.#phase = 'complete'
    this.#timers.clear()
    for (const session of this.#sessions.all()) if (session.machine.pieces.isFull) session.machine.close('not-needed')
    this.#sessions.touchAll()
    this.#announcer?.client.complete(nowMs)
    this.emit(nowMs, { type: 'completed', bytes: this.#completeBytes })
  }

  /** Nothing more is asked for, lest a full disk be fed the same block for ever. The owner decides to stop. */
  #storageFailed(nowMs: number, fault: StorageFault): void {
    if (this.#phase === 'failed' || this.#phase === 'stopped') return
    this.#phase = 'failed'
    this.emit(nowMs, { type: 'storage-failed', code: fault.code, detail: fault.detail })
  }

  #toldCompleted(nowMs: number): void {
    this.#timers.set('completed-grace', null)
    this.#announcer?.client.stop(nowMs)
    this.#announcer?.pump(nowMs)
  }

  #finishStop(): void {
    const stopped = this.#stopped
    if (stopped === null || this.#sessions.size > 0) return
    const isBusy = this.#announcer?.isBusy === true || !this.#checker.isIdle
    if (isBusy && this.#timers.isSet('stop-grace')) return
    this.#stopped = null
    this.#timers.clear()
    this.#announcer?.cancel()
    this.#ports.storage.close(stopped)
  }

  #makeAnnouncer(): Announcer {
    const { torrent, peerId, listenPort } = this.#settings
    const random = this.#ports.trackerRandom
    const key = makeAnnounceKey(random)
    const client = new TrackerClient({
      tiers: torrent.trackers,
      identity: { infohash: torrent.infohashV1!, peerId, port: listenPort, key },
      totals: () => ({
        uploadedBytes: 0,
        downloadedBytes: this.#exchange.down.totalBytes,
        leftBytes: torrent.geometry.totalBytes - this.#completeBytes,
      }),
      random,
    })
    return new Announcer(client, this.#ports.http, this)
  }

  // The loop.

  #handleDeadline(nowMs: number): void {
    this.#sessions.handleDeadline(nowMs)
    this.#announcer?.client.handleDeadline(nowMs)
    const due = this.#timers.takeDue(nowMs)
    if (due === 'no-peers') {
      this.#timers.set('no-peers', nowMs + NO_PEERS_AGAIN_MS)
      this.emit(nowMs, { type: 'no-peers', forMs: nowMs - this.#aloneSinceMs, known: this.#known.count })
    } else if (due === 'completed-grace') {
      this.#announcer?.client.stop(nowMs)
    }
    this.#settle(nowMs)
  }

  #settle(nowMs: number): void {
    this.#announcer?.pump(nowMs)
    if (this.#timers.isSet('completed-grace') && this.#announcer?.isBusy === false) this.#toldCompleted(nowMs)
    this.#dial(nowMs)
    this.#exchange.drain(nowMs)
    this.#finishStop()
    this.#alarm.set(this.#deadlineMs())
  }

  #deadlineMs(): number | null {
    const own = earlier(this.#timers.earliestMs(), this.#announcer?.client.deadlineMs() ?? null)
    const peers = this.#sessions.deadlineMs()
    return earlier(earlier(own, peers), this.#mayDial() ? this.#known.deadlineMs() : null)
  }

  #mayDial(): boolean {
    if (this.#phase !== 'downloading' || this.#sessions.size >= this.#settings.peersMax) return false
    return this.#sessions.countHalfOpen() < HALF_OPEN_MAX
  }

  #dial(nowMs: number): void {
    while (this.#mayDial()) {
      const peer = this.#known.take(nowMs)
      if (peer === null) return
      this.emit(nowMs, { type: 'peer-connecting', peer: peer.name })
      const session = this.#makeSession(nowMs, peer, false)
      session.attach(this.#ports.transport.connect(peer.address, session))
    }
  }

  #makeSession(nowMs: number, peer: KnownPeer, incoming: boolean): PeerSession {
    const { torrent, peerId, pipelineDepth } = this.#settings
    const machine = new PeerConnection(
      {
        geometry: torrent.geometry,
        infohash: torrent.infohashV1!,
        peerId,
        ourPieces: this.#pieces.complete,
        pipelineDepth,
      },
      nowMs,
      incoming ? 'accepted' : 'connecting',
    )
    const session = new PeerSession(peer, machine, incoming, {
      opened: (openedMs) => this.emit(openedMs, { type: 'peer-connected', peer: peer.name, incoming: false }),
      touched: (touchedMs, touched) => {
        this.#sessions.touch(touched)
        this.#settle(touchedMs)
      },
    })
    this.#sessions.add(session)
    return session
  }

  // What becomes of pieces.

  #checked(nowMs: number, outcome: CheckOutcome): void {
    const { piece } = outcome
    switch (outcome.kind) {
      case 'verified':
        this.emit(nowMs, { type: 'piece-verified', piece })
        this.#exchange.ban(nowMs, outcome.guilty, piece)
        break
      case 'failed': {
        const peers = outcome.senders.map((key) => this.#known.get(key).name)
        this.emit(nowMs, { type: 'piece-failed', piece, peers })
        this.#exchange.ban(nowMs, outcome.guilty, piece)
        this.#sessions.touchAll()
        break
      }
      case 'stored':
        this.#stored(nowMs, outcome)
        break
      case 'storage-failed':
        this.#storageFailed(nowMs, outcome.fault)
        break
    }
    this.#settle(nowMs)
  }

  #stored(nowMs: number, { piece }: CheckOutcome & { kind: 'stored' }): void {
    const bytes = this.#pieces.geometry.pieceBytes(piece)
    this.#completeBytes += bytes
    this.emit(nowMs, { type: 'piece-stored', piece, bytes, piecesLeft: this.#pieces.piecesLeft })
    this.#exchange.stored(nowMs, piece)
    if (this.#pieces.isComplete && this.#phase === 'downloading') this.#complete(nowMs)
  }
}
