/**
 * WebSeed: one plain web server that may have the content, and how it is treated. BEP 19.
 *
 * It is in exactly one of: ready; waiting (it failed, and is asked again at a time); over (given up or banned).
 * How much a request asks for follows the rate of the one before, from little on.
 */
import { RateMeter } from '../peer/rate-meter.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'

/** One request takes about this long at the rate of the one before. */
const REQUEST_SECONDS = 2
/** How much is asked for at first, and of one that is slow or failed. */
export const REQUEST_BYTES_MIN = 65_536
export const REQUEST_BYTES_MAX = 4 * 1024 * 1024
/** For `REQUEST_BYTES_MIN` that is 2.2 kB/s: slower is too slow to hold a piece for. */
export const REQUEST_TIMEOUT_MS = 30_000
/** One that never sent anything: a hundred that say nothing must not keep the one that would from being asked. */
export const FIRST_TIMEOUT_MS = 10_000
const RETRY_MS_MIN = 1_000
export const RETRY_MS_MAX = 300_000
/** A server that asks for a longer pause (Retry-After) gets this one. */
export const RETRY_AFTER_MS_MAX = 3_600_000

type State =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'over' }

const READY: State = { kind: 'ready' }

export class WebSeed {
  readonly key: PeerKey
  readonly url: string
  readonly down = new RateMeter()
  #state = READY
  /** In a row. */
  #failures = 0
  #requestBytes = REQUEST_BYTES_MIN

  constructor(key: PeerKey, url: string) {
    this.key = key
    this.url = url
  }

  get state(): State {
    return this.#state
  }
  /** It sent something. */
  get isProven(): boolean {
    return this.down.totalBytes > 0
  }
  /** For the next request. */
  get requestBytes(): number {
    return this.#requestBytes
  }
  get timeoutMs(): number {
    return this.isProven ? REQUEST_TIMEOUT_MS : FIRST_TIMEOUT_MS
  }

  /** A request was answered with what was asked for. */
  succeeded(nowMs: number, bytes: number, tookMs: number): void {
    this.down.add(nowMs, bytes)
    this.#failures = 0
    const inTime = Math.round((bytes * REQUEST_SECONDS * 1000) / Math.max(1, tookMs))
    this.#requestBytes = Math.min(REQUEST_BYTES_MAX, Math.max(REQUEST_BYTES_MIN, inTime))
    if (this.#state.kind === 'waiting') this.#state = READY
  }

  /** Gives in how many ms it is asked again; null where it waits already: requests that fail together fail once. */
  failed(nowMs: number, retryAfterMs: number): number | null {
    if (this.#state.kind !== 'ready') return null
    const backoffMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(this.#failures, 20))
    const retryInMs = Math.max(backoffMs, Math.min(retryAfterMs, RETRY_AFTER_MS_MAX))
    this.#failures++
    this.#requestBytes = REQUEST_BYTES_MIN
    this.#state = { kind: 'waiting', untilMs: nowMs + retryInMs }
    return retryInMs
  }

  handleDeadline(nowMs: number): void {
    if (this.#state.kind === 'waiting' && this.#state.untilMs <= nowMs) this.#state = READY
  }

  end(): void {
    this.#state = { kind: 'over' }
  }
}
