/**
 * One torrent downloaded on this machine: DownloadManager on real sockets, files, time and chance.
 *
 * It ends by itself when the content is complete or cannot be stored, and on `stop`. Every way leads through one end:
 * the port free, connections closed, trackers told (2 s at most), files closed. What was stored stays; started again
 * over it, a download verifies it and goes on.
 */
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { PipelineDepth } from '../peer/pipeline.ts'
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
import { DownloadManager } from '../swarm/download-manager.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { makePeerId } from '../wire/peer-id.ts'
import { nodeClock } from './clock.ts'
import { usageError } from './command-error.ts'
import { fileStorage } from './files.ts'
import { nodeHasher } from './hasher.ts'
import { nodeHttpClient } from './http.ts'
import { findPlace, type Listening, listenOn } from './listen.ts'
import { nodeRandom } from './random.ts'
import { tcpTransport } from './tcp.ts'

export interface DownloadOptions {
  readonly torrent: TorrentFile
  /** Where the torrent's file or folder is made; made, too, when it is missing. */
  readonly rootDir: string
  /** An address of this machine that peers connect to and that we connect from; null: all it has. */
  readonly host: string | null
  /** Null: 6881 or the next free one. 0: any free one. */
  readonly port: number | null
  readonly pipelineDepth: PipelineDepth
  readonly peersMax: number
  readonly peers: readonly PeerAddress[]
  readonly useTrackers: boolean
}

export interface Download {
  /** Where peers can connect to. */
  readonly local: PeerAddress
  /** Never rejects. Resolves after the end of everything. */
  readonly finished: Promise<DownloadOutcome>
  /** To be called once. */
  start(): void
  status(): DownloadStatus
  /** Ends it; where it is ending already, what it ended with counts. */
  stop(): Promise<DownloadOutcome>
}

export type DownloadOutcome =
  /** `seconds` from the start to the last piece in its file; `bytes` of the content, those found on disk included. */
  | { readonly kind: 'complete'; readonly seconds: number; readonly bytes: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly fault: StorageFault }

/** Addresses that mean all of them: good to listen on, not to connect from. */
const ALL_HOSTS: readonly string[] = ['::', '0.0.0.0']

/**
 * Resolves when it listens; rejects with a CommandError when it cannot, or when the torrent has no v1 hashes (BEP 52).
 * `events` is called during calls of the core: never call the download from it.
 */
export async function openDownload(options: DownloadOptions, events: Events): Promise<Download> {
  const { torrent } = options
  if (torrent.infohashV1 === null) throw usageError(`"${torrent.name}" is v2-only, which this client cannot download`)
  const clock = nodeClock()
  const transport = tcpTransport({ clock, ...localHostOf(options) })
  let run: Run | null = null
  const accepted = (nowMs: number, connection: Connection): ConnectionHandler => {
    if (run !== null) return run.manager.accept(nowMs, connection)
    connection.reset()
    return NO_HANDLER
  }
  const listening = await findPlace(options, (local) => listenOn(transport, local, accepted))
  const make = (events: Events) => makeManager(options, listening.local.port, { clock, transport }, events)
  run = new Run(listening, clock, events, make)
  return run
}

/** Where connections of ours come from. */
function localHostOf({ host }: DownloadOptions): { localHost?: string } {
  return host === null || ALL_HOSTS.includes(host) ? {} : { localHost: host }
}

function makeManager(
  { torrent, rootDir, pipelineDepth, peersMax, peers, useTrackers }: DownloadOptions,
  listenPort: number,
  { clock, transport }: { readonly clock: Clock; readonly transport: Transport },
  events: Events,
): DownloadManager {
  const random = nodeRandom()
  return new DownloadManager(
    { torrent, peerId: makePeerId(random), listenPort, pipelineDepth, peersMax, peers, useTrackers },
    {
      clock,
      pickerRandom: random,
      trackerRandom: random,
      transport,
      http: nodeHttpClient(),
      storage: fileStorage({ rootDir, files: torrent.files, clock }),
      hasher: nodeHasher({ clock }),
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
  #startedMs = 0
  #isEnding = false

  constructor(
    { local, listener }: Listening,
    clock: Clock,
    events: Events,
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
  }

  start(): void {
    this.#startedMs = this.#clock.nowMs()
    this.manager.start(this.#startedMs)
  }

  status(): DownloadStatus {
    return this.manager.status(this.#clock.nowMs())
  }

  stop(): Promise<DownloadOutcome> {
    this.#end({ kind: 'stopped' })
    return this.finished
  }

  emit(nowMs: number, event: ClientEvent): void {
    this.#events.emit(nowMs, event)
    if (event.type === 'completed') {
      const seconds = (nowMs - this.#startedMs) / 1000
      this.#endSoon({ kind: 'complete', seconds, bytes: event.bytes })
    } else if (event.type === 'storage-failed') {
      const { code, detail } = event
      this.#endSoon({ kind: 'failed', fault: { code, detail } })
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
