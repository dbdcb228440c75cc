/**
 * What the choker knows of one peer: whether it is unchoked, how fast it gives, and how long it has been waiting.
 *
 * It *waits* while it is not served (unchoked, but for `ready`), whether it is interested or not: interest comes and goes
 * with every piece, and nobody shall lose its place by a moment without it.
 */
import type { PeerKey } from '../pieces/partial-piece.ts'

/** Tit-for-tat is settled this often. */
export const ROUND_MS = 10_000
/** What a peer that is served may count on, of a seed at most: time for it to finish a piece, and to pay for it. */
export const TURN_MS = 30_000
/** Who is served and asks for nothing for so long leaves its slot unused: longer than any round trip. */
const IDLE_AFTER_MS = 1_000
/** BEP 3: a new connection is three times as likely to be next, so that it soon has a piece to give. */
const NEWCOMER_FACTOR = 3

/** One peer as it is now. */
export interface ChokerPeer {
  readonly key: PeerKey
  /** It wants pieces of us. */
  readonly isInterested: boolean
  /** It owes us blocks, and has sent none for a minute. */
  readonly isSnubbed: boolean
  /** It says that it downloads nothing (BEP 21), or has everything: it is never unchoked. */
  readonly isUploadOnly: boolean
  /** What it gave us so far, of payload that we kept. Never less than before. */
  readonly downloadedBytes: number
  /** When blocks that it asked for last waited, or were on their way to it; now, while they do. */
  readonly busyMs: number
}

export type UnchokeReason = 'regular' | 'optimistic' | 'ready'

export interface Unchoke {
  readonly why: UnchokeReason
  readonly sinceMs: number
}

interface Mark {
  readonly atMs: number
  readonly bytes: number
}

export class ChokerLedger {
  peer: ChokerPeer
  /** The choker's: the last decision that it was there for. */
  seenIn = 0
  #unchoked: Unchoke | null = null
  #waitsSinceMs: number
  #wasServed = false
  /** In services that are over. */
  #servedMs = 0
  /** When the last two rounds were; what it has given since the older one is its rate. */
  #older: Mark
  #newer: Mark

  constructor(nowMs: number, peer: ChokerPeer) {
    this.peer = peer
    this.#waitsSinceMs = nowMs
    this.#older = { atMs: nowMs, bytes: peer.downloadedBytes }
    this.#newer = this.#older
  }

  /** Null: choked. */
  get unchoked(): Unchoke | null {
    return this.#unchoked
  }

  /** It may be served. */
  get wants(): boolean {
    return this.peer.isInterested && !this.peer.isUploadOnly
  }

  get #isServed(): boolean {
    return this.#unchoked !== null && this.#unchoked.why !== 'ready'
  }

  /** When a turn of this length is over; it may go on after that. Only for one that is unchoked. */
  turnEndsMs(turnMs: number): number {
    return this.#unchoked!.sinceMs + turnMs
  }

  /** It asks for nothing from then on, unless it does until then. Only for one that is unchoked. */
  get idleFromMs(): number {
    return Math.max(this.#unchoked!.sinceMs, this.peer.busyMs) + IDLE_AFTER_MS
  }

  unchoke(nowMs: number, why: UnchokeReason): void {
    if (this.#unchoked?.why !== why) this.#unchoked = { why, sinceMs: this.#isServed ? this.#unchoked!.sinceMs : nowMs }
  }

  choke(nowMs: number): void {
    if (this.#isServed) {
      this.#servedMs += nowMs - this.#unchoked!.sinceMs
      this.#waitsSinceMs = nowMs
      this.#wasServed = true
    }
    this.#unchoked = null
  }

  /** From when on it may be served again, where its last service is to lie so far back. */
  mayBeServedMs(pauseMs: number): number {
    return this.#wasServed ? this.#waitsSinceMs + pauseMs : this.#waitsSinceMs
  }

  /** Positive where the other is next in line: it waits longer, or as long and had less service so far. */
  compareWait(other: ChokerLedger, nowMs: number): number {
    return other.#waitMs(nowMs) - this.#waitMs(nowMs) || this.#servedMs - other.#servedMs
  }

  /**
   * Over the last 10 to 20 s, or since it came; a whole number, lest two rates differ by the order of a sum. Somebody new
   * is measured over 10 s too: a block at once after it came is no rate.
   */
  rateBytesPerSecond(nowMs: number): number {
    const bytes = this.peer.downloadedBytes - this.#older.bytes
    return Math.floor((bytes * 1000) / Math.max(ROUND_MS, nowMs - this.#older.atMs))
  }

  roundOver(nowMs: number): void {
    this.#older = this.#newer
    this.#newer = { atMs: nowMs, bytes: this.peer.downloadedBytes }
  }

  #waitMs(nowMs: number): number {
    if (this.#isServed) return 0
    return (nowMs - this.#waitsSinceMs) * (this.#wasServed ? 1 : NEWCOMER_FACTOR)
  }
}
