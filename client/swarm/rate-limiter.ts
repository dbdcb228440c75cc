/**
 * Rate limits: bytes are paced one after another, first come first served. What is taken holds the limiter for
 * bytes / rate; then it is free, and the next may take as much as it likes: its bytes go at once, who comes after waits.
 *
 * There is no burst credit: idling saves nothing up, so that in any time t at most rate × t and one take go through.
 * Only lateness is made up for: where somebody was turned away and came back after the limiter was free (a timer that
 * was late), the next hold counts from when it was free. Without that a timer 1 ms late would cost 6 % at 1 MiB/s.
 *
 * Several limiters (of a torrent, of the whole client) are asked as a list: the slowest decides. Who is next where
 * several wait is the user's choice, so is the turn of each peer.
 * Units: bytes, milliseconds. A rate of null is no limit.
 */

/** Made up for at most: a busy event loop, not a pause. At 1 MiB/s it is little more than a block. */
export const LATE_MS_MAX = 20

export class RateLimiter {
  #rateBytesPerSecond: number | null
  /** It is free `#takenBytes` / rate after `#sinceMs`: whole bytes add up without an error, times would not. */
  #sinceMs = 0
  #takenBytes = 0
  #isAwaited = false
  /** When the one that was awaited came; what else is taken at that time makes up for the same lateness. */
  #cameMs: number | null = null

  /** RangeError for a rate that is not above 0. */
  constructor(rateBytesPerSecond: number | null) {
    this.#rateBytesPerSecond = checkedRate(rateBytesPerSecond)
  }

  get rateBytesPerSecond(): number | null {
    return this.#rateBytesPerSecond
  }

  /** What was taken and has not had its time yet goes on at the new rate. RangeError as in the constructor. */
  setRate(nowMs: number, rateBytesPerSecond: number | null): void {
    const rate = this.#rateBytesPerSecond
    const owedMs = Math.max(0, this.freeAtMs() - nowMs)
    this.#rateBytesPerSecond = checkedRate(rateBytesPerSecond)
    this.#sinceMs = nowMs
    this.#takenBytes = rate === null ? 0 : (owedMs * rate) / 1000
  }

  /** 0, which is before any time: it always is free. */
  freeAtMs(): number {
    if (this.#rateBytesPerSecond === null) return 0
    return this.#sinceMs + (this.#takenBytes * 1000) / this.#rateBytesPerSecond
  }

  /** Somebody was turned away and comes back when it is free. */
  await(): void {
    this.#isAwaited = true
  }

  /** Also where it is not free: the bytes (of somebody who cannot wait) queue up behind those before. */
  take(nowMs: number, bytes: number): void {
    if (this.#isAwaited) this.#cameMs = nowMs
    this.#isAwaited = false
    const lateMs = nowMs === this.#cameMs ? LATE_MS_MAX : 0
    if (nowMs - lateMs > this.freeAtMs()) {
      this.#sinceMs = nowMs - lateMs
      this.#takenBytes = 0
    }
    this.#takenBytes += bytes
  }
}

/** May a block go now? Who is told no is expected at `freeAtMs`. */
export function isFree(limiters: readonly RateLimiter[], nowMs: number): boolean {
  const atMs = freeAtMs(limiters)
  if (nowMs >= atMs) return true
  // The others were free before: what they are late by then is not theirs to make up for.
  for (const limiter of limiters) if (limiter.freeAtMs() === atMs) limiter.await()
  return false
}

export function takeFrom(limiters: readonly RateLimiter[], nowMs: number, bytes: number): void {
  for (const limiter of limiters) limiter.take(nowMs, bytes)
}

/** When the last of them is free; 0 where there is no limit. */
export function freeAtMs(limiters: readonly RateLimiter[]): number {
  let atMs = 0
  for (const limiter of limiters) atMs = Math.max(atMs, limiter.freeAtMs())
  return atMs
}

function checkedRate(rateBytesPerSecond: number | null): number | null {
  if (rateBytesPerSecond !== null && !(rateBytesPerSecond > 0 && rateBytesPerSecond < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`rateBytesPerSecond ${rateBytesPerSecond}`)
  }
  return rateBytesPerSecond
}
