/**
 * HTTP GET, as trackers and web seeds need it. `client/node` does the real thing, the simulator asks a simulated server.
 *
 * Redirects are followed, `REDIRECTS_MAX` of them, to http and https only, never in a circle, and never from a server
 * with a global address to a local one: nobody outside makes this host talk to its own network.
 */
export interface HttpClient {
  /** `done` is called exactly once, never during this call, and not at all after `cancel`. */
  get(request: HttpRequest, done: (nowMs: number, outcome: HttpOutcome) => void): HttpExchange
}

export interface HttpRequest {
  readonly url: string
  /** Of everything, from the look-up of the name to the end of the body. */
  readonly timeoutMs: number
  /** A longer body, counted after decompression, is a fault and not read to its end. */
  readonly bodyBytesMax: number
  /** Only these bytes are asked for (RFC 9110, 14). Then a body is read of 200 and 206 only: of others it comes empty. */
  readonly range?: ByteRange
}

export interface ByteRange {
  readonly offsetBytes: number
  /** At least 1. */
  readonly lengthBytes: number
}

/** What a server says a part is; nobody has checked it against the body. */
export interface ContentRange extends ByteRange {
  /** Of the whole; null where the server leaves it open. */
  readonly totalBytes: number | null
}

export type HttpOutcome =
  | {
      readonly kind: 'response'
      readonly status: number
      readonly body: Uint8Array
      /** Content-Range; left out where there is none, or not one range of bytes. */
      readonly range?: ContentRange
      /** Retry-After; left out where there is none. */
      readonly retryAfterMs?: number
    }
  | { readonly kind: 'fault'; readonly code: HttpFaultCode; readonly detail: string }

export type HttpFaultCode =
  | 'timeout'
  | 'refused'
  | 'unreachable'
  | 'too-large'
  /** A range was asked for, and the whole (200) is sent, longer than the limit. */
  | 'no-range'
  | 'bad-url'
  | 'redirects'
  | 'broken'

export interface HttpExchange {
  cancel(): void
}

export const REDIRECTS_MAX = 5

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** With a Location, that is. */
export function isRedirect(status: number): boolean {
  return REDIRECT_STATUSES.has(status)
}

export function readsBody({ range }: HttpRequest, status: number): boolean {
  return range === undefined || status === 200 || status === 206
}

/** What it is when the body of this answer is longer than the limit. */
export function overLimit({ range, bodyBytesMax }: HttpRequest, status: number): HttpOutcome & { kind: 'fault' } {
  return range !== undefined && status === 200
    ? { kind: 'fault', code: 'no-range', detail: `sends the whole where ${range.lengthBytes} bytes were asked for` }
    : { kind: 'fault', code: 'too-large', detail: `longer than ${bodyBytesMax} bytes` }
}
