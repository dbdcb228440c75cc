/**
 * A swarm in virtual time for tests: a tracker, scripted peers, and the client with all its production code, judged in
 * everything it does (./swarm-judge.ts). Unlike a scenario's, its parts can be replaced one by one.
 *
 * Unless a test says otherwise: 16 pieces of 4 blocks; a peer's uplink sends a block with its header in 10 ms; the round
 * trip is 20 ms; 5 requests are outstanding, so that a peer is always busy.
 */
import { expect } from 'vitest'
import { BLOCK_BYTES, Geometry } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { SyntheticContent } from '../client/metainfo/synthetic-content.ts'
import type { TorrentContentFile, TorrentFile } from '../client/metainfo/torrent-file.ts'
import { nodeSha1 } from '../client/node/sha1.ts'
import type { Clock } from '../client/ports/clock.ts'
import type { ClientEvent } from '../client/ports/events.ts'
import type { Storage, StorageFault } from '../client/ports/storage.ts'
import type { PeerAddress, Transport } from '../client/ports/transport.ts'
import { DownloadManager } from '../client/swarm/download-manager.ts'
import { DEFAULT_CHOICES, type DownloadChoices, type DownloadSource } from '../client/swarm/settings.ts'
import { PIECE_HEADER_BYTES } from '../client/wire/messages.ts'
import { makePeerId } from '../client/wire/peer-id.ts'
import { type Link, msToNs, PERFECT_LINK } from '../links/link.ts'
import { UNIT_BYTES_MAX } from '../links/unit.ts'
import { parseScript, type ScriptStep } from '../seeder/script.ts'
import { ScriptedPeer } from '../seeder/scripted-peer.ts'
import { simulatedHasher } from '../simulator/hasher.ts'
import { SimulatedHttp, type SimulatedHttpService } from '../simulator/http.ts'
import { PURPOSE, type Purpose, seededRandom } from '../simulator/random.ts'
import { Simulation } from '../simulator/simulation.ts'
import { SimulatedDisk, simulatedStorage } from '../simulator/storage.ts'
import { SimulatedNetwork } from '../simulator/transport.ts'
import { TrackerHttpService } from '../tracker-mock/http-service.ts'
import { parseTrackerScript } from '../tracker-mock/script.ts'
import { planTorrent } from './runtimes/plan-content.ts'
import { Judge } from './swarm-judge.ts'

export const CLIENT: PeerAddress = { host: '127.0.0.1', port: 6881 }
const TRACKER: PeerAddress = { host: '127.0.1.1', port: 6969 }
const TRACKER_URL = `http://${TRACKER.host}:${TRACKER.port}/announce`
/** 1.6397 MB/s: a block with its header takes 10 ms. */
export const BLOCK_RATE = (BLOCK_BYTES + PIECE_HEADER_BYTES) * 100
export const PIECE_BYTES = 4 * BLOCK_BYTES

export interface SwarmSpec {
  /** Each is called by its place, from 0 on. */
  readonly peers: readonly PeerSpec[]
  readonly totalBytes?: number
  readonly pieceLengthBytes?: number
  /** Lengths, negative for padding; by default one file. */
  readonly files?: readonly number[]
  /** Null: the torrent has no tracker, and every peer is given by the user. A function takes its place. */
  readonly tracker?: readonly unknown[] | SimulatedHttpService | null
  /** Given by the user. */
  readonly userPeers?: readonly PeerAddress[]
  readonly settings?: Partial<DownloadChoices>
  readonly clientLink?: Partial<Link>
  readonly disk?: (content: Uint8Array) => SimulatedDisk
  readonly storage?: (storage: Storage) => Storage
  /** Of the client's connections. */
  readonly transport?: (transport: Transport, clock: Clock) => Transport
  /** An ordinary torrent, with real hashes and metadata, of one file. */
  readonly isPlanned?: boolean
  /** The client has only the infohash and the tracker of a planned torrent. */
  readonly fromMagnet?: boolean
  readonly seed?: number
}

export interface PeerSpec {
  readonly link?: Partial<Link>
  readonly script?: readonly ScriptStep[]
}

export function peerAddress(index: number): PeerAddress {
  return { host: `127.0.2.${index + 1}`, port: 6881 }
}

/** As events name it. */
export function peerName(index: number): string {
  return `${peerAddress(index).host}:6881`
}

export class Swarm {
  readonly simulation = new Simulation()
  readonly judge: Judge
  readonly manager: DownloadManager
  readonly torrent: TorrentFile
  readonly content: Uint8Array
  readonly disk: SimulatedDisk
  readonly peers: readonly ScriptedPeer[]
  readonly network: SimulatedNetwork
  readonly clientTransport: Transport
  /** The events of the client's, as the tracker got them. */
  readonly announces: string[] = []
  readonly #http: SimulatedHttp
  readonly #seed: number
  #startedMs = 0

  constructor(spec: SwarmSpec) {
    this.#seed = spec.seed ?? 1
    this.torrent = torrentOf(spec)
    this.content = contentOf(this.torrent)
    this.network = new SimulatedNetwork(this.simulation, this.#random(-1, PURPOSE.links))
    this.#http = new SimulatedHttp(this.simulation, this.network)
    this.network.addHost(TRACKER.host, PERFECT_LINK)
    this.#http.serve(TRACKER.host, TRACKER.port, this.#tracker(spec.tracker ?? []))
    this.peers = spec.peers.map((peer, index) => this.#makePeer(peer, index, spec.tracker !== null))
    // Before the client comes, the tracker knows them all.
    this.simulation.run(() => false, 0)
    const transport = this.network.addHost(CLIENT.host, { ...PERFECT_LINK, ...spec.clientLink })
    this.clientTransport = spec.transport?.(transport, this.simulation.clock) ?? transport
    this.disk = spec.disk?.(this.content) ?? emptyDisk(this.torrent.files)
    const { pipelineDepth = 5 } = spec.settings ?? {}
    this.judge = new Judge(this.torrent.geometry, pipelineDepth === 'auto' ? Number.POSITIVE_INFINITY : pipelineDepth)
    this.manager = this.#makeManager(spec)
  }

  /** Starts the client and listens for it. */
  start(): this {
    this.clientTransport.listen(CLIENT, {
      listening: () => {},
      failed: () => expect.fail('the client cannot listen'),
      accepted: (nowMs, connection) => this.manager.accept(nowMs, connection),
    })
    this.#startedMs = this.simulation.nowMs
    this.manager.start(this.#startedMs)
    return this
  }

  /** Everything that happens by then, from the start of the client. */
  runUntil(endMs: number): this {
    this.simulation.run(() => false, this.#startedMs + endMs)
    this.simulation.advanceTo(msToNs(this.#startedMs + endMs))
    this.judge.checkBytes()
    return this
  }

  /** To the end of the download, which comes within the limit and has every byte in its place. Gives when it came. */
  complete(limitMs: number): number {
    const isComplete = () => this.manager.status(this.simulation.nowMs).phase === 'complete'
    const ended = this.simulation.run(isComplete, this.#startedMs + limitMs)
    if (ended !== 'done') expect.fail(`${ended} at ${this.simulation.nowMs} ms: ${JSON.stringify(this.status)}`)
    this.judge.checkBytes()
    this.checkDisk()
    // What was lost with a connection, or is on its way, was served and not received.
    for (const [index, peer] of this.peers.entries()) {
      expect(this.receivedFrom(index)).toBeLessThanOrEqual(peer.bytesServed)
    }
    return this.simulation.nowMs - this.#startedMs
  }

  /** Stops, lets everything come to rest, and gives how often, when and with what fault it said so. */
  stop(): { readonly stoppedMs: readonly number[]; readonly faults: readonly (StorageFault | null)[] } {
    const stoppedMs: number[] = []
    const faults: (StorageFault | null)[] = []
    this.simulation.call(() =>
      this.manager.stop(this.simulation.nowMs, (nowMs, fault) => {
        stoppedMs.push(nowMs)
        faults.push(fault)
      }),
    )
    this.simulation.run(() => false, this.simulation.nowMs + 100_000)
    return { stoppedMs, faults }
  }

  get status() {
    return this.manager.status(this.simulation.nowMs)
  }

  /** Of all peers, when which script step began is not told; this is what the client saw of one of them. */
  seen(peer: number | string): string[] {
    const name = typeof peer === 'number' ? peerName(peer) : peer
    return this.judge.events.flatMap(({ atMs, event }) => {
      if (!('peer' in event) || event.peer !== name || event.type.startsWith('block')) return []
      return [`${Math.round(atMs - this.#startedMs)}: ${lineOf(event)}`]
    })
  }

  /** Bytes that came from it. */
  receivedFrom(peer: number): number {
    const blocks = this.judge.all('block-received').filter((event) => event.peer === peerName(peer))
    return blocks.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
  }

  /** Each file has the bytes that the content has there. */
  checkDisk(): void {
    for (const [index, { offsetBytes, lengthBytes, pad }] of this.torrent.files.entries()) {
      const expected = pad ? new Uint8Array(0) : this.content.subarray(offsetBytes, offsetBytes + lengthBytes)
      expect(Buffer.compare(this.disk.file(index), expected), `file ${index}`).toBe(0)
    }
  }

  #random(peerIndex: number, purpose: Purpose) {
    return seededRandom(this.#seed, peerIndex, purpose)
  }

  #tracker(given: readonly unknown[] | SimulatedHttpService | null): SimulatedHttpService {
    if (given !== null && 'handle' in given) return given
    const script = parseTrackerScript(given ?? [])
    const service = new TrackerHttpService({ random: this.#random(-1, PURPOSE.tracker), script, startMs: 0 })
    return {
      handle: (target, remoteHost, nowMs) => {
        const handled = service.handle(target, remoteHost, nowMs)
        if (handled.announce !== null && remoteHost === CLIENT.host) this.announces.push(handled.announce.announce)
        return handled
      },
    }
  }

  #makePeer({ link = {}, script = [] }: PeerSpec, index: number, announces: boolean): ScriptedPeer {
    const address = peerAddress(index)
    let current: Link = { ...PERFECT_LINK, upBytesPerSecond: BLOCK_RATE, rttMs: 20, ...link }
    // No delay until the tracker knows it, so that all of this happens at time 0.
    const transport = this.network.addHost(address.host, PERFECT_LINK)
    const peer = new ScriptedPeer(
      {
        torrent: this.torrent,
        read: (offsetBytes, lengthBytes) => this.content.subarray(offsetBytes, offsetBytes + lengthBytes),
        address,
        script: parseScript(script),
        trackerUrl: announces ? this.torrent.trackers[0]![0]! : null,
        sendAheadBytes: UNIT_BYTES_MAX,
        clientAddress: CLIENT,
      },
      {
        clock: this.simulation.clock,
        transport,
        http: this.#http.client(address.host),
        random: this.#random(index + 1, PURPOSE.behaviour),
        changeLink: (change) => {
          current = { ...current, ...change }
          this.network.setLink(address.host, current)
        },
      },
      { listening: () => {}, failed: () => {}, announced: () => {}, stepBegun: () => {} },
    )
    peer.start(0)
    this.simulation.run(() => false, 0)
    this.network.setLink(address.host, current)
    return peer
  }

  #makeManager(spec: SwarmSpec): DownloadManager {
    const { pieceLengthBytes } = this.torrent.geometry
    const storage = simulatedStorage(this.simulation, this.disk)
    const allPeers = spec.tracker === null ? spec.peers.map((_, index) => peerAddress(index)) : []
    return new DownloadManager(
      {
        ...DEFAULT_CHOICES,
        source: spec.fromMagnet === true ? magnetOf(this.torrent) : { kind: 'torrent', torrent: this.torrent },
        peerId: makePeerId(this.#random(0, PURPOSE.peerId)),
        listenPort: CLIENT.port,
        pipelineDepth: 5,
        peers: spec.userPeers ?? allPeers,
        ...spec.settings,
      },
      {
        clock: this.simulation.clock,
        pickerRandom: this.#random(0, PURPOSE.picker),
        trackerRandom: this.#random(0, PURPOSE.tracker),
        transport: this.clientTransport,
        http: this.#http.client(CLIENT.host),
        datagrams: null,
        openVerifier: null,
        openStorage: () => spec.storage?.(storage) ?? storage,
        sha1: nodeSha1,
        hasher: simulatedHasher(this.simulation, this.content, pieceLengthBytes),
        events: { emit: (nowMs, event) => this.#emit(nowMs, event) },
      },
    )
  }

  #emit(nowMs: number, event: ClientEvent): void {
    this.judge.emit(nowMs, event)
    this.simulation.trace.mixText(JSON.stringify([nowMs, event]))
  }
}

function torrentOf(spec: SwarmSpec): TorrentFile {
  const { totalBytes = 16 * PIECE_BYTES, pieceLengthBytes = PIECE_BYTES, files, tracker } = spec
  if (spec.isPlanned === true || spec.fromMagnet === true) {
    const { torrent } = planTorrent({ totalBytes, contentSeed: 1, pieceLengthBytes }, TRACKER_URL)
    return { ...torrent, trackers: tracker === null ? [] : torrent.trackers }
  }
  let offsetBytes = 0
  const contentFiles = (files ?? [totalBytes]).map((length, index): TorrentContentFile => {
    const lengthBytes = Math.abs(length)
    const file = { path: ['content', `${index}`], lengthBytes, offsetBytes, pad: length < 0 }
    offsetBytes += lengthBytes
    return file
  })
  const geometry = new Geometry(offsetBytes, pieceLengthBytes)
  const torrent: TorrentFile = {
    name: 'content',
    infohashV1: 'c0ffee0000000000000000000000000000000001' as InfoHash,
    infohashV2: null,
    infoBytes: new Uint8Array(0),
    geometry,
    // The simulated hasher compares with the content itself.
    pieceHashes: new Uint8Array(20 * geometry.pieceCount),
    private: false,
    trackers: tracker === null ? [] : [[TRACKER_URL]],
    webSeeds: [],
    comment: null,
    createdBy: null,
    creationDate: null,
    files: contentFiles,
  }
  return torrent
}

function magnetOf({ infohashV1, trackers }: TorrentFile): DownloadSource {
  const rest = { name: null, webSeeds: [], peers: [], selectedFiles: null }
  return { kind: 'magnet', magnet: { kind: 'magnet', infohash: infohashV1!, trackers, ...rest } }
}

/** Padding is zeros. */
function contentOf({ geometry: { totalBytes }, files }: TorrentFile): Uint8Array {
  const content = new SyntheticContent(totalBytes, 1).read(0, totalBytes)
  for (const { offsetBytes, lengthBytes, pad } of files) {
    if (pad) content.fill(0, offsetBytes, offsetBytes + lengthBytes)
  }
  return content
}

export function emptyDisk(files: readonly TorrentContentFile[]): SimulatedDisk {
  return new SimulatedDisk(files.map(({ lengthBytes, pad }) => (pad ? 0 : lengthBytes)))
}

function lineOf(event: ClientEvent & { peer: string }): string {
  const { type, peer: _, ...rest } = event
  if (type === 'peer-closed') {
    const { reason, retryInMs } = event
    return retryInMs === null ? `closed, ${reason}` : `closed, ${reason}, again in ${retryInMs} ms`
  }
  const detail = Object.values(rest).join(' ')
  return type === 'peer-handshaken' ? 'handshaken' : `${type.replace('peer-', '')} ${detail}`.trim()
}
