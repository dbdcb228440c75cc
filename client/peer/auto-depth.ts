/**
 * How many blocks a peer may owe us at once, from what is measured: rate × (round trip + margin), so that its queue
 * never runs dry and no more waits in it than a second's worth.
 *
 * Rate: blocks that came between a block's request and its arrival, by that time; the peak of the last 1 to 2 s. Round
 * trip: the shortest time from a request to its block, since the last request that went out alone. While the path is
 * not full the depth exceeds what comes in, and grows by one a block: slow start, which doubles it each round trip.
 *
 * A path that gets longer by more than the margin looks like a peer that gets slower: both deliver less. Where the rate
 * fell the pipeline is let run empty once, and one request goes out alone, to see which it was.
 * Units: times in ms, rates in bytes per second.
 */
import { BLOCK_BYTES } from '../metainfo/geometry.ts'

/** No less than this, so that a rate can be measured. */
const AUTO_DEPTH_MIN = 4
/** What may wait at the peer: covers its disk, chokers that act every half second, retransmissions. */
const MARGIN_MS = 1_000
const RATE_WINDOW_MS = 1_000
/** The rate fell where it is below this part of what it was. */
const FELL_TO = 0.75
/** Between two measurements of a path that got slower. */
const MEASURE_EVERY_MS = 10_000

/** One answered request. */
export interface Delivery {
  readonly requestedMs: number
  /** No other was outstanding when it went out. */
  readonly wasAlone: boolean
  /** All that came since then, it included. */
  readonly deliveredBytes: number
  /** The pipeline was kept full: a low rate is not our doing. */
  readonly isFull: boolean
}

export class AutoDepth {
  #depth = AUTO_DEPTH_MIN
  #roundTripMs = Number.POSITIVE_INFINITY
  #measuredMs = Number.NEGATIVE_INFINITY
  #isMeasuring = false
  /** Peaks of the window at hand and of the one before. */
  #rate = 0
  #rateBefore = 0
  #windowSinceMs = 0
  /** The best rate since the round trip was measured. */
  #rateBest = 0

  get depth(): number {
    return this.#isMeasuring ? 1 : this.#depth
  }

  delivered(nowMs: number, delivery: Delivery, depthMax: number): void {
    const tripMs = Math.max(1, nowMs - delivery.requestedMs)
    const rate = this.#peakRate(nowMs, (delivery.deliveredBytes * 1000) / tripMs)
    if (delivery.wasAlone) {
      this.#roundTripMs = tripMs
      this.#measuredMs = nowMs
      this.#isMeasuring = false
      this.#rateBest = 0
    }
    this.#roundTripMs = Math.min(this.#roundTripMs, tripMs)
    this.#rateBest = delivery.isFull ? Math.max(this.#rateBest, rate) : rate
    if (rate < this.#rateBest * FELL_TO && nowMs - this.#measuredMs >= MEASURE_EVERY_MS) this.#isMeasuring = true
    const wanted = Math.ceil((rate * (this.#roundTripMs + MARGIN_MS)) / 1000 / BLOCK_BYTES)
    this.#depth = Math.min(AUTO_DEPTH_MIN + wanted, this.#depth + 1, Math.max(1, depthMax))
  }

  #peakRate(nowMs: number, rate: number): number {
    const windowMs = nowMs - this.#windowSinceMs
    if (windowMs >= RATE_WINDOW_MS) {
      this.#rateBefore = windowMs < 2 * RATE_WINDOW_MS ? this.#rate : 0
      this.#rate = 0
      this.#windowSinceMs = nowMs
    }
    this.#rate = Math.max(this.#rate, rate)
    return Math.max(this.#rate, this.#rateBefore)
  }
}
