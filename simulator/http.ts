/**
 * Simulated HttpClient: asks services that are functions. A request takes two round trips of the path, one to connect and
 * one to ask, as a real one on a new connection does, and so does each redirect; what the service adds comes on top. The
 * body comes over the links of both hosts, which it shares with their connections; headers and requests take no bandwidth.
 *
 * A port that nobody serves refuses after a round trip; an address that is no host says nothing, until the time-out, and
 * neither does what is behind a NAT or a partition.
 */
import {
  type ByteRange,
  type ContentRange,
  type HttpClient,
  type HttpFaultCode,
  type HttpOutcome,
  type HttpRequest,
  isRedirect,
  overLimit,
  REDIRECTS_MAX,
  readsBody,
} from '../client/ports/http.ts'
import { msToNs, NS_PER_MS } from '../links/link.ts'
import type { Flow } from '../links/network.ts'
import { UNIT_BYTES_MAX } from '../links/unit.ts'
import type { Simulation } from './simulation.ts'
import type { SimulatedNetwork } from './transport.ts'

/** A server, as a pure function of what is asked, by whom and when. */
export interface SimulatedHttpService {
  handle(target: string, remoteHost: string, nowMs: number, range: ByteRange | null): SimulatedHttpAnswer
}

export type SimulatedHttpAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body: Uint8Array
      readonly delayMs: number
      readonly range?: ContentRange
      readonly retryAfterMs?: number
      /** Of a redirect: a URL, or a part of one from the root on. */
      readonly location?: string
      /** The body never ends; `body` is how it begins. */
      readonly isEndless?: boolean
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset'; readonly delayMs: number }

export interface SimulatedHttpOptions {
  /** Which hosts count as local to redirects; none, when left out. */
  readonly isLocal?: (host: string) => boolean
}

/** One `get`. */
interface Asking {
  readonly localHost: string
  readonly request: HttpRequest
  /** The URLs of the hops by now. */
  readonly visited: Set<string>
  /** What the answer comes over; null: nothing comes now. */
  body: Flow | null
  isOver: boolean
  /** Does nothing when it is over. */
  readonly finish: (nowMs: number, outcome: HttpOutcome) => void
}

export class SimulatedHttp {
  readonly #simulation: Simulation
  readonly #network: SimulatedNetwork
  readonly #isLocal: (host: string) => boolean
  readonly #services = new Map<string, SimulatedHttpService>()

  constructor(simulation: Simulation, network: SimulatedNetwork, options: SimulatedHttpOptions = {}) {
    this.#simulation = simulation
    this.#network = network
    this.#isLocal = options.isLocal ?? (() => false)
  }

  /** `http://HOST:PORT` is answered by `service`; the host must be one of the network. */
  serve(host: string, port: number, service: SimulatedHttpService): void {
    this.#services.set(`${host}:${port}`, service)
  }

  client(localHost: string): HttpClient {
    return {
      get: (request, done) => {
        const end = (): boolean => {
          if (asking.isOver) return false
          asking.isOver = true
          asking.body?.clear()
          timeout.cancel()
          return true
        }
        const asking: Asking = {
          localHost,
          request,
          visited: new Set(),
          body: null,
          isOver: false,
          finish: (nowMs, outcome) => {
            if (end()) done(nowMs, outcome)
          },
        }
        const timeline = this.#simulation.timelineOf(localHost)
        const timeout = timeline.inMs(request.timeoutMs, (nowMs) =>
          asking.finish(nowMs, fault('timeout', 'no answer in time')),
        )
        this.#ask(asking, request.url)
        return { cancel: end }
      },
    }
  }

  /** One hop. */
  #ask(asking: Asking, href: string): void {
    const { localHost, request, visited, finish } = asking
    const timeline = this.#simulation.timelineOf(localHost)
    const url = URL.parse(href)
    if (url === null || url.protocol !== 'http:') {
      timeline.soon((nowMs) => finish(nowMs, fault('bad-url', `not a URL of http: ${href}`)))
      return
    }
    visited.add(url.href)
    const path = this.#network.pathOf(localHost, url.hostname)
    if (path === null || path.isCut || path.dialled === 'silent') return
    const { roundTripMs } = path
    const service = this.#services.get(`${url.hostname}:${url.port || 80}`)
    if (service === undefined || path.dialled === 'refused') {
      timeline.inMs(roundTripMs, (nowMs) => finish(nowMs, fault('refused', `nobody listens at ${url.host}`)))
      return
    }
    // A service may know what all hosts asked of it: it goes by the time of the whole.
    this.#simulation.queue.at(timeline.nowNs + msToNs(roundTripMs * 1.5), (dueNs) => {
      if (this.#network.pathOf(localHost, url.hostname)?.isCut !== false) return
      const answer = service.handle(url.pathname + url.search, localHost, dueNs / NS_PER_MS, request.range ?? null)
      if (answer.kind === 'hang') return
      this.#simulation.inMs(answer.delayMs, () => this.#answer(asking, url, answer))
    })
  }

  /** On its way, from now on. */
  #answer(asking: Asking, url: URL, answer: Answered): void {
    if (asking.isOver) return
    const next = redirectOf(answer, url)
    asking.body = this.#network.flow(url.hostname, asking.localHost)
    const bytes = next === null ? readBytes(answer, asking.request) : 0
    sendBytes(asking.body!, this.#simulation.nowNs, bytes, (arrivedNs) => {
      asking.body = null
      if (next === null) asking.finish(arrivedNs / NS_PER_MS, outcomeOf(answer, asking.request))
      else if (!asking.isOver) this.#follow(arrivedNs / NS_PER_MS, asking, url, next)
    })
  }

  #follow(nowMs: number, asking: Asking, from: URL, to: string): void {
    const refusal = this.#refusal(from, to, asking.visited)
    if (refusal === null) this.#ask(asking, to)
    else asking.finish(nowMs, fault('redirects', refusal))
  }

  /** Why a redirect is not followed; null where it is. */
  #refusal(from: URL, to: string, visited: ReadonlySet<string>): string | null {
    const { hostname } = URL.parse(to) ?? { hostname: '' }
    if (visited.has(to)) return 'redirected in a circle'
    if (visited.size > REDIRECTS_MAX) return `more than ${REDIRECTS_MAX} redirects`
    const isInward = !this.#isLocal(from.hostname) && this.#isLocal(hostname)
    return isInward ? `redirected to the local address ${hostname}` : null
  }
}

type Answered = Exclude<SimulatedHttpAnswer, { kind: 'hang' }>

/** Where the answer leads to: a whole URL, or what it said where that is none; null when it is no redirect. */
function redirectOf(answer: Answered, from: URL): string | null {
  if (answer.kind === 'reset' || answer.location === undefined || !isRedirect(answer.status)) return null
  return URL.parse(answer.location, from.href)?.href ?? answer.location
}

function outcomeOf(answer: Answered, request: HttpRequest): HttpOutcome {
  if (answer.kind === 'reset') return fault('broken', 'connection reset')
  const { status, body, range, retryAfterMs, isEndless } = answer
  const isRead = readsBody(request, status)
  if (isRead && (isEndless === true || body.length > request.bodyBytesMax)) return overLimit(request, status)
  return {
    kind: 'response',
    status,
    body: isRead ? body : new Uint8Array(0),
    ...(range !== undefined && { range }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Of the body: who is not interested in it, or has had enough, leaves. */
function readBytes(answer: Answered, request: HttpRequest): number {
  if (answer.kind === 'reset' || !readsBody(request, answer.status)) return 0
  const { body, isEndless } = answer
  return Math.min(isEndless === true ? Number.POSITIVE_INFINITY : body.length, request.bodyBytesMax + 1)
}

/** At once, so in units as the uplink lets them leave; `arrived` when all are there. */
function sendBytes(flow: Flow, nowNs: number, bytes: number, arrived: (nowNs: number) => void): void {
  for (let left = bytes; left > UNIT_BYTES_MAX; left -= UNIT_BYTES_MAX)
    flow.send(nowNs, UNIT_BYTES_MAX, NOTHING, NOTHING)
  flow.send(nowNs, bytes === 0 ? 0 : ((bytes - 1) % UNIT_BYTES_MAX) + 1, NOTHING, arrived)
}

const NOTHING = () => {}

function fault(code: HttpFaultCode, detail: string): HttpOutcome {
  return { kind: 'fault', code, detail }
}
