/**
 * The web seeds (BEP 19) of one download among its peers: what they send is kept as a peer's block is, under the same
 * limits, and what they fail to send is open to everybody.
 */
import { BLOCK_BYTES, type BlockRange } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { PieceManager } from '../pieces/piece-manager.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { HttpClient } from '../ports/http.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import type { BlockExchange } from './block-exchange.ts'
import type { PieceChecker } from './piece-checker.ts'
import { freeAtMs, isFree, type RateLimiter, takeFrom } from './rate-limiter.ts'
import type { SessionTable } from './session-table.ts'
import { type WebSeedGrant, type WebSeedOwner, type WebSeedStatus, WebSeeds } from './web-seeds.ts'

/** Under a limit no more is asked for at once than the limit lets through in this time, so that peers get their turns. */
const GRANT_MS = 500

export interface WebSourceParts {
  readonly pieces: PieceManager
  readonly exchange: BlockExchange
  readonly checker: PieceChecker
  readonly sessions: SessionTable
  readonly limiters: readonly RateLimiter[]
}

export interface WebSourceOwner {
  readonly mayRequest: boolean
  /** An answer was dealt with. */
  touched(nowMs: number): void
  emit(nowMs: number, event: ClientEvent): void
}

export class WebSource implements WebSeedOwner {
  readonly #seeds: WebSeeds
  readonly #parts: WebSourceParts
  readonly #owner: WebSourceOwner

  constructor(torrent: TorrentFile, http: HttpClient, parts: WebSourceParts, owner: WebSourceOwner) {
    this.#parts = parts
    this.#owner = owner
    this.#seeds = new WebSeeds(torrent, http, this)
  }

  start(nowMs: number): void {
    this.#seeds.start(nowMs)
  }

  pump(nowMs: number): void {
    this.#seeds.pump(nowMs)
  }

  handleDeadline(nowMs: number): void {
    this.#seeds.handleDeadline(nowMs)
  }

  deadlineMs(): number | null {
    return this.#seeds.deadlineMs()
  }

  stop(): void {
    this.#seeds.stop()
  }

  urlOf(key: PeerKey): string {
    return this.#seeds.urlOf(key)
  }

  status(nowMs: number): readonly WebSeedStatus[] {
    return this.#seeds.status(nowMs)
  }

  ban(nowMs: number, key: PeerKey, reason: string): void {
    if (this.#seeds.ban(nowMs, key)) this.#owner.emit(nowMs, { type: 'peer-banned', peer: this.urlOf(key), reason })
  }

  // Called by the web seeds.

  get mayRequest(): boolean {
    return this.#owner.mayRequest
  }

  pickWhole(nowMs: number, key: PeerKey, pieces: Bitfield): readonly BlockRange[] {
    const ranges = this.#parts.pieces.pickWhole(key, pieces)
    const peer = ranges.length === 0 ? '' : this.urlOf(key)
    for (const range of ranges) this.#owner.emit(nowMs, { type: 'block-requested', peer, ...range, why: 'first' })
    return ranges
  }

  grant(nowMs: number, wantedBytes: number): WebSeedGrant {
    const { checker, limiters } = this.#parts
    if (checker.isBusy) return { bytes: 0, againMs: null }
    if (!isFree(limiters, nowMs)) return { bytes: 0, againMs: freeAtMs(limiters) }
    const bytes = Math.min(wantedBytes, Math.max(BLOCK_BYTES, bytesIn(limiters, GRANT_MS)))
    takeFrom(limiters, nowMs, bytes)
    return { bytes, againMs: null }
  }

  received(nowMs: number, key: PeerKey, range: BlockRange, bytes: Uint8Array): void {
    this.#parts.exchange.keep(nowMs, { key, name: this.urlOf(key) }, range, bytes, true)
  }

  released(_nowMs: number, key: PeerKey, ranges: readonly BlockRange[]): void {
    this.#parts.pieces.release(key, ranges)
    this.#parts.sessions.touchAll()
  }

  webSeedFailed(nowMs: number, url: string, reason: string, retryInMs: number | null): void {
    this.#owner.emit(nowMs, { type: 'web-seed-failed', url, reason, retryInMs })
  }

  touched(nowMs: number): void {
    this.#owner.touched(nowMs)
  }
}

/** What all of the limits let through in that time. */
function bytesIn(limiters: readonly RateLimiter[], ms: number): number {
  let rate = Number.POSITIVE_INFINITY
  for (const { rateBytesPerSecond } of limiters) rate = Math.min(rate, rateBytesPerSecond ?? rate)
  return Math.floor((rate * ms) / 1000)
}
