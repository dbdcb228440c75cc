/** HTTP GET, as trackers need it. `client/node` does the real thing, the simulator asks a simulated server. */
export interface HttpClient {
  /** `done` is called exactly once, never during this call, and not at all after `cancel`. */
  get(request: HttpRequest, done: (nowMs: number, outcome: HttpOutcome) => void): HttpExchange
}

export interface HttpRequest {
  readonly url: string
  readonly timeoutMs: number
  /** A longer body, counted after decompression, is a fault and not read to its end. */
  readonly bodyBytesMax: number
}

export type HttpOutcome =
  | { readonly kind: 'response'; readonly status: number; readonly body: Uint8Array }
  | { readonly kind: 'fault'; readonly code: HttpFaultCode; readonly detail: string }

export type HttpFaultCode = 'timeout' | 'refused' | 'unreachable' | 'too-large' | 'bad-url' | 'redirects' | 'broken'

export interface HttpExchange {
  cancel(): void
}
