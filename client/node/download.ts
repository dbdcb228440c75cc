/**
 * One torrent downloaded on this machine: DownloadManager on real sockets, files, time and chance.
 *
 * It ends by itself when the content is complete or cannot be stored, and on `stop`. Every way leads through one end:
 * the port free, connections closed, trackers told (2 s at most), files closed. What was stored stays; started again
 * over it, a download verifies it and goes on.
 */

import { infoHashFromBytes } from '../metainfo/infohash.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { PieceManager } from '../pieces/piece-manager.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClientEvent, Events } from '../ports/events.ts'
import type { StorageFault } from '../ports/storage.ts'
import {
  type Connection,
  type ConnectionHandler,
  type Listener,
  NO_HANDLER,
  type PeerAddress,
  type Transport,
} from '../ports/transport.ts'
import { parseResumeState } from '../storage/resume-state.ts'
import { DownloadManager } from '../swarm/download-manager.ts'
import { DEFAULT_CHOICES, type DownloadChoices, type DownloadSource } from '../swarm/settings.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { makePeerId } from '../wire/peer-id.ts'
import { nodeClock } from './clock.ts'
import { usageError } from './command-error.ts'
import { fileStorage } from './files.ts'
import { readStateFile } from './files-state.ts'
import { filesVerifier } from './files-verifier.ts'
import { nodeHasher } from './hasher.ts'
import { nodeHttpClient } from './http.ts'
import { findPlace, type Listening, listenOn } from './listen.ts'
import { nodeRandom } from './random.ts'
import { NAME_PLATFORM } from './read-torrent.ts'
import { nodeSha1 } from './sha1.ts'
import { tcpTransport } from './tcp.ts'
import { udpDatagrams } from './udp.ts'

export interface DownloadOptions extends Partial<DownloadChoices> {
  readonly source: DownloadSource
  /** Where the torrent's file or folder is made; made, too, when it is missing. */
  readonly rootDir: string
  /** An address of this machine that peers connect to and that we connect from; null: all it has. */
  readonly host: string | null
  /** Null: 6881 or the next free one. 0: any free one. */
  readonly port: number | null
  /** Puts itself between the download and the network, to see what goes over it. */
  readonly tapped?: (transport: Transport, clock: Clock) => Transport
}

export interface Download {
  /** Where peers can connect to. */
  readonly local: PeerAddress
  /** Never rejects. Resolves after the end of everything. */
  readonly finished: Promise<DownloadOutcome>
  /** To be called once. */
  start(): void
  status(): DownloadStatus
  /** The torrent, once it is known. */
  readonly torrent: TorrentFile | null
  /** Which pieces are here and which are wanted; null while that is not known. */
  readonly pieces: PieceMap | null
  /** Leaves the swarm, or comes back; each does nothing where it is so already. */
  pause(): void
  resume(): void
  /** Ends it; where it is ending already, what it ended with counts. */
  stop(): Promise<DownloadOutcome>
}

export type PieceMap = Pick<PieceManager, 'complete' | 'isWanted'>

export type DownloadOutcome =
  /** `seconds` from the start to the last piece in its file; `bytes` of the content, those found on disk included. */
  | { readonly kind: 'complete'; readonly seconds: number; readonly bytes: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly fault: DownloadFault }

/** `metadata`: what the magnet link stands for is no torrent that this client can download. */
export interface DownloadFault {
  readonly code: StorageFault['code'] | 'metadata'
  readonly detail: string
}

/** Addresses that mean all of them: good to listen on, not to connect from. */
const ALL_HOSTS: readonly string[] = ['::', '0.0.0.0']

/**
 * Resolves when it listens; rejects with a CommandError when it cannot, or when the torrent has no v1 hashes (BEP 52).
 * `events` is called during calls of the core: never call the download from it.
 */
export async function openDownload(given: DownloadOptions, events: Events): Promise<Download> {
  const options = { ...given, source: await sourceKeptBefore(given) }
  const { source } = options
  if (source.kind === 'torrent' && source.torrent.infohashV1 === null) {
    throw usageError(`"${source.torrent.name}" is v2-only, which this client cannot download`)
  }
  const clock = nodeClock()
  const tcp = tcpTransport({ clock, ...localHostOf(options) })
  const transport = options.tapped?.(tcp, clock) ?? tcp
  let run: Run | null = null
  const accepted = (nowMs: number, connection: Connection): ConnectionHandler => {
    if (run !== null) return run.manager.accept(nowMs, connection)
    connection.reset()
    return NO_HANDLER
  }
  const listening = await findPlace(options, (local) => listenOn(transport, local, accepted))
  const make = (events: Events) => makeManager(options, listening.local.port, { clock, transport }, events)
  run = new Run(listening, clock, events, options.seeds === true, make)
  return run
}

/** A magnet link whose metadata an earlier run has kept needs no peer for it. */
async function sourceKeptBefore({ source, rootDir }: DownloadOptions): Promise<DownloadSource> {
  if (source.kind === 'torrent') return source
  const { infohash } = source.magnet
  const bytes = await readStateFile(rootDir, infohash).catch(() => null)
  if (bytes === null) return source
  const parsed = parseResumeState(bytes, { infohash, content: null }, nodeSha1)
  const infoBytes = parsed.kind === 'state' ? parsed.state.infoBytes : null
  if (infoBytes === null || infoHashFromBytes(nodeSha1(infoBytes)) !== infohash) return source
  return { ...source, infoBytes }
}

/** Where connections of ours come from. */
function localHostOf({ host }: DownloadOptions): { localHost?: string } {
  return host === null || ALL_HOSTS.includes(host) ? {} : { localHost: host }
}

function makeManager(
  options: DownloadOptions,
  listenPort: number,
  { clock, transport }: { readonly clock: Clock; readonly transport: Transport },
  events: Events,
): DownloadManager {
  const random = nodeRandom()
  const { source, rootDir, host: _host, port: _port, tapped: _tapped, ...choices } = options
  const readOnly = choices.seedOnly === true
  return new DownloadManager(
    {
      ...DEFAULT_CHOICES,
      localHost: localHostOf(options).localHost ?? null,
      namePlatform: NAME_PLATFORM,
      ...choices,
      source,
      peerId: makePeerId(random),
      listenPort,
    },
    {
      clock,
      pickerRandom: random,
      trackerRandom: random,
      transport,
      http: nodeHttpClient(localHostOf(options)),
      datagrams: udpDatagrams({ clock, ...localHostOf(options) }),
      openStorage: ({ files, infohashV1 }) => fileStorage({ rootDir, files, clock, readOnly, infohash: infohashV1! }),
      hasher: nodeHasher({ clock }),
      openVerifier: (torrent) => filesVerifier({ rootDir, torrent, clock }),
      sha1: nodeSha1,
      events,
    },
  )
}

/** From its start to its end. It listens to the core's events to notice that the end has come. */
class Run implements Download, Events {
  readonly local: PeerAddress
  readonly manager: DownloadManager
  readonly finished: Promise<DownloadOutcome>
  readonly #listener: Listener
  readonly #clock: Clock
  readonly #events: Events
  readonly #finish: (outcome: DownloadOutcome) => void
  readonly #seeds: boolean
  #startedMs = 0
  /** What a seed ends with, when it is asked to. */
  #complete: DownloadOutcome | null = null
  #isEnding = false

  constructor(
    { local, listener }: Listening,
    clock: Clock,
    events: Events,
    seeds: boolean,
    makeManager: (events: Events) => DownloadManager,
  ) {
    const { promise, resolve } = Promise.withResolvers<DownloadOutcome>()
    this.local = local
    this.manager = makeManager(this)
    this.finished = promise
    this.#listener = listener
    this.#clock = clock
    this.#events = events
    this.#finish = resolve
    this.#seeds = seeds
  }

  start(): void {
    this.#startedMs = this.#clock.nowMs()
    this.manager.start(this.#startedMs)
  }

  status(): DownloadStatus {
    return this.manager.status(this.#clock.nowMs())
  }

  get torrent(): TorrentFile | null {
    return this.manager.torrent
  }

  get pieces(): PieceMap | null {
    return this.manager.content?.pieces ?? null
  }

  pause(): void {
    this.manager.pause(this.#clock.nowMs())
  }

  resume(): void {
    this.manager.resume(this.#clock.nowMs())
  }

  stop(): Promise<DownloadOutcome> {
    this.#end(this.#complete ?? { kind: 'stopped' })
    return this.finished
  }

  emit(nowMs: number, event: ClientEvent): void {
    this.#events.emit(nowMs, event)
    if (event.type === 'completed') {
      const seconds = (nowMs - this.#startedMs) / 1000
      this.#complete ??= { kind: 'complete', seconds, bytes: event.bytes }
      if (!this.#seeds) this.#endSoon(this.#complete)
    } else if (event.type === 'storage-failed') {
      const { code, detail } = event
      this.#endSoon({ kind: 'failed', fault: { code, detail } })
    } else if (event.type === 'metadata-unusable') {
      this.#endSoon({ kind: 'failed', fault: { code: 'metadata', detail: event.reason } })
    }
  }

  /** After the call of the core that the event came from. */
  #endSoon(outcome: DownloadOutcome): void {
    queueMicrotask(() => this.#end(outcome))
  }

  #end(outcome: DownloadOutcome): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#listener.close()
    this.manager.stop(this.#clock.nowMs(), (_, fault) => {
      this.#finish(fault === null || outcome.kind === 'failed' ? outcome : { kind: 'failed', fault })
    })
  }
}

/** The same, begun at once. */
export async function startDownload(options: DownloadOptions, events: Events): Promise<Download> {
  const download = await openDownload(options, events)
  download.start()
  return download
}
