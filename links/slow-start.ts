/**
 * TCP slow start: how much one direction of a connection may have on its way (RFC 5681, 3.1). Pure: bytes and times come
 * in as calls, and acknowledgements are said to it.
 *
 * The window begins at ten segments (RFC 6928) and grows by what is acknowledged, so it doubles each round trip: after k
 * of them IW x (2^k - 1) bytes have left, on a path that nothing else limits. It ends when the window holds what the
 * path does (rate x round trip), or a receiver's: from then on nothing is held up. A window that is not used does not
 * grow. Who was silent for longer than a retransmission time-out halves it for each one that passed (RFC 2861).
 *
 * Not here: congestion avoidance, and what a loss does to the window.
 */
import { msToNs } from './link.ts'
import { SEGMENT_BYTES } from './loss.ts'

export const INITIAL_WINDOW_BYTES = 10 * SEGMENT_BYTES
/** Of the receiver, as systems of today tune it: no more is ever waited for. */
export const WINDOW_BYTES_MAX = 4 * 1024 * 1024
/** RFC 6298 on a path that does not vary, with the least variance that Linux assumes. */
const TIMEOUT_MARGIN_NS = msToNs(200)

/** A path as it is now. */
export interface PathState {
  readonly roundTripNs: number
  /** Of the narrower end; null: unlimited. */
  readonly bytesPerSecond: number | null
}

export class SlowStart {
  #windowBytes = INITIAL_WINDOW_BYTES
  #inFlightBytes = 0
  #lastSentNs: number | null = null

  /** What may leave now. Infinity: all, since the path is full; then nothing need be acknowledged. */
  allowanceBytes(nowNs: number, path: PathState): number {
    this.#shrink(nowNs, path.roundTripNs)
    return this.#windowBytes >= fullBytes(path) ? Number.POSITIVE_INFINITY : this.#windowBytes - this.#inFlightBytes
  }

  /** Is on its way, within the allowance, and will be acknowledged. */
  sent(nowNs: number, bytes: number): void {
    this.#inFlightBytes += bytes
    this.left(nowNs)
  }

  /** Something has left, of whatever there was in line. */
  left(nowNs: number): void {
    this.#lastSentNs = nowNs
  }

  acknowledged(bytes: number): void {
    // RFC 7661: of a window that is not half used nothing is learnt.
    if (this.#windowBytes < 2 * this.#inFlightBytes) this.#windowBytes += bytes
    this.#inFlightBytes -= bytes
  }

  #shrink(nowNs: number, roundTripNs: number): void {
    if (this.#lastSentNs === null || this.#inFlightBytes > 0) return
    const timeoutNs = roundTripNs + TIMEOUT_MARGIN_NS
    for (let left = nowNs - this.#lastSentNs; left > timeoutNs; left -= timeoutNs) {
      if (this.#windowBytes === INITIAL_WINDOW_BYTES) return
      this.#windowBytes = Math.max(INITIAL_WINDOW_BYTES, Math.floor(this.#windowBytes / 2))
      // Counted once: the next look goes on from here.
      this.#lastSentNs += timeoutNs
    }
  }
}

/** A window of so much keeps the path busy. */
function fullBytes({ roundTripNs, bytesPerSecond }: PathState): number {
  if (bytesPerSecond === null) return WINDOW_BYTES_MAX
  return Math.min(WINDOW_BYTES_MAX, (bytesPerSecond * roundTripNs) / 1e9)
}
