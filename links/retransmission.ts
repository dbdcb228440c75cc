/**
 * When what a cut path swallowed is there after all: a sender tries again after its retransmission time-out, and after
 * twice as long each time (RFC 6298, 5.5), so it notices late that the path is whole again. Pure.
 */
import { msToNs } from './link.ts'

/** As Linux: a round trip and 200 ms, and at most two minutes. */
const TIMEOUT_MARGIN_NS = msToNs(200)
const TIMEOUT_NS_MAX = msToNs(120_000)

/** The first try that gets through, of bytes that were lost at `lostNs`, on a path that is whole from `healedNs` on. */
export function retransmittedNs(lostNs: number, healedNs: number, roundTripNs: number): number {
  let timeoutNs = Math.min(TIMEOUT_NS_MAX, roundTripNs + TIMEOUT_MARGIN_NS)
  let triedNs = lostNs + timeoutNs
  while (triedNs < healedNs) {
    timeoutNs = Math.min(TIMEOUT_NS_MAX, 2 * timeoutNs)
    triedNs += timeoutNs
  }
  return triedNs
}
