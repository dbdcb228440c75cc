/**
 * One request to a UDP tracker, from its first datagram to its answer. BEP 15. Pure: no socket, clock or randomness of its
 * own; an owner that has a socket (udp-carrier) brings what arrives and sends what comes out.
 *
 * It is in exactly one of: opening (the tracker's address is awaited); connecting (a connection id is); asking (the answer
 * is); over. A request without an answer goes out again after 15 s, 30 s, 60 s… and all of it ends at `timeoutMs`. An id
 * is good for a minute, then there is a connect again; so there is where an id of an earlier exchange gets no answer or an
 * error, as that of a tracker that was started anew does.
 *
 * Whoever does not know the transaction id is not heard: datagrams that are forged, late, of another kind or none of this
 * protocol are counted and otherwise ignored. An answer that is cut off ends it, as waiting brings no better one.
 */
import type { InfoHash } from '../metainfo/infohash.ts'
import type { Random } from '../ports/random.ts'
import { type ExchangeFault, exchangeFault } from './announce-outcome.ts'
import type { AnnounceRequest } from './announce-request.ts'
import type { AnnounceResponse } from './announce-response.ts'
import type { ScrapeResponse } from './scrape.ts'
import { type TrackerFault, trackerFault } from './tracker-answer.ts'
import { encodeAnnounceRequest, encodeConnectRequest, encodeScrapeRequest } from './udp-requests.ts'
import { type AddressFamily, parseUdpResponse, type UdpResponse } from './udp-responses.ts'

const RETRY_MS_FIRST = 15_000
/** 3,840 s between two tries. */
const RETRY_DOUBLINGS_MAX = 8
const CONNECTION_MS = 60_000

export type UdpQuestion =
  | { readonly kind: 'announce'; readonly announce: AnnounceRequest; readonly requestString: string }
  /** Of `SCRAPE_INFOHASHES_MAX` at most. */
  | { readonly kind: 'scrape'; readonly infohashes: readonly InfoHash[] }

export type UdpOutcome = AnnounceResponse | ScrapeResponse | TrackerFault | ExchangeFault

export interface UdpConnection {
  readonly id: Uint8Array
  readonly untilMs: number
}

type State =
  | { readonly kind: 'opening' }
  | ({ readonly kind: 'connecting' } & Asked)
  | ({ readonly kind: 'asking'; readonly connection: UdpConnection } & Asked)
  | { readonly kind: 'over'; readonly outcome: UdpOutcome }

interface Asked {
  readonly family: AddressFamily
  readonly transactionId: number
  readonly datagram: Uint8Array
}

export class UdpExchange {
  readonly #question: UdpQuestion
  readonly #random: Random
  readonly #timeoutMs: number
  readonly #endMs: number
  /** Whether `#connection` is of an earlier exchange. */
  #isInherited: boolean
  #connection: UdpConnection | null
  #state: State = { kind: 'opening' }
  #retryMs: number | null = null
  /** Tries since something was last heard, without the first. */
  #retries = 0
  #ignored = 0
  readonly #datagrams: Uint8Array[] = []

  constructor(nowMs: number, question: UdpQuestion, timeoutMs: number, known: UdpConnection | null, random: Random) {
    this.#question = question
    this.#random = random
    this.#timeoutMs = timeoutMs
    this.#endMs = nowMs + timeoutMs
    this.#connection = known
    this.#isInherited = known !== null
  }

  // Inputs. `nowMs` never goes backwards from one call to the next.

  /** The tracker's address is known, and has this family. */
  opened(nowMs: number, family: AddressFamily): void {
    if (this.#state.kind === 'opening') this.#ask(nowMs, family)
  }

  received(nowMs: number, bytes: Uint8Array): void {
    const state = this.#state
    if (state.kind !== 'connecting' && state.kind !== 'asking') return
    const response = parseUdpResponse(bytes, state.family)
    if (response === null || response.transactionId !== state.transactionId) this.#ignored += 1
    else if (response.kind === 'error') this.#refused(nowMs, state.family, response.message)
    else if (response.kind === 'cut-off' && response.to === this.#awaited(state)) {
      this.#connection = null
      this.#over(trackerFault('bad-field', response.detail))
    } else if (response.kind === 'connect' && state.kind === 'connecting') {
      this.#connection = { id: response.connectionId, untilMs: nowMs + CONNECTION_MS }
      this.#isInherited = false
      this.#retries = 0
      this.#ask(nowMs, state.family)
    } else if (state.kind === 'asking') this.#answered(response)
    else this.#ignored += 1
  }

  handleDeadline(nowMs: number): void {
    const state = this.#state
    if (state.kind === 'over') return
    if (nowMs >= this.#endMs) this.#timedOut()
    else if (state.kind !== 'opening' && this.#retryMs !== null && nowMs >= this.#retryMs) {
      this.#retries += 1
      if (this.#isInherited) this.#connection = null
      this.#isInherited = false
      const isGood = state.kind === 'connecting' || state.connection === this.#sound(nowMs)
      if (isGood) this.#send(nowMs, state)
      else this.#ask(nowMs, state.family)
    }
  }

  // Outputs. After every input, drain the datagrams until null; then see whether there is an outcome.

  nextDatagram(): Uint8Array | null {
    return this.#datagrams.shift() ?? null
  }

  deadlineMs(): number | null {
    return this.#state.kind === 'over' ? null : Math.min(this.#endMs, this.#retryMs ?? this.#endMs)
  }

  get outcome(): UdpOutcome | null {
    return this.#state.kind === 'over' ? this.#state.outcome : null
  }

  /** For the next exchange with this tracker, from the same port; null where there is none. */
  get connection(): UdpConnection | null {
    return this.#connection
  }

  /** With the connection there is, or for one. */
  #ask(nowMs: number, family: AddressFamily): void {
    const connection = this.#sound(nowMs)
    const transactionId = this.#random.below(2 ** 32)
    const state: State =
      connection === null
        ? { kind: 'connecting', family, transactionId, datagram: encodeConnectRequest(transactionId) }
        : { kind: 'asking', connection, family, transactionId, datagram: this.#encode(connection, transactionId) }
    this.#state = state
    this.#send(nowMs, state)
  }

  #sound(nowMs: number): UdpConnection | null {
    if (this.#connection !== null && this.#connection.untilMs <= nowMs) this.#connection = null
    return this.#connection
  }

  #encode({ id }: UdpConnection, transactionId: number): Uint8Array {
    const question = this.#question
    if (question.kind === 'scrape') return encodeScrapeRequest(id, transactionId, question.infohashes)
    return encodeAnnounceRequest(id, transactionId, question.announce, question.requestString)
  }

  #send(nowMs: number, { datagram }: Asked): void {
    this.#datagrams.push(datagram)
    this.#retryMs = nowMs + RETRY_MS_FIRST * 2 ** Math.min(this.#retries, RETRY_DOUBLINGS_MAX)
  }

  #refused(nowMs: number, family: AddressFamily, message: string): void {
    this.#connection = null
    if (this.#isInherited) {
      this.#isInherited = false
      this.#ask(nowMs, family)
    } else this.#over(trackerFault('failure', message))
  }

  #awaited({ kind }: State & Asked): 'connect' | UdpQuestion['kind'] {
    return kind === 'connecting' ? 'connect' : this.#question.kind
  }

  #answered(response: UdpResponse): void {
    const question = this.#question
    if (response.kind === 'announce' && question.kind === 'announce') this.#over(response.announce)
    else if (response.kind === 'scrape' && question.kind === 'scrape') {
      const counts = response.counts.slice(0, question.infohashes.length)
      this.#over({ kind: 'scrape', counts: new Map(counts.map((each, index) => [question.infohashes[index]!, each])) })
    } else this.#ignored += 1
  }

  #timedOut(): void {
    this.#connection = null
    const ignored = this.#ignored === 0 ? '' : `, and ${this.#ignored} that were none`
    const detail = `no answer in ${this.#timeoutMs} ms${ignored}`
    this.#over(exchangeFault('timeout', detail))
  }

  #over(outcome: UdpOutcome): void {
    this.#state = { kind: 'over', outcome }
    this.#retryMs = null
  }
}
