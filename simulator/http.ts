/**
 * Simulated HttpClient: asks services that are functions. A request takes two round trips of the path, one to connect and
 * one to ask, as a real one on a new connection does; what the service adds comes on top. A port that nobody serves
 * refuses after one; an address that is no host says nothing, until the time-out.
 */
import type { HttpClient, HttpFaultCode, HttpOutcome, HttpRequest } from '../client/ports/http.ts'
import type { Simulation } from './simulation.ts'
import type { SimulatedNetwork } from './transport.ts'

/** A server, as a pure function of what is asked, by whom and when. */
export interface SimulatedHttpService {
  handle(target: string, remoteHost: string, nowMs: number): SimulatedHttpAnswer
}

export type SimulatedHttpAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: Uint8Array; readonly delayMs: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset'; readonly delayMs: number }

export class SimulatedHttp {
  readonly #simulation: Simulation
  readonly #network: SimulatedNetwork
  readonly #services = new Map<string, SimulatedHttpService>()

  constructor(simulation: Simulation, network: SimulatedNetwork) {
    this.#simulation = simulation
    this.#network = network
  }

  /** `http://HOST:PORT` is answered by `service`; the host must be one of the network. */
  serve(host: string, port: number, service: SimulatedHttpService): void {
    this.#services.set(`${host}:${port}`, service)
  }

  client(localHost: string): HttpClient {
    return {
      get: (request, done) => {
        let isOver = false
        const finish = (nowMs: number, outcome: HttpOutcome): void => {
          if (isOver) return
          isOver = true
          timeout.cancel()
          done(nowMs, outcome)
        }
        const timeout = this.#simulation.inMs(request.timeoutMs, (nowMs) =>
          finish(nowMs, fault('timeout', 'no answer in time')),
        )
        this.#ask(localHost, request, finish)
        return {
          cancel: () => {
            isOver = true
            timeout.cancel()
          },
        }
      },
    }
  }

  #ask(localHost: string, request: HttpRequest, finish: (nowMs: number, outcome: HttpOutcome) => void): void {
    const url = URL.parse(request.url)
    if (url === null) {
      this.#simulation.soon((nowMs) => finish(nowMs, fault('bad-url', `not a URL: ${request.url}`)))
      return
    }
    const roundTripMs = this.#network.roundTripMs(localHost, url.hostname)
    if (roundTripMs === null) return
    const service = this.#services.get(`${url.hostname}:${url.port || 80}`)
    if (service === undefined) {
      this.#simulation.inMs(roundTripMs, (nowMs) => finish(nowMs, fault('refused', `nobody listens at ${url.host}`)))
      return
    }
    this.#simulation.inMs(roundTripMs * 1.5, (nowMs) => {
      const answer = service.handle(url.pathname + url.search, localHost, nowMs)
      if (answer.kind === 'hang') return
      this.#simulation.inMs(answer.delayMs + roundTripMs / 2, (answeredMs) =>
        finish(answeredMs, outcomeOf(answer, request.bodyBytesMax)),
      )
    })
  }
}

function outcomeOf(answer: Exclude<SimulatedHttpAnswer, { kind: 'hang' }>, bodyBytesMax: number): HttpOutcome {
  if (answer.kind === 'reset') return fault('broken', 'connection reset')
  if (answer.body.length > bodyBytesMax) return fault('too-large', `more than ${bodyBytesMax} bytes`)
  return { kind: 'response', status: answer.status, body: answer.body }
}

function fault(code: HttpFaultCode, detail: string): HttpOutcome {
  return { kind: 'fault', code, detail }
}
