/**
 * The blocks that a peer asked us for and has not got, in the order in which it asked, and how often it asked for what
 * it cannot have. BEP 3, 6.
 *
 * A request *waits* until the uploader takes it, and is *taken* until it is answered. Either way it can be cancelled.
 * Limits: 2,000 wait or are taken (our `reqq`); of those that are refused 300, and while we choke 300 too, of which 16
 * come more than 2 s after the choke: more close the connection. An allowed-fast piece is served three times over.
 * Each call but `choke` and `drop` costs the same, however many there are.
 */
import type { BlockRange, PieceIndex } from '../metainfo/geometry.ts'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { type WireFault, wireFault } from '../wire/fault.ts'
import type { WireRange } from '../wire/messages.ts'
import type { PeerContent } from './peer-options.ts'

export const REQUESTS_QUEUED_MAX = 2_000
/** Requests that are out of range, too long, too many, or for what we do not have; libtorrent's limit. */
export const REFUSED_REQUESTS_MAX = 300
/** Since the choke. */
export const CHOKED_REQUESTS_MAX = 300
/** On their way when we choked; after that they know. */
export const CHOKE_HEARD_MS = 2_000
/** Later ones: the choke waits behind the blocks that left before it, and each of them brings a request. */
export const LATE_REQUESTS_MAX = 16
/** How often each byte of an allowed-fast piece is served to a peer that we choke. */
const ALLOWED_FAST_TIMES = 3

/** What becomes of a request; `refused` is answered by a reject where they speak fast. */
export type RequestOutcome = 'queued' | 'asked-before' | 'refused' | WireFault

export class TheirRequests {
  readonly #waiting = new Map<number | string, BlockRange>()
  readonly #taken = new Map<number | string, BlockRange>()
  /** Told to the peer, with the bytes served of each while we choke. */
  #allowedFast: Map<PieceIndex, number> = NONE_ALLOWED
  /** Null: we do not choke. */
  #chokedSinceMs: number | null = 0
  #refusedCount = 0
  #chokedCount = 0
  #lateCount = 0

  get weChoke(): boolean {
    return this.#chokedSinceMs !== null
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  /** They were told that they may ask for it while we choke. */
  allow(piece: PieceIndex): void {
    if (this.#allowedFast === NONE_ALLOWED) this.#allowedFast = new Map()
    this.#allowedFast.set(piece, 0)
  }

  /** Gives what is not answered any more: all but what is allowed all the same. */
  choke(nowMs: number): BlockRange[] {
    this.#chokedSinceMs = nowMs
    this.#chokedCount = 0
    this.#lateCount = 0
    return this.#remove(({ piece }) => !this.#allowedFast.has(piece))
  }

  unchoke(): void {
    this.#chokedSinceMs = null
  }

  receive(nowMs: number, range: WireRange, content: PeerContent | null): RequestOutcome {
    const name = key(range)
    if (this.#waiting.has(name) || this.#taken.has(name)) return 'asked-before'
    const block = content === null ? null : blockOf(range, content)
    const isFull = this.#waiting.size + this.#taken.size >= REQUESTS_QUEUED_MAX
    if (block === null || content === null || isFull) return this.#refuse()
    if (this.#chokedSinceMs !== null && !this.#allows(block, content)) return this.#refuseChoked(nowMs)
    this.#waiting.set(name, block)
    return 'queued'
  }

  /** The oldest that waits; it is taken from here on. */
  take(): BlockRange | null {
    for (const [name, range] of this.#waiting) {
      this.#waiting.delete(name)
      this.#taken.set(name, range)
      return range
    }
    return null
  }

  /** It is answered, or cancelled. False: nobody waits for it. */
  settle(range: WireRange): boolean {
    const name = key(range)
    return this.#taken.delete(name) || this.#waiting.delete(name)
  }

  /** We cannot serve this piece any more. */
  drop(piece: PieceIndex): BlockRange[] {
    return this.#remove((range) => range.piece === piece)
  }

  clear(): void {
    this.#waiting.clear()
    this.#taken.clear()
  }

  #remove(goes: (range: BlockRange) => boolean): BlockRange[] {
    const removed: BlockRange[] = []
    for (const requests of [this.#taken, this.#waiting]) {
      for (const [name, range] of requests) {
        if (!goes(range)) continue
        requests.delete(name)
        removed.push(range)
      }
    }
    return removed
  }

  #allows({ piece, lengthBytes }: BlockRange, { geometry }: PeerContent): boolean {
    const servedBytes = this.#allowedFast.get(piece)
    if (servedBytes === undefined) return false
    if (servedBytes + lengthBytes > ALLOWED_FAST_TIMES * geometry.pieceBytes(piece)) return false
    this.#allowedFast.set(piece, servedBytes + lengthBytes)
    return true
  }

  #refuse(): RequestOutcome {
    if (++this.#refusedCount <= REFUSED_REQUESTS_MAX) return 'refused'
    return wireFault('request.refused', `at most ${REFUSED_REQUESTS_MAX} that we cannot serve`, this.#refusedCount)
  }

  #refuseChoked(nowMs: number): RequestOutcome {
    const sinceMs = nowMs - (this.#chokedSinceMs ?? nowMs)
    if (sinceMs > CHOKE_HEARD_MS && ++this.#lateCount > LATE_REQUESTS_MAX) {
      const expected = `at most ${LATE_REQUESTS_MAX} more than ${CHOKE_HEARD_MS} ms after the choke`
      return wireFault('request.choked', expected, this.#lateCount)
    }
    if (++this.#chokedCount <= CHOKED_REQUESTS_MAX) return 'refused'
    return wireFault('request.choked', `at most ${CHOKED_REQUESTS_MAX} while choked`, this.#chokedCount)
  }
}

/** Null when it is not within a piece that we have, or longer than anybody needs. */
function blockOf(range: WireRange, { geometry, ourPieces }: PeerContent): BlockRange | null {
  const { offsetBytes, lengthBytes } = range
  const piece = geometry.pieceIndex(range.piece)
  if (piece === null || !ourPieces.has(piece) || lengthBytes < 1 || lengthBytes > BLOCK_BYTES) return null
  return offsetBytes + lengthBytes <= geometry.pieceBytes(piece) ? { piece, offsetBytes, lengthBytes } : null
}

/** Most peers are allowed nothing: they share what is empty. Nobody adds to it. */
const NONE_ALLOWED = new Map<PieceIndex, number>()

/** For whole blocks at their places, as nearly everybody asks for, a number: it costs no text. */
function key({ piece, offsetBytes, lengthBytes }: WireRange): number | string {
  const isPlain = lengthBytes === BLOCK_BYTES && offsetBytes % BLOCK_BYTES === 0 && piece < PIECES_EXACT
  return isPlain ? piece * 0x1_0000_0000 + offsetBytes : `${piece}:${offsetBytes}+${lengthBytes}`
}

/** Below this the number of a block is exact. */
const PIECES_EXACT = 2 ** 21
