/**
 * Asking for blocks and receiving them, of a torrent of 1,000 pieces and of one of 400,000: the cost a block must not
 * grow with the torrent. Every run is as many blocks of a download that goes on from run to run; when too few are left it
 * begins anew, which is not measured.
 *
 * By itself this is a fraction of a microsecond, and what a large torrent adds is what its tables and bitfields do not fit
 * into the nearest cache. Beside the hash of the piece, which every block costs as well, that is to vanish.
 */
import { createHash } from 'node:crypto'
import { BLOCK_BYTES, type BlockRange, Geometry, type PieceIndex } from '../../../client/metainfo/geometry.ts'
import type { PickStrategy } from '../../../client/pieces/pick-strategy.ts'
import { PieceManager } from '../../../client/pieces/piece-manager.ts'
import { Bitfield } from '../../../client/wire/bitfield.ts'
import { PURPOSE, seededRandom } from '../../../simulator/random.ts'
import type { BenchCase, Suite } from '../../suite.ts'

/** Of 1,000 a run is most, without the endgame. */
const PIECES_A_RUN = 800
/** Blocks that each peer owes at a time. */
const DEPTH = 8
const BLOCK = new Uint8Array(BLOCK_BYTES)

interface Setting {
  readonly pieceCount: number
  readonly blocksPerPiece: number
  readonly peerCount: number
  readonly strategy: PickStrategy
  /** All, or a random half of the pieces. The first peer has all. */
  readonly has: 'all' | 'half'
  readonly hashes?: boolean
}

interface Peer {
  readonly key: number
  readonly pieces: Bitfield
  /** A ring of DEPTH places. */
  readonly owes: (BlockRange | null)[]
}

class Download {
  readonly #setting: Setting
  readonly #peers: Peer[]
  #manager!: PieceManager
  #turn = 0

  constructor(setting: Setting) {
    this.#setting = setting
    this.#peers = Array.from({ length: setting.peerCount }, (_, key) => {
      const pieces =
        key === 0 || setting.has === 'all' ? Bitfield.full(setting.pieceCount) : half(setting.pieceCount, key)
      return { key, pieces, owes: new Array<BlockRange | null>(DEPTH).fill(null) }
    })
    this.begin()
  }

  /** For another run. */
  get hasEnough(): boolean {
    return this.#manager.piecesLeft > PIECES_A_RUN
  }

  /** Each peer in turn sends what it owes longest, and is asked for another. */
  receive(blocks: number): void {
    for (let left = blocks; left > 0; this.#turn++) {
      const peer = this.#peers[this.#turn % this.#peers.length]!
      const place = Math.floor(this.#turn / this.#peers.length) % DEPTH
      const owed = peer.owes[place]!
      if (owed !== null) {
        const received = this.#manager.received(owed, peer.key, BLOCK)
        if (received.kind === 'kept' && received.whole !== null) {
          if (this.#setting.hashes) sha1Of(received.whole.parts)
          this.#manager.stored(owed.piece)
        }
        left--
      }
      // Every second peer is fast.
      const hint = { nowMs: 0, isIdle: false, isFast: peer.key % 2 === 0 }
      peer.owes[place] = this.#manager.pick(peer.key, peer.pieces, hint)?.range ?? null
    }
  }

  begin(): void {
    const { pieceCount, blocksPerPiece, strategy } = this.#setting
    const pieceBytes = blocksPerPiece * BLOCK_BYTES
    const random = seededRandom(1, 0, PURPOSE.picker)
    this.#manager = new PieceManager(new Geometry(pieceCount * pieceBytes, pieceBytes), random, { strategy })
    for (const { pieces, owes } of this.#peers) {
      this.#manager.peerHasThese(pieces)
      owes.fill(null)
    }
  }
}

function sha1Of(parts: readonly Uint8Array[]): void {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  hash.digest()
}

function half(pieceCount: number, seed: number): Bitfield {
  const random = seededRandom(seed, 1, PURPOSE.picker)
  const pieces = new Bitfield(pieceCount)
  for (let piece = 0; piece < pieceCount; piece++) if (random.below(2) === 0) pieces.set(piece as PieceIndex)
  return pieces
}

function caseOf(setting: Setting): BenchCase {
  const { pieceCount, blocksPerPiece, peerCount, strategy, has, hashes } = setting
  const blocks = PIECES_A_RUN * blocksPerPiece
  let download: Download | null = null
  return {
    name: `${pieceCount} pieces of ${blocksPerPiece * 16} KiB, ${peerCount} peers with ${has}, ${strategy}${hashes ? ', hashed' : ''}`,
    work: { amount: blocks, unit: 'blocks' },
    prepare() {
      download ??= new Download(setting)
      if (!download.hasEnough) download.begin()
    },
    run: () => download!.receive(blocks),
  }
}

const SETTINGS: readonly Omit<Setting, 'pieceCount'>[] = [
  { blocksPerPiece: 16, peerCount: 50, strategy: 'rarest-first', has: 'all' },
  { blocksPerPiece: 16, peerCount: 50, strategy: 'rarest-first', has: 'half' },
  { blocksPerPiece: 16, peerCount: 50, strategy: 'sequential', has: 'half' },
  { blocksPerPiece: 16, peerCount: 50, strategy: 'random', has: 'half' },
  { blocksPerPiece: 16, peerCount: 50, strategy: 'rarest-first', has: 'half', hashes: true },
  { blocksPerPiece: 1, peerCount: 50, strategy: 'rarest-first', has: 'half', hashes: true },
  { blocksPerPiece: 1, peerCount: 50, strategy: 'rarest-first', has: 'half' },
]

/** The two sizes of a setting one after the other, so that a busy machine slows both. */
export const suite: Suite = {
  of: 'client/pieces/piece-manager',
  cases: SETTINGS.flatMap((setting) => [1_000, 400_000].map((pieceCount) => caseOf({ ...setting, pieceCount }))),
}
