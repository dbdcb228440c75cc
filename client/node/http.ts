/**
 * `HttpClient` over node:http and node:https: one GET, one connection (no keep-alive), gzip and deflate taken off.
 *
 * Hostile servers: one time-out over everything (look-up, redirects, body), the body's limit counted after
 * decompression and the stream cut there, only http and https, and no redirect from a global address to a local one, so
 * that a public server cannot make this host talk to its own network. Hostile URLs: a web seed of a torrent (a range is
 * asked for) with a query gets no answer from a local address, where a question may well be an order.
 */
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import type { Readable } from 'node:stream'
import zlib from 'node:zlib'
import { joined } from '../ports/bytes.ts'
import {
  type HttpClient,
  type HttpExchange,
  type HttpFaultCode,
  type HttpOutcome,
  type HttpRequest,
  isRedirect,
  overLimit,
  REDIRECTS_MAX,
  readsBody,
} from '../ports/http.ts'
import { parseContentRange, parseRetryAfter } from './http-headers.ts'
import { isLocalAddress, LocalAddressError, lookupGlobalOnly } from './local-address.ts'
import { SWARMLAB_VERSION } from './version.ts'

const USER_AGENT = SWARMLAB_VERSION.replace(' ', '/')
const UNREACHABLE_CODES: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EACCES',
])

export interface NodeHttpOptions {
  /** Which addresses count as local; a test, which has no global address, says otherwise. */
  readonly isLocal?: (host: string) => boolean
  /** Requests come from this address, and so only reach servers of its family. */
  readonly localHost?: string
}

export function nodeHttpClient(options: NodeHttpOptions = {}): HttpClient {
  const isLocal = options.isLocal ?? isLocalAddress
  const from =
    options.localHost === undefined ? {} : { localAddress: options.localHost, family: isIP(options.localHost) }
  return { get: (request, done) => new Exchange(request, done, isLocal, from) }
}

type Done = (nowMs: number, outcome: HttpOutcome) => void

/** Why a hop may only lead to a global address. */
type GlobalOnly = 'redirected' | 'asked'

/** One `get`. Over as soon as `#done` is null: answered or cancelled, whatever comes after that is ignored. */
class Exchange implements HttpExchange {
  readonly #request: HttpRequest
  readonly #isLocal: (host: string) => boolean
  readonly #headers: http.OutgoingHttpHeaders
  readonly #from: http.RequestOptions
  readonly #timer: NodeJS.Timeout
  readonly #visited = new Set<string>()
  #done: Done | null
  #hop: http.ClientRequest | null = null
  #decoder: zlib.Gunzip | zlib.Inflate | null = null

  constructor(request: HttpRequest, done: Done, isLocal: (host: string) => boolean, from: http.RequestOptions) {
    this.#request = request
    this.#done = done
    this.#isLocal = isLocal
    this.#headers = headersOf(request)
    this.#from = from
    this.#timer = setTimeout(() => this.#fail('timeout', `no answer in ${request.timeoutMs} ms`), request.timeoutMs)
    // Not in this call: a bad URL is found at once, and `done` never comes during `get`.
    setImmediate(() => this.#open(request.url, asksLikeAnOrder(request) ? 'asked' : null))
  }

  cancel(): void {
    this.#settle()
  }

  #settle(): Done | null {
    const done = this.#done
    this.#done = null
    clearTimeout(this.#timer)
    this.#hop?.destroy()
    this.#decoder?.destroy()
    return done
  }

  #fail(code: HttpFaultCode, detail: string): void {
    this.#settle()?.(performance.now(), { kind: 'fault', code, detail })
  }

  /** One hop. */
  #open(text: string, globalOnly: GlobalOnly | null): void {
    if (this.#done === null) return
    const url = this.#checkedUrl(text, globalOnly)
    if (url === null) return
    const lookup = globalOnly === null ? {} : { lookup: lookupGlobalOnly(this.#isLocal) }
    const hop = openRequest(url, { agent: false, headers: this.#headers, ...this.#from, ...lookup })
    if (hop === null) {
      this.#fail('bad-url', 'its user or password cannot be decoded')
      return
    }
    this.#hop = hop
    this.#visited.add(url.href)
    hop.on('response', (response) => this.#respond(response, url))
    hop.on('error', (error) => {
      // A hop that redirected is destroyed, and may say so after the next one was opened.
      if (this.#hop !== hop) return
      if (error instanceof LocalAddressError) this.#failLocal(globalOnly, error.address)
      else this.#broken(error)
    })
  }

  /** Null after failing. */
  #checkedUrl(text: string, globalOnly: GlobalOnly | null): URL | null {
    const url = URL.parse(text)
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
    if (url === null) this.#fail('bad-url', 'not a URL')
    else if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      this.#fail('bad-url', `expected http: or https:, received ${url.protocol.slice(0, 20)}`)
    } else if (globalOnly !== null && this.#isLocal(host)) this.#failLocal(globalOnly, host)
    else return url
    return null
  }

  #failLocal(globalOnly: GlobalOnly | null, address: string): void {
    if (globalOnly === 'asked') this.#fail('bad-url', `has a query, and leads to the local address ${address}`)
    else this.#fail('redirects', `redirected to the local address ${address}`)
  }

  #respond(response: http.IncomingMessage, url: URL): void {
    const status = response.statusCode ?? 0
    const location = response.headers.location
    if (isRedirect(status) && location !== undefined) {
      const fromGlobal = !this.#isLocal(response.socket.remoteAddress ?? '')
      this.#hop?.destroy()
      this.#redirect(location, url, fromGlobal)
    } else if (readsBody(this.#request, status)) {
      this.#readBody(status, response)
    } else {
      this.#succeed(status, response, [])
    }
  }

  #redirect(location: string, from: URL, fromGlobal: boolean): void {
    const target = URL.parse(location, from.href)
    if (target === null) this.#fail('redirects', 'redirected to what is not a URL')
    else if (this.#visited.has(target.href)) this.#fail('redirects', 'redirected in a circle')
    else if (this.#visited.size > REDIRECTS_MAX) this.#fail('redirects', `more than ${REDIRECTS_MAX} redirects`)
    else this.#open(target.href, fromGlobal ? 'redirected' : null)
  }

  #readBody(status: number, response: http.IncomingMessage): void {
    const chunks: Uint8Array[] = []
    let lengthBytes = 0
    const body = this.#decoded(response, status)
    body?.on('data', (chunk: Uint8Array) => {
      lengthBytes += chunk.length
      if (lengthBytes > this.#request.bodyBytesMax) this.#tooLong(status)
      else chunks.push(chunk)
    })
    body?.on('end', () => this.#succeed(status, response, chunks))
    body?.on('error', (error) => this.#broken(error))
  }

  #succeed(status: number, { headers }: http.IncomingMessage, chunks: readonly Uint8Array[]): void {
    const range = parseContentRange(headers['content-range'])
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now())
    this.#settle()?.(performance.now(), {
      kind: 'response',
      status,
      body: joined(chunks),
      ...(range !== null && { range }),
      ...(retryAfterMs !== null && { retryAfterMs }),
    })
  }

  /** The body without its encoding, or null after failing. What comes over the wire is held to the limit too. */
  #decoded(response: http.IncomingMessage, status: number): Readable | null {
    if (Number(response.headers['content-length']) > this.#request.bodyBytesMax) {
      this.#tooLong(status)
      return null
    }
    const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
    if (encoding === 'identity' || encoding === '') return response
    const decoder = decoderOf(encoding)
    this.#decoder = decoder
    if (decoder === null) {
      this.#fail('broken', 'expected Content-Encoding gzip or deflate, received another')
      return null
    }
    let wireBytes = 0
    response.on('data', (chunk: Uint8Array) => {
      wireBytes += chunk.length
      if (wireBytes > this.#request.bodyBytesMax) this.#tooLong(status)
      else decoder.write(chunk)
    })
    response.on('end', () => decoder.end())
    response.on('error', (error) => this.#broken(error))
    return decoder
  }

  #tooLong(status: number): void {
    const { code, detail } = overLimit(this.#request, status)
    this.#fail(code, detail)
  }

  #broken(error: NodeJS.ErrnoException): void {
    const code = error.code ?? ''
    if (code === 'ECONNREFUSED') this.#fail('refused', 'nobody listens there')
    else if (UNREACHABLE_CODES.has(code)) this.#fail('unreachable', code === 'ENOTFOUND' ? 'no such host' : code)
    else if (code === 'ECONNRESET') this.#fail('broken', 'connection ended before the answer did')
    else if (code.startsWith('HPE_')) this.#fail('broken', `not HTTP (${code})`)
    else if (code.startsWith('Z_')) this.#fail('broken', `the body cannot be decompressed (${code})`)
    else this.#fail('broken', code === '' ? error.message : code)
  }
}

function headersOf({ range }: HttpRequest): http.OutgoingHttpHeaders {
  const headers = { 'User-Agent': USER_AGENT, Accept: '*/*' }
  if (range === undefined) return { ...headers, 'Accept-Encoding': 'gzip, deflate' }
  const { offsetBytes, lengthBytes } = range
  const lastByte = offsetBytes + lengthBytes - 1
  return { ...headers, 'Accept-Encoding': 'identity', Range: `bytes=${offsetBytes}-${lastByte}` }
}

function asksLikeAnOrder({ url, range }: HttpRequest): boolean {
  return range !== undefined && url.includes('?')
}

/** Null where node:http throws: it decodes the user and password of the URL. */
function openRequest(url: URL, settings: http.RequestOptions): http.ClientRequest | null {
  try {
    return (url.protocol === 'https:' ? https : http).get(url, settings)
  } catch {
    return null
  }
}

function decoderOf(encoding: string): zlib.Gunzip | zlib.Inflate | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return zlib.createGunzip()
  return encoding === 'deflate' ? zlib.createInflate() : null
}
