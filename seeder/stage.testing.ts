/**
 * A scripted peer on a simulated network, and tiny clients that speak to it by hand: what each of them hears is lines,
 * `30: unchoke` being what it heard at 30 ms (./raw-client.testing.ts).
 *
 * The path takes 10 ms one way. The peer's uplink is such that a block of 16 KiB with its header takes 10 ms too.
 */
import { BLOCK_BYTES, Geometry } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import type { HttpClient } from '../client/ports/http.ts'
import { NO_HANDLER, type PeerAddress, type Transport } from '../client/ports/transport.ts'
import { type Message, PIECE_HEADER_BYTES } from '../client/wire/messages.ts'
import { ourReserved } from '../client/wire/reserved.ts'
import { type Link, msToNs, PERFECT_LINK } from '../links/link.ts'
import { UNIT_BYTES_MAX } from '../links/unit.ts'
import { PURPOSE, seededRandom } from '../simulator/random.ts'
import { Simulation } from '../simulator/simulation.ts'
import { SimulatedNetwork } from '../simulator/transport.ts'
import { extensionGreeting, RawClient, rawHandshake, type Scene } from './raw-client.testing.ts'
import { parseScript, type ScriptStep } from './script.ts'
import { ScriptedPeer } from './scripted-peer.ts'

export const INFOHASH = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
/** 1.6397 MB/s. */
export const UP_BYTES_PER_SECOND = (BLOCK_BYTES + PIECE_HEADER_BYTES) * 100
const PEER: PeerAddress = { host: '127.0.0.2', port: 6881 }
export const CLIENT: PeerAddress = { host: '127.0.0.1', port: 6881 }
/** Of the info dictionary, which takes two pieces of metadata. */
export const INFO_BYTES = 20_000

export interface StageOptions {
  readonly script?: readonly ScriptStep[]
  readonly totalBytes?: number
  readonly pieceLengthBytes?: number
  readonly link?: Partial<Link>
  readonly seed?: number
  /** Announce to whoever this is. */
  readonly tracker?: HttpClient
  /** Somebody listens at the peer's address already. */
  readonly portTaken?: boolean
  readonly clientAddress?: PeerAddress
}

/** The peer listens from the start. By default three pieces of two blocks, and a fourth of a block and 3,616 bytes. */
export class Stage {
  readonly simulation = new Simulation()
  readonly peer: ScriptedPeer
  readonly content: Uint8Array
  /** Names of behaviours as they begin, with times. */
  readonly begun: string[] = []
  readonly failed: string[] = []
  /** What came of its announces: why they failed, or null. */
  readonly announced: (string | null)[] = []
  readonly #network: SimulatedNetwork
  readonly #scene: Scene
  readonly #clientTransport: Transport

  constructor({ script = [], link = {}, seed = 1, tracker, ...options }: StageOptions = {}) {
    const geometry = new Geometry(options.totalBytes ?? 118_304, options.pieceLengthBytes ?? 32_768)
    this.content = Uint8Array.from({ length: geometry.totalBytes }, (_, at) => (at * 31 + (at >>> 8)) & 0xff)
    this.#scene = {
      nowMs: () => this.simulation.nowMs,
      contentByte: (offsetBytes) => this.content[offsetBytes],
      pieceLengthBytes: geometry.pieceLengthBytes,
    }
    this.#network = new SimulatedNetwork(this.simulation, seededRandom(seed, -1, PURPOSE.links))
    let current: Link = { ...PERFECT_LINK, upBytesPerSecond: UP_BYTES_PER_SECOND, rttMs: 20, ...link }
    const transport = this.#network.addHost(PEER.host, current)
    this.#clientTransport = this.#network.addHost(CLIENT.host, PERFECT_LINK)
    this.peer = new ScriptedPeer(
      {
        torrent: torrentOf(geometry),
        read: (offsetBytes, lengthBytes) => this.content.subarray(offsetBytes, offsetBytes + lengthBytes),
        address: PEER,
        script: parseScript(script),
        trackerUrl: tracker === undefined ? null : 'http://127.0.1.1:6969/announce',
        sendAheadBytes: UNIT_BYTES_MAX,
        ...(options.clientAddress === undefined ? {} : { clientAddress: options.clientAddress }),
      },
      {
        clock: this.simulation.clock,
        transport,
        http: tracker ?? { get: () => ({ cancel() {} }) },
        random: seededRandom(seed, 1, PURPOSE.behaviour),
        changeLink: (change) => {
          current = { ...current, ...change }
          this.#network.setLink(PEER.host, current)
        },
      },
      {
        listening: () => {},
        failed: ({ code }) => this.failed.push(code),
        announced: (reason) => this.announced.push(reason),
        stepBegun: (nowMs, { behaviour }) => this.begun.push(`${Math.round(nowMs)}: ${behaviour.name}`),
      },
    )
    const nobody = { listening: () => {}, failed: () => {}, accepted: () => NO_HANDLER }
    if (options.portTaken) transport.listen(PEER, nobody)
    this.peer.start(0)
  }

  /** Runs `act` at that time, and goes on. */
  at(atMs: number, act: () => void): void {
    this.runUntil(atMs)
    act()
  }

  /** All that is due by then happens, and then it is then. */
  runUntil(endMs: number): void {
    this.simulation.run(() => false, endMs)
    this.simulation.advanceTo(msToNs(endMs))
  }

  /** A client that dials now. */
  dial(): RawClient {
    return this.dialWith(rawHandshake(INFOHASH))
  }

  /** It sends this first. */
  dialWith(handshake: Uint8Array): RawClient {
    return new RawClient(this.#scene, handshake, (handler) => this.#clientTransport.connect(PEER, handler))
  }

  /** A client that dials now and speaks fast and extensions: it takes ut_metadata as 7, ut_pex as 8, lt_donthave as 9. */
  dialExtended(): RawClient {
    const client = this.dialWith(rawHandshake(INFOHASH, ourReserved()))
    client.send(extensionGreeting)
    return client
  }

  /** Clients that listen at `CLIENT`, one for each that dials them, in the order in which they come. */
  listen(handshake = rawHandshake(INFOHASH)): RawClient[] {
    const clients: RawClient[] = []
    this.#clientTransport.listen(CLIENT, {
      listening: () => {},
      failed: () => {},
      accepted: (_, connection) => {
        const client = new RawClient(this.#scene, handshake, () => connection)
        clients.push(client)
        return client
      },
    })
    return clients
  }

  /** One that dialled at 0, and is interested and unchoked by 60 ms. What it heard so far is forgotten. */
  unchoked(): RawClient {
    const client = this.dial()
    client.send({ type: 'interested' })
    this.runUntil(60)
    client.take()
    return client
  }
}

export const interested: Message = { type: 'interested' }

export function request(piece: number, offsetBytes: number, lengthBytes = BLOCK_BYTES): Message {
  return { type: 'request', piece, offsetBytes, lengthBytes }
}

/** All blocks of the default content, in order. */
export const ALL_BLOCKS: readonly Message[] = [
  ...[0, 1, 2, 3].flatMap((piece) => [request(piece, 0), request(piece, BLOCK_BYTES)]).slice(0, 7),
  request(3, BLOCK_BYTES, 3_616),
]

function torrentOf(geometry: Geometry): TorrentFile {
  const { totalBytes, pieceCount } = geometry
  return {
    name: 'content.bin',
    infohashV1: INFOHASH,
    infohashV2: null,
    infoBytes: Uint8Array.from({ length: INFO_BYTES }, (_, at) => (at * 7) & 0xff),
    geometry,
    pieceHashes: new Uint8Array(20 * pieceCount),
    private: false,
    trackers: [],
    webSeeds: [],
    comment: null,
    createdBy: null,
    creationDate: null,
    files: [{ path: ['content.bin'], lengthBytes: totalBytes, offsetBytes: 0, pad: false }],
  }
}
