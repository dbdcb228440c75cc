/**
 * Simulated HttpClient: asks services that are functions. A request takes two round trips of the path, one to connect and
 * one to ask, as a real one on a new connection does, and so does each redirect; what the service adds comes on top, the
 * time that a long body takes among it. A port that nobody serves refuses after one; an address that is no host says
 * nothing, until the time-out.
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
  readonly isOver: () => boolean
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
        let isOver = false
        const finish: Asking['finish'] = (nowMs, outcome) => {
          if (isOver) return
          isOver = true
          timeout.cancel()
          done(nowMs, outcome)
        }
        const timeout = this.#simulation.inMs(request.timeoutMs, (nowMs) =>
          finish(nowMs, fault('timeout', 'no answer in time')),
        )
        this.#ask({ localHost, request, visited: new Set(), isOver: () => isOver, finish }, request.url)
        return {
          cancel: () => {
            isOver = true
            timeout.cancel()
          },
        }
      },
    }
  }

  /** One hop. */
  #ask(asking: Asking, href: string): void {
    const { localHost, request, visited, finish } = asking
    const url = URL.parse(href)
    if (url === null || url.protocol !== 'http:') {
      this.#simulation.soon((nowMs) => finish(nowMs, fault('bad-url', `not a URL of http: ${href}`)))
      return
    }
    visited.add(url.href)
    const roundTripMs = this.#network.roundTripMs(localHost, url.hostname)
    if (roundTripMs === null) return
    const service = this.#services.get(`${url.hostname}:${url.port || 80}`)
    if (service === undefined) {
      this.#simulation.inMs(roundTripMs, (nowMs) => finish(nowMs, fault('refused', `nobody listens at ${url.host}`)))
      return
    }
    this.#simulation.inMs(roundTripMs * 1.5, (nowMs) => {
      const answer = service.handle(url.pathname + url.search, localHost, nowMs, request.range ?? null)
      if (answer.kind === 'hang') return
      this.#simulation.inMs(answer.delayMs + roundTripMs / 2, (answeredMs) => {
        const next = redirectOf(answer, url)
        if (next === null) finish(answeredMs, outcomeOf(answer, request))
        else if (!asking.isOver()) this.#follow(answeredMs, asking, url, next)
      })
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

function fault(code: HttpFaultCode, detail: string): HttpOutcome {
  return { kind: 'fault', code, detail }
}
