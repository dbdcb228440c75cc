/** When the next announce is due. BEP 3; times are milliseconds of the caller's clock. */
import type { AnnounceResponse } from './announce-response.ts'

const RETRY_MS_FIRST = 1_000
/**
 * Against an outage: a tracker that comes back is found within a minute, and one small request a minute is no load.
 * Clients of public swarms go further (libtorrent: an hour), as thousands of them ask one dead tracker.
 */
const RETRY_MS_MAX = 60_000
/** Between two announces where the tracker names no least time and nothing happened that it must hear of. */
const MIN_INTERVAL_MS_DEFAULT = 60_000

export interface NextAnnounce {
  readonly deadlineMs: number
  /** From when on an earlier one does no harm. */
  readonly nextAllowedMs: number
}

/** Announces go out at the interval, and never before the least one that the tracker names. */
export function nextAnnounce(nowMs: number, response: AnnounceResponse): NextAnnounce {
  const intervalMs = response.intervalSeconds * 1_000
  const minMs = response.minIntervalSeconds === null ? null : response.minIntervalSeconds * 1_000
  const deadlineMs = nowMs + Math.max(intervalMs, minMs ?? 0)
  return { deadlineMs, nextAllowedMs: Math.min(nowMs + (minMs ?? MIN_INTERVAL_MS_DEFAULT), deadlineMs) }
}

/** After so many rounds in a row, before the one that just failed, in which no tracker answered. */
export function retryDelayMs(roundsFailedBefore: number): number {
  return Math.min(RETRY_MS_FIRST * 2 ** roundsFailedBefore, RETRY_MS_MAX)
}

export const HTTP_TIMEOUT_MS = 15_000
/** A datagram may be lost: the second goes out at 15 s. */
export const UDP_TIMEOUT_MS = 30_000
/** A client that leaves waits for nobody long. */
const STOPPED_TIMEOUT_MS = 5_000
/**
 * While there are others to ask: of twenty trackers that are in many a torrent most are dead, and to wait for each in full
 * would take ten minutes. The next round waits in full.
 */
const IMPATIENT_TIMEOUT_MS = 5_000

export interface Asking {
  readonly via: 'http' | 'udp'
  readonly isStopped: boolean
  /** It answered before. */
  readonly isKnown: boolean
  readonly othersLeft: boolean
  /** In a row, before this round. */
  readonly roundsFailed: number
}

export function announceTimeoutMs({ via, isStopped, isKnown, othersLeft, roundsFailed }: Asking): number {
  if (isStopped) return STOPPED_TIMEOUT_MS
  if (othersLeft && !isKnown && roundsFailed === 0) return IMPATIENT_TIMEOUT_MS
  return via === 'udp' ? UDP_TIMEOUT_MS : HTTP_TIMEOUT_MS
}
