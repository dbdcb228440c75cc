/**
 * A whole DownloadManager in a swarm and on a disk that cost next to nothing, so that what is measured is the client: from
 * the bytes of a socket to a piece that is written. SHA-1 is the real one and runs as in `client/node`, in turns of the
 * event loop; everything else runs in virtual time, at some 100 MiB/s.
 *
 * Half of the peers are seeds, the others have a random half of the pieces. The content is zeros.
 */
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../../../client/metainfo/geometry.ts'
import type { InfoHash } from '../../../client/metainfo/infohash.ts'
import type { TorrentFile } from '../../../client/metainfo/torrent-file.ts'
import { nodeHasher } from '../../../client/node/hasher.ts'
import { nodeSha1 } from '../../../client/node/sha1.ts'
import type { Hasher } from '../../../client/ports/hasher.ts'
import type { Random } from '../../../client/ports/random.ts'
import { NO_FILE, type Storage } from '../../../client/ports/storage.ts'
import type { Transport } from '../../../client/ports/transport.ts'
import { DownloadManager } from '../../../client/swarm/download-manager.ts'
import { DEFAULT_CHOICES, type DownloadPorts } from '../../../client/swarm/settings.ts'
import { Bitfield } from '../../../client/wire/bitfield.ts'
import { makePeerId } from '../../../client/wire/peer-id.ts'
import { NS_PER_MS } from '../../../links/link.ts'
import { Timeline } from '../../../links/timeline.ts'
import { PURPOSE, seededRandom } from '../../../simulator/random.ts'
import { InstantSeeder, ROUND_TRIP_MS } from './instant-seeder.ts'

const PEERS = 8
/** Of each peer; all of them together owe 128 blocks, 2 MiB a round trip. */
const PIPELINE_DEPTH = 16
const OWED_BLOCKS = PEERS * PIPELINE_DEPTH
/** Received before anything is measured: connections, handshakes and the four random first pieces are behind us. */
const WARM_UP_BLOCKS = OWED_BLOCKS
const INFOHASH = 'ab'.repeat(20) as InfoHash

export interface DownloadSize {
  readonly pieceCount: number
  readonly blocksPerPiece: number
}

export interface InstantDownloadSpec extends DownloadSize {
  /** False: every piece is believed to be right. */
  readonly hashed: boolean
  /** In place of those here; of a download that is this large. */
  readonly ports?: (size: DownloadSize) => Partial<Pick<DownloadPorts, 'pickerRandom' | 'events'>>
}

/** A download that goes on from run to run. When too little of it is left for another run it begins anew. */
export class InstantDownload {
  readonly #spec: InstantDownloadSpec
  readonly #torrent: TorrentFile
  readonly #peerPieces: readonly Bitfield[]
  #timeline = new Timeline(0)
  #manager: DownloadManager | null = null
  #hashing = 0

  constructor(spec: InstantDownloadSpec) {
    this.#spec = spec
    this.#torrent = torrentOf(spec)
    this.#peerPieces = Array.from({ length: PEERS }, (_, index) => piecesOf(index, spec.pieceCount))
  }

  /** After it `blocks` can be received before the endgame. */
  async prepare(blocks: number): Promise<void> {
    const piecesLeft = this.#manager?.content?.pieces.piecesLeft ?? 0
    // Every peer holds a piece that is not whole.
    const enough = blocks + OWED_BLOCKS + PEERS * this.#spec.blocksPerPiece
    if (piecesLeft * this.#spec.blocksPerPiece >= enough) return
    this.#begin()
    await this.receive(WARM_UP_BLOCKS)
  }

  async receive(blocks: number): Promise<void> {
    const untilBytes = this.#receivedBytes + blocks * BLOCK_BYTES
    const limitNs = this.#timeline.nowNs + (blocks + OWED_BLOCKS) * ROUND_TRIP_MS * NS_PER_MS
    while (this.#receivedBytes < untilBytes) {
      if (this.#timeline.step(limitNs) === null) throw new Error('the download stands still')
      while (this.#hashing > 0) await nextTurn()
    }
  }

  get #receivedBytes(): number {
    return this.#manager?.content?.exchange.down.totalBytes ?? 0
  }

  #begin(): void {
    this.#timeline = new Timeline(0)
    const settings = {
      ...DEFAULT_CHOICES,
      source: { kind: 'torrent', torrent: this.#torrent },
      peerId: makePeerId(randomOf(PURPOSE.peerId)),
      listenPort: 6881,
      peers: this.#peerPieces.map((_, index) => ({ host: `127.0.0.${index + 2}`, port: 6881 })),
      pipelineDepth: PIPELINE_DEPTH,
    } as const
    this.#manager = new DownloadManager(settings, this.#ports())
    this.#manager.start(0)
  }

  #ports(): DownloadPorts {
    const { clock } = this.#timeline
    return {
      clock,
      pickerRandom: randomOf(PURPOSE.picker),
      trackerRandom: randomOf(PURPOSE.tracker),
      transport: this.#transport(),
      http: { get: unused },
      datagrams: null,
      openStorage: () => instantStorage(this.#timeline),
      hasher: this.#spec.hashed ? this.#counted(nodeHasher({ clock })) : this.#believing(),
      openVerifier: null,
      sha1: nodeSha1,
      events: { emit() {} },
      ...this.#spec.ports?.(this.#spec),
    }
  }

  #transport(): Transport {
    const timeline = this.#timeline
    let next = 0
    return {
      connect: (remote, handler) => {
        const pieces = this.#peerPieces[next++]!
        const peerId = makePeerId(seededRandom(1, next, PURPOSE.peerId))
        return new InstantSeeder({ remote, infohash: INFOHASH, peerId, pieces, timeline }, handler)
      },
      listen: unused,
    }
  }

  #counted(hasher: Hasher): Hasher {
    return {
      verify: (check, done) => {
        this.#hashing++
        hasher.verify(check, (nowMs, matches) => {
          this.#hashing--
          if (!matches) throw new Error(`piece ${check.piece} is not of zeros`)
          done(nowMs, matches)
        })
      },
    }
  }

  #believing(): Hasher {
    const timeline = this.#timeline
    return { verify: (_, done) => timeline.soon((nowMs) => done(nowMs, true)) }
  }
}

function instantStorage(timeline: Timeline): Storage {
  const files = [NO_FILE]
  return {
    prepare: (done) => timeline.soon((nowMs) => done(nowMs, { kind: 'ready', hadContent: false, files })),
    write: (_extents, _parts, done) => timeline.soon((nowMs) => done(nowMs, null)),
    read: unused,
    stat: (done) => timeline.soon((nowMs) => done(nowMs, files)),
    readState: unused,
    writeState: (_, done) => timeline.soon((nowMs) => done(nowMs, null)),
    close: unused,
  }
}

function torrentOf({ pieceCount, blocksPerPiece }: DownloadSize): TorrentFile {
  const pieceBytes = blocksPerPiece * BLOCK_BYTES
  const geometry = new Geometry(pieceCount * pieceBytes, pieceBytes)
  return {
    name: 'zeros',
    infohashV1: INFOHASH,
    infohashV2: null,
    infoBytes: new Uint8Array(0),
    geometry,
    pieceHashes: hashesOfZeros(geometry),
    private: false,
    trackers: [],
    webSeeds: [],
    comment: null,
    createdBy: null,
    creationDate: null,
    files: [{ path: ['zeros'], lengthBytes: geometry.totalBytes, offsetBytes: 0, pad: false }],
  }
}

/** 20 bytes a piece; of a content whose pieces are all of the same length. */
export function hashesOfZeros({ pieceCount, pieceLengthBytes }: Geometry): Uint8Array {
  const hash = createHash('sha1').update(new Uint8Array(pieceLengthBytes)).digest()
  return new Uint8Array(Buffer.alloc(pieceCount * hash.length, hash))
}

function piecesOf(peerIndex: number, pieceCount: number): Bitfield {
  if (peerIndex % 2 === 0) return Bitfield.full(pieceCount)
  const random = seededRandom(1, peerIndex, PURPOSE.swarm)
  const pieces = new Bitfield(pieceCount)
  for (let piece = 0; piece < pieceCount; piece++) if (random.below(2) === 0) pieces.set(piece as PieceIndex)
  return pieces
}

function randomOf(purpose: (typeof PURPOSE)[keyof typeof PURPOSE]): Random {
  return seededRandom(1, 0, purpose)
}

function unused(): never {
  throw new Error('not for this download')
}
