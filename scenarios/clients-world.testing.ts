/**
 * Clients of ours in one virtual network, each with a torrent of the test's choosing: several files, several torrents,
 * hosts with IPv6 addresses. Torrents are made up, their hashes are not real (the simulated hasher compares content), so
 * none comes by a magnet link; for those see ./clients-stage.testing.ts.
 *
 * Pieces of 4 blocks; an uplink sends a block with its header in 10 ms; 20 ms round trip.
 */
import { expect } from 'vitest'
import { Geometry, type PieceIndex } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { SyntheticContent } from '../client/metainfo/synthetic-content.ts'
import type { TorrentContentFile, TorrentFile } from '../client/metainfo/torrent-file.ts'
import { nodeSha1 } from '../client/node/sha1.ts'
import type { ClientEvent } from '../client/ports/events.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import { DownloadManager } from '../client/swarm/download-manager.ts'
import { DEFAULT_CHOICES, type DownloadChoices } from '../client/swarm/settings.ts'
import { makePeerId } from '../client/wire/peer-id.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { simulatedHasher } from '../simulator/hasher.ts'
import { SimulatedHttp } from '../simulator/http.ts'
import { PURPOSE, seededRandom } from '../simulator/random.ts'
import { Simulation } from '../simulator/simulation.ts'
import { type SimulatedDisk, simulatedStorage } from '../simulator/storage.ts'
import { SimulatedNetwork } from '../simulator/transport.ts'
import { TrackerHttpService } from '../tracker-mock/http-service.ts'
import { BLOCK_RATE, emptyDisk, PIECE_BYTES } from './swarm-stage.testing.ts'

const TRACKER: PeerAddress = { host: '127.0.1.1', port: 6969 }

export interface WorldTorrent {
  readonly torrent: TorrentFile
  readonly content: Uint8Array
}

export interface Inhabitant {
  readonly host: string
  readonly of: WorldTorrent
  /** By default the first torrent's port. */
  readonly port?: number
  readonly hasAll?: boolean
  /** By default nobody asks the tracker. */
  readonly choices?: Partial<DownloadChoices>
  readonly knows?: readonly WorldClient[]
}

export interface WorldClient {
  readonly address: PeerAddress
  readonly manager: DownloadManager
  readonly disk: SimulatedDisk
  readonly events: readonly { readonly atMs: number; readonly event: ClientEvent }[]
}

export class World {
  readonly simulation = new Simulation()
  /** What each host announced, in order. */
  readonly announces: string[] = []
  readonly #network: SimulatedNetwork
  readonly #http: SimulatedHttp
  readonly #transports = new Map<string, ReturnType<SimulatedNetwork['addHost']>>()
  #count = 0

  constructor() {
    this.#network = new SimulatedNetwork(this.simulation, seededRandom(1, -1, PURPOSE.links))
    this.#http = new SimulatedHttp(this.simulation, this.#network)
    this.#network.addHost(TRACKER.host, PERFECT_LINK)
    const service = new TrackerHttpService({ random: seededRandom(1, -1, PURPOSE.tracker), startMs: 0 })
    this.#http.serve(TRACKER.host, TRACKER.port, {
      handle: (target, remoteHost, nowMs) => {
        const handled = service.handle(target, remoteHost, nowMs)
        if (handled.announce !== null) this.announces.push(`${remoteHost} ${handled.announce.announce}`)
        return handled
      },
    })
  }

  /** Its files have so many pieces each. */
  torrent(number: number, ...filePieces: readonly number[]): WorldTorrent {
    let offsetBytes = 0
    const files = filePieces.map((pieces, index): TorrentContentFile => {
      const file = { path: ['content', `${index}`], lengthBytes: pieces * PIECE_BYTES, offsetBytes, pad: false }
      offsetBytes += file.lengthBytes
      return file
    })
    const geometry = new Geometry(offsetBytes, PIECE_BYTES)
    const torrent: TorrentFile = {
      name: 'content',
      infohashV1: `${number}`.padStart(40, 'c0ffee') as InfoHash,
      infohashV2: null,
      infoBytes: new Uint8Array(0),
      geometry,
      pieceHashes: new Uint8Array(20 * geometry.pieceCount),
      private: false,
      trackers: [[`http://${TRACKER.host}:${TRACKER.port}/announce`]],
      webSeeds: [],
      comment: null,
      createdBy: null,
      creationDate: null,
      files,
    }
    return { torrent, content: new SyntheticContent(offsetBytes, number).read(0, offsetBytes) }
  }

  client({
    host,
    of: { torrent, content },
    port = 6881,
    hasAll = false,
    choices,
    knows = [],
  }: Inhabitant): WorldClient {
    const transport = this.#transportOf(host)
    const address = { host, port }
    const disk = emptyDisk(torrent.files)
    for (const [fileIndex, { offsetBytes, lengthBytes }] of hasAll ? torrent.files.entries() : []) {
      disk.write(fileIndex, 0, content.subarray(offsetBytes, offsetBytes + lengthBytes))
    }
    const events: { atMs: number; event: ClientEvent }[] = []
    const index = this.#count++
    const manager = new DownloadManager(
      {
        ...DEFAULT_CHOICES,
        seeds: true,
        useTrackers: false,
        peers: knows.map((client) => client.address),
        ...choices,
        source: { kind: 'torrent', torrent },
        peerId: makePeerId(seededRandom(1, index, PURPOSE.peerId)),
        listenPort: port,
      },
      {
        clock: this.simulation.clock,
        pickerRandom: seededRandom(1, index, PURPOSE.picker),
        trackerRandom: seededRandom(1, index, PURPOSE.tracker),
        transport,
        http: this.#http.client(host),
        datagrams: null,
        openVerifier: null,
        openStorage: () => simulatedStorage(this.simulation, disk),
        hasher: simulatedHasher(this.simulation, content, PIECE_BYTES),
        sha1: nodeSha1,
        events: { emit: (atMs, event) => events.push({ atMs, event }) },
      },
    )
    transport.listen(address, {
      listening: () => {},
      failed: () => expect.fail(`${host} cannot listen`),
      accepted: (nowMs, connection) => manager.accept(nowMs, connection),
    })
    this.simulation.call(() => manager.start(this.simulation.nowMs))
    return { address, manager, disk, events }
  }

  runUntil(atMs: number): this {
    this.simulation.run(() => false, atMs)
    return this
  }

  /** Until all of these have what they want; gives when. */
  complete(clients: readonly WorldClient[], limitMs: number): number {
    const isDone = () => clients.every(({ events }) => events.some(({ event }) => event.type === 'completed'))
    const ended = this.simulation.run(isDone, limitMs)
    if (ended !== 'done') expect.fail(`${ended} at ${this.simulation.nowMs} ms`)
    return this.simulation.nowMs
  }

  stop({ manager }: WorldClient): void {
    this.simulation.call(() => manager.stop(this.simulation.nowMs, () => {}))
  }

  status({ manager }: WorldClient) {
    return manager.status(this.simulation.nowMs)
  }

  #transportOf(host: string) {
    const link = { ...PERFECT_LINK, upBytesPerSecond: BLOCK_RATE, rttMs: 20 }
    const transport = this.#transports.get(host) ?? this.#network.addHost(host, link)
    this.#transports.set(host, transport)
    return transport
  }
}

/** Of one type, in order. */
export function eventsOf<Type extends ClientEvent['type']>({ events }: WorldClient, type: Type) {
  return events.flatMap(({ atMs, event }) => {
    return event.type === type ? [{ atMs, ...(event as Extract<ClientEvent, { type: Type }>) }] : []
  })
}

/** The bytes of these files are on the disk as they should be. */
export function expectFiles(
  { disk }: WorldClient,
  { torrent, content }: WorldTorrent,
  ...files: readonly number[]
): void {
  for (const index of files) {
    const { offsetBytes, lengthBytes } = torrent.files[index]!
    expect(
      Buffer.compare(disk.file(index), content.subarray(offsetBytes, offsetBytes + lengthBytes)),
      `file ${index}`,
    ).toBe(0)
  }
}

/** Pieces that it asked for, in ascending order. */
export function askedPieces(client: WorldClient): number[] {
  const pieces = new Set(eventsOf(client, 'block-requested').map(({ piece }) => piece as PieceIndex))
  return [...pieces].sort((a, b) => a - b)
}
