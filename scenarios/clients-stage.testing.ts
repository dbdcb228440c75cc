/**
 * Several clients of ours in virtual time, each with all its production code: seeds and leechers, with or without a
 * tracker, from the torrent or from a magnet link. An ordinary torrent with real hashes, so that metadata can be checked.
 *
 * Unless a test says otherwise: 16 pieces of 4 blocks; an uplink sends a block with its header in 10 ms; 20 ms round trip.
 */
import { expect } from 'vitest'
import type { Magnet } from '../client/metainfo/magnet.ts'
import { SyntheticContent } from '../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import { nodeSha1 } from '../client/node/sha1.ts'
import type { ClientEvent } from '../client/ports/events.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import { DownloadManager } from '../client/swarm/download-manager.ts'
import { DEFAULT_CHOICES, type DownloadChoices, type DownloadSource } from '../client/swarm/settings.ts'
import { makePeerId } from '../client/wire/peer-id.ts'
import { type Link, PERFECT_LINK } from '../links/link.ts'
import { simulatedHasher } from '../simulator/hasher.ts'
import { SimulatedHttp } from '../simulator/http.ts'
import { PURPOSE, type Purpose, seededRandom } from '../simulator/random.ts'
import { Simulation } from '../simulator/simulation.ts'
import { SimulatedDisk, simulatedStorage } from '../simulator/storage.ts'
import { SimulatedNetwork } from '../simulator/transport.ts'
import { TrackerHttpService } from '../tracker-mock/http-service.ts'
import { planTorrent } from './runtimes/plan-content.ts'
import { BLOCK_RATE, PIECE_BYTES } from './swarm-stage.testing.ts'

const TRACKER: PeerAddress = { host: '127.0.1.1', port: 6969 }
const TRACKER_URL = `http://${TRACKER.host}:${TRACKER.port}/announce`

export interface ClientSpec {
  readonly has?: 'all' | 'nothing'
  readonly from?: 'torrent' | 'magnet'
  readonly link?: Partial<Link>
  readonly choices?: Partial<DownloadChoices>
  /** The clients, by their place, that its user names. */
  readonly knows?: readonly number[]
}

export interface ClientsSpec {
  readonly clients: readonly ClientSpec[]
  readonly pieceCount?: number
  readonly tracker?: boolean
  readonly private?: boolean
  readonly seed?: number
}

/** One of them. */
export interface Client {
  readonly manager: DownloadManager
  readonly disk: SimulatedDisk
  readonly events: readonly { readonly atMs: number; readonly event: ClientEvent }[]
}

export function clientAddress(index: number): PeerAddress {
  return { host: `127.0.3.${index + 1}`, port: 6881 }
}

/** As events of others name it, where they dialled it. */
export function clientName(index: number): string {
  return `${clientAddress(index).host}:6881`
}

export class Clients {
  readonly simulation = new Simulation()
  readonly network: SimulatedNetwork
  readonly torrent: TorrentFile
  readonly content: Uint8Array
  readonly clients: readonly Client[]
  readonly #http: SimulatedHttp
  readonly #seed: number

  constructor(spec: ClientsSpec) {
    this.#seed = spec.seed ?? 1
    const totalBytes = (spec.pieceCount ?? 16) * PIECE_BYTES
    this.content = new SyntheticContent(totalBytes, 1).read(0, totalBytes)
    const { torrent } = planTorrent({ totalBytes, contentSeed: 1, pieceLengthBytes: PIECE_BYTES }, TRACKER_URL)
    this.torrent = {
      ...torrent,
      private: spec.private ?? false,
      trackers: spec.tracker === true ? torrent.trackers : [],
    }
    this.network = new SimulatedNetwork(this.simulation, this.#random(-1, PURPOSE.links))
    this.#http = new SimulatedHttp(this.simulation, this.network)
    this.network.addHost(TRACKER.host, PERFECT_LINK)
    const service = new TrackerHttpService({ random: this.#random(-1, PURPOSE.tracker), startMs: 0 })
    this.#http.serve(TRACKER.host, TRACKER.port, service)
    this.clients = spec.clients.map((client, index) => this.#makeClient(client, index))
  }

  /** All, or these. */
  start(...indices: readonly number[]): this {
    const chosen = indices.length === 0 ? this.clients.map((_, index) => index) : indices
    for (const index of chosen) this.#call((nowMs) => this.clients[index]!.manager.start(nowMs))
    return this
  }

  runUntil(atMs: number): this {
    this.simulation.run(() => false, atMs)
    return this
  }

  /** Until this client has everything in its place; gives when. */
  complete(index: number, limitMs: number): number {
    const { manager, disk } = this.clients[index]!
    const isComplete = () => manager.status(this.simulation.nowMs).phase === 'complete'
    const ended = this.simulation.run(isComplete, limitMs)
    if (ended !== 'done') expect.fail(`${ended} at ${this.simulation.nowMs} ms: ${JSON.stringify(this.status(index))}`)
    expect(Buffer.compare(disk.file(0), this.content)).toBe(0)
    return this.simulation.nowMs
  }

  pause(index: number): void {
    this.#call((nowMs) => this.clients[index]!.manager.pause(nowMs))
  }

  resume(index: number): void {
    this.#call((nowMs) => this.clients[index]!.manager.resume(nowMs))
  }

  stop(index: number): void {
    this.#call((nowMs) => this.clients[index]!.manager.stop(nowMs, () => {}))
  }

  status(index: number) {
    return this.clients[index]!.manager.status(this.simulation.nowMs)
  }

  /** Of one type, of one client, in order. */
  all<Type extends ClientEvent['type']>(index: number, type: Type) {
    return this.clients[index]!.events.flatMap(({ atMs, event }) => {
      return event.type === type ? [{ atMs, ...(event as Extract<ClientEvent, { type: Type }>) }] : []
    })
  }

  sentBytes(index: number): number {
    return this.all(index, 'block-sent').reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
  }

  #call(act: (nowMs: number) => void): void {
    this.simulation.call(() => act(this.simulation.nowMs))
  }

  #random(peerIndex: number, purpose: Purpose) {
    return seededRandom(this.#seed, peerIndex, purpose)
  }

  #makeClient(spec: ClientSpec, index: number): Client {
    const { host, port } = clientAddress(index)
    const transport = this.network.addHost(host, {
      ...PERFECT_LINK,
      upBytesPerSecond: BLOCK_RATE,
      rttMs: 20,
      ...spec.link,
    })
    const disk = new SimulatedDisk([this.content.length], [this.content])
    if (spec.has === 'all') disk.fill()
    const events: { atMs: number; event: ClientEvent }[] = []
    const manager = new DownloadManager(
      {
        ...DEFAULT_CHOICES,
        seeds: true,
        peers: (spec.knows ?? []).map(clientAddress),
        ...spec.choices,
        source: this.#sourceOf(spec),
        peerId: makePeerId(this.#random(index, PURPOSE.peerId)),
        listenPort: port,
      },
      {
        clock: this.simulation.clock,
        pickerRandom: this.#random(index, PURPOSE.picker),
        trackerRandom: this.#random(index, PURPOSE.tracker),
        transport,
        http: this.#http.client(host),
        datagrams: null,
        openVerifier: null,
        openStorage: () => simulatedStorage(this.simulation, disk),
        hasher: simulatedHasher(this.simulation, this.content, PIECE_BYTES),
        sha1: nodeSha1,
        events: { emit: (atMs, event) => events.push({ atMs, event }) },
      },
    )
    transport.listen(
      { host, port },
      {
        listening: () => {},
        failed: () => expect.fail(`${host} cannot listen`),
        accepted: (nowMs, connection) => manager.accept(nowMs, connection),
      },
    )
    return { manager, disk, events }
  }

  #sourceOf({ from = 'torrent' }: ClientSpec): DownloadSource {
    if (from === 'torrent') return { kind: 'torrent', torrent: this.torrent }
    const { infohashV1, trackers } = this.torrent
    const magnet: Magnet = {
      kind: 'magnet',
      infohash: infohashV1!,
      name: null,
      trackers,
      webSeeds: [],
      peers: [],
      selectedFiles: null,
    }
    return { kind: 'magnet', magnet }
  }
}
