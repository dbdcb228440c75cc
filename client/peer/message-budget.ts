/**
 * How much a peer may say that is of no use to us: keep-alives, chokes that come and go, haves of what we knew, unknown
 * messages. What it may say at once is generous, what it may say for ever is not; whoever says more is closed.
 *
 * Useful messages are bounded elsewhere and cost nothing here: requests by their queue, blocks by what was asked for,
 * new haves by the number of pieces.
 */
import { type WireFault, wireFault } from '../wire/fault.ts'

/** At once, as of a host that was suspended: some 4 ms of work. */
export const FLOOD_UNITS_MAX = 4_000
/** For ever: 0.02 % of a core. */
export const FLOOD_UNITS_PER_SECOND = 200

/** What one costs. A unit is about what an empty message costs us. */
export const COSTS = {
  message: 1,
  /** Voids and asks for a whole pipeline, or moves a slot. */
  change: 10,
  /** A piece comes or goes: availability is counted anew. */
  lost: 5,
  /** Something is parsed. */
  dictionary: 20,
} as const
/** Bytes that are looked at, or dropped, for a unit more. */
const BYTES_PER_UNIT = 1_024

export class MessageBudget {
  #units = FLOOD_UNITS_MAX
  #sinceMs = 0

  begin(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  /** Null, or the fault when there was too much. */
  spend(nowMs: number, cost: number, payloadBytes = 0): WireFault | null {
    const refilled = this.#units + ((nowMs - this.#sinceMs) * FLOOD_UNITS_PER_SECOND) / 1000
    this.#sinceMs = nowMs
    this.#units = Math.min(FLOOD_UNITS_MAX, refilled) - cost - Math.floor(payloadBytes / BYTES_PER_UNIT)
    return this.#units >= 0
      ? null
      : wireFault('message.flood', `at most ${FLOOD_UNITS_PER_SECOND} useless messages a second`, 'more')
  }
}
