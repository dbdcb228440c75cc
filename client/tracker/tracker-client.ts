/**
 * TrackerClient: when one torrent announces, to whom, and what. BEP 3, 12, 21, 31. Pure: no socket, clock or randomness
 * of its own; an owner that reaches trackers (announcer) pulls requests and brings the answers back.
 *
 * A round asks the trackers in order until one answers. Answered: the next round is at the tracker's interval. None
 * answered: after 1 s, 2 s, 4 s… to a minute. A tracker hears `started` until it accepts one; `completed` once,
 * and only if something was left at its `started`; `stopped` once, best effort.
 *
 * Units: milliseconds of the caller's clock. One request is awaited at most: one that is pulled replaces the one before,
 * which may be cancelled and whose answer is ignored.
 *
 * Peers that are ourselves are left out: by peer id, and by our port at the address that the tracker, or the user, says
 * we have. Who is behind an address that nobody names to us finds itself at the handshake.
 * Not here: the bytes of messages (announce-request, announce-response, udp-exchange).
 */
import { keyFromBytes } from '../bencode/value.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { TrackerEvent } from '../ports/events.ts'
import type { HttpRequest } from '../ports/http.ts'
import type { Random } from '../ports/random.ts'
import type { PeerAddress } from '../ports/transport.ts'
import type { PeerId } from '../wire/peer-id.ts'
import { type AnnounceOutcome, describeTrackerFault } from './announce-outcome.ts'
import { type AnnounceEvent, type AnnounceRequest, announceUrl, LEFT_BYTES_UNKNOWN } from './announce-request.ts'
import type { AnnouncedPeer, AnnounceResponse } from './announce-response.ts'
import { announceTimeoutMs, type NextAnnounce, nextAnnounce, retryDelayMs } from './announce-timing.ts'
import { RESPONSE_BYTES_MAX } from './tracker-answer.ts'
import { type Tracker, TrackerTiers } from './tracker-tiers.ts'
import type { UdpAsk } from './udp-carrier.ts'

const NUM_WANT_DEFAULT = 50

export interface TrackerClientOptions {
  readonly tiers: readonly (readonly string[])[]
  readonly identity: AnnounceIdentity
  /** Asked once for every request. */
  readonly totals: () => AnnounceTotals
  readonly random: Random
  readonly numWant?: number
}

export interface AnnounceIdentity {
  readonly infohash: InfoHash
  readonly peerId: PeerId
  /** Where this client listens. */
  readonly port: number
  readonly key: string
  /** The address to be known under, where it is not the one that the announce comes from. */
  readonly ip?: string
}

/** Since `started`, payload only; left is what is not verified yet. */
export interface AnnounceTotals {
  readonly uploadedBytes: number
  readonly downloadedBytes: number
  /** Null: not known yet (a magnet link without its metadata). */
  readonly leftBytes: number | null
  /** Nothing more is wanted, though something is left (BEP 21). */
  readonly isPartialSeed?: boolean
}

/** For the HttpClient, or for the UdpCarrier. */
export type TrackerClientRequest = { readonly id: number } & (
  | ({ readonly kind: 'http' } & HttpRequest)
  | ({ readonly kind: 'udp' } & UdpAsk)
)

export type TrackerClientEvent = TrackerEvent | { readonly type: 'peers-found'; readonly peers: readonly PeerAddress[] }

interface Asked {
  readonly id: number
  readonly tracker: Tracker
  readonly event: AnnounceEvent
  readonly leftBytes: number
  /** Who is asked next: in a round when this one fails, when stopping in any case. */
  readonly rest: readonly Tracker[]
}

/** In exactly one of. The last round was `answered`, or it `failed`; then null: nobody is left to ask. */
type State =
  | { readonly kind: 'idle' }
  | ({ readonly kind: 'asking' } & Asked)
  | ({ readonly kind: 'answered'; readonly by: Tracker } & NextAnnounce)
  | { readonly kind: 'failed'; readonly deadlineMs: number | null }
  | ({ readonly kind: 'stopping' } & Asked)
  | { readonly kind: 'stopped' }

type Asking = Extract<State, Asked>
type Round = readonly [Tracker, ...Tracker[]]

export class TrackerClient {
  readonly #options: TrackerClientOptions
  readonly #tiers: TrackerTiers
  #state: State = { kind: 'idle' }
  #request: TrackerClientRequest | null = null
  readonly #events: TrackerClientEvent[] = []
  #requestCount = 0
  #roundsFailed = 0
  #downloaded = false
  /** This host as a tracker saw it last. */
  #externalIp: string | null = null

  constructor(options: TrackerClientOptions) {
    this.#options = options
    this.#tiers = new TrackerTiers(options.tiers, options.random)
  }

  /** All chance of announcing is of one stream: transaction ids too (BEP 15). */
  get random(): Random {
    return this.#options.random
  }

  // Inputs. `nowMs` never goes backwards from one call to the next.

  /** Begins to announce; later calls do nothing. */
  start(nowMs: number): void {
    if (this.#state.kind !== 'idle') return
    for (const { url, reason } of this.#tiers.unused) {
      this.#events.push({ type: 'announce-failed', url, reason, retryInMs: null })
    }
    this.#beginRound(nowMs)
  }

  /** The download is complete: whoever has to hear of it hears at once, or when it answers again. */
  complete(nowMs: number): void {
    this.#downloaded = true
    if (this.#state.kind === 'answered' && this.#owesCompleted(this.#state.by)) this.#beginRound(nowMs, this.#state.by)
  }

  /** An announce earlier than the interval, as soon as the tracker allows one. */
  wantMorePeers(nowMs: number): void {
    if (this.#state.kind !== 'answered') return
    const { deadlineMs, nextAllowedMs } = this.#state
    if (nextAllowedMs < deadlineMs) this.#state = { ...this.#state, deadlineMs: nextAllowedMs }
    this.handleDeadline(nowMs)
  }

  /** Tells every tracker that accepted a `started` or may do so yet, one after the other; `isStopped` when done. */
  stop(_nowMs: number): void {
    if (this.#state.kind === 'stopping' || this.#state.kind === 'stopped') return
    const inFlight = this.#state.kind === 'asking' && this.#request === null ? this.#state.tracker : null
    this.#request = null
    this.#tellStopped(this.#tiers.inOrder().filter((tracker) => tracker.knows !== 'unknown' || tracker === inFlight))
  }

  /** What came of the request `id`. */
  answered(nowMs: number, id: number, answer: AnnounceOutcome): void {
    const state = this.#state
    if ((state.kind !== 'asking' && state.kind !== 'stopping') || state.id !== id) return
    if (answer.kind === 'response') this.#accepted(nowMs, state, answer)
    else this.#refused(nowMs, state, answer)
    if (state.kind === 'stopping') this.#tellStopped(state.rest)
  }

  handleDeadline(nowMs: number): void {
    const deadlineMs = this.deadlineMs()
    if (deadlineMs !== null && deadlineMs <= nowMs) this.#beginRound(nowMs)
  }

  // Outputs. After every input, drain each until null, in this order.

  nextRequest(): TrackerClientRequest | null {
    const request = this.#request
    this.#request = null
    return request
  }

  nextEvent(): TrackerClientEvent | null {
    return this.#events.shift() ?? null
  }

  deadlineMs(): number | null {
    return this.#state.kind === 'answered' || this.#state.kind === 'failed' ? this.#state.deadlineMs : null
  }

  get isStopped(): boolean {
    return this.#state.kind === 'stopped'
  }

  #beginRound(nowMs: number, first?: Tracker): void {
    const others = this.#tiers.inOrder().filter((tracker) => tracker !== first)
    const next = allowed(nowMs, first === undefined ? others : [first, ...others])
    if (next === null) this.#state = this.#afterFailedRound(nowMs)
    else this.#askInRound(next)
  }

  #askInRound([tracker, ...rest]: Round): void {
    this.#state = { kind: 'asking', ...this.#ask(tracker, this.#eventFor(tracker), rest) }
  }

  #tellStopped([tracker, ...rest]: readonly Tracker[]): void {
    if (tracker === undefined) this.#state = { kind: 'stopped' }
    else this.#state = { kind: 'stopping', ...this.#ask(tracker, 'stopped', rest) }
  }

  #ask(tracker: Tracker, event: AnnounceEvent, rest: readonly Tracker[]): Asked {
    const totals = this.#options.totals()
    const leftBytes = totals.leftBytes ?? LEFT_BYTES_UNKNOWN
    const saidEvent = event === 'none' && totals.isPartialSeed === true ? 'paused' : event
    const isStopped = event === 'stopped'
    const id = this.#requestCount++
    const timeoutMs = announceTimeoutMs({
      via: tracker.endpoint.kind,
      isStopped,
      isKnown: tracker.knows !== 'unknown',
      othersLeft: rest.length > 0,
      roundsFailed: this.#roundsFailed,
    })
    const { identity, numWant = NUM_WANT_DEFAULT } = this.#options
    const request: AnnounceRequest = {
      ...identity,
      uploadedBytes: totals.uploadedBytes,
      downloadedBytes: totals.downloadedBytes,
      leftBytes,
      event: saidEvent,
      compact: true,
      noPeerId: true,
      numWant: isStopped ? 0 : numWant,
      trackerId: tracker.trackerId,
      ip: identity.ip ?? null,
    }
    this.#request = { id, ...requestTo(tracker, request, timeoutMs) }
    this.#events.push({ type: 'announcing', url: tracker.url, announce: saidEvent })
    return { id, tracker, event, leftBytes, rest }
  }

  #eventFor(tracker: Tracker): AnnounceEvent {
    if (tracker.knows === 'unknown') return 'started'
    return this.#owesCompleted(tracker) ? 'completed' : 'none'
  }

  #owesCompleted(tracker: Tracker): boolean {
    return this.#downloaded && tracker.knows === 'leeching'
  }

  #accepted(nowMs: number, asked: Asking, response: AnnounceResponse): void {
    const { tracker, event } = asked
    this.#externalIp = response.externalIp ?? this.#externalIp
    const peers = response.peers.filter((peer) => !this.#isUs(peer))
    this.#events.push({
      type: 'announced',
      url: tracker.url,
      peers: peers.length,
      intervalSeconds: response.intervalSeconds,
      warning: response.warning,
    })
    if (asked.kind === 'stopping') return
    if (peers.length > 0) this.#events.push({ type: 'peers-found', peers })
    if (event === 'started') tracker.knows = asked.leftBytes > 0 ? 'leeching' : 'complete'
    if (event === 'completed') tracker.knows = 'complete'
    tracker.trackerId = response.trackerId ?? tracker.trackerId
    this.#tiers.promote(tracker)
    this.#roundsFailed = 0
    if (this.#owesCompleted(tracker)) this.#beginRound(nowMs, tracker)
    else this.#state = { kind: 'answered', by: tracker, ...nextAnnounce(nowMs, response) }
  }

  #refused(nowMs: number, asked: Asking, fault: Exclude<AnnounceOutcome, AnnounceResponse>): void {
    const { tracker, rest } = asked
    const reason = describeTrackerFault(fault)
    const failed = { type: 'announce-failed', url: tracker.url, reason } as const
    if (asked.kind === 'stopping') {
      this.#events.push({ ...failed, retryInMs: null })
      return
    }
    const { retryInSeconds } = fault
    if (retryInSeconds !== null) {
      tracker.notBeforeMs = retryInSeconds === 'never' ? Number.POSITIVE_INFINITY : nowMs + retryInSeconds * 1_000
    }
    const next = allowed(nowMs, rest)
    if (next !== null) {
      this.#events.push({ ...failed, retryInMs: 0 })
      this.#askInRound(next)
      return
    }
    this.#state = this.#afterFailedRound(nowMs)
    const deadlineMs = this.deadlineMs()
    this.#events.push({ ...failed, retryInMs: deadlineMs === null ? null : deadlineMs - nowMs })
  }

  /** Not before the back-off is over and a tracker may be asked; for good when none ever may. */
  #afterFailedRound(nowMs: number): State {
    const allowedMs = Math.min(...this.#tiers.inOrder().map((tracker) => tracker.notBeforeMs))
    const deadlineMs = Math.max(nowMs + retryDelayMs(this.#roundsFailed), allowedMs)
    this.#roundsFailed += 1
    return { kind: 'failed', deadlineMs: Number.isFinite(deadlineMs) ? deadlineMs : null }
  }

  #isUs({ host, port, peerId }: AnnouncedPeer): boolean {
    const { identity } = this.#options
    if (peerId !== null && keyFromBytes(peerId) === keyFromBytes(identity.peerId)) return true
    return port === identity.port && (host === identity.ip || host === this.#externalIp)
  }
}

type Distributed<T> = T extends unknown ? Omit<T, 'id'> : never

function requestTo(
  { url, endpoint }: Tracker,
  request: AnnounceRequest,
  timeoutMs: number,
): Distributed<TrackerClientRequest> {
  if (endpoint.kind === 'http') {
    return { kind: 'http', url: announceUrl(url, request), timeoutMs, bodyBytesMax: RESPONSE_BYTES_MAX }
  }
  const { host, port, requestString } = endpoint
  return { kind: 'udp', host, port, timeoutMs, question: { kind: 'announce', announce: request, requestString } }
}

/** Who of them may be asked by now; null when none. */
function allowed(nowMs: number, trackers: readonly Tracker[]): Round | null {
  const [first, ...rest] = trackers.filter((tracker) => tracker.notBeforeMs <= nowMs)
  return first === undefined ? null : [first, ...rest]
}
