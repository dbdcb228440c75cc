/**
 * `HttpClient` over node:http and node:https: one GET, one connection (no keep-alive), gzip and deflate taken off.
 *
 * Hostile servers: one time-out over everything (look-up, redirects, body), the body's limit counted after
 * decompression and the stream cut there, `REDIRECTS_MAX` redirects, only http and https, and no redirect from a
 * global address to a local one, so that a public server cannot make this host talk to its own network.
 */
import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import zlib from 'node:zlib'
import type { HttpClient, HttpExchange, HttpFaultCode, HttpOutcome, HttpRequest } from '../ports/http.ts'
import { isLocalAddress, LocalAddressError, lookupGlobalOnly } from './local-address.ts'
import { SWARMLAB_VERSION } from './version.ts'

export const REDIRECTS_MAX = 5

const USER_AGENT = SWARMLAB_VERSION.replace(' ', '/')
const REQUEST_OPTIONS: http.RequestOptions = {
  agent: false,
  headers: { 'User-Agent': USER_AGENT, 'Accept-Encoding': 'gzip, deflate', Accept: '*/*' },
}
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
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
}

export function nodeHttpClient(options: NodeHttpOptions = {}): HttpClient {
  const isLocal = options.isLocal ?? isLocalAddress
  return { get: (request, done) => new Exchange(request, done, isLocal) }
}

type Done = (nowMs: number, outcome: HttpOutcome) => void

/** One `get`. Over as soon as `#done` is null: answered or cancelled, whatever comes after that is ignored. */
class Exchange implements HttpExchange {
  readonly #request: HttpRequest
  readonly #isLocal: (host: string) => boolean
  readonly #timer: NodeJS.Timeout
  readonly #visited = new Set<string>()
  #done: Done | null
  #hop: http.ClientRequest | null = null
  #decoder: zlib.Gunzip | zlib.Inflate | null = null

  constructor(request: HttpRequest, done: Done, isLocal: (host: string) => boolean) {
    this.#request = request
    this.#done = done
    this.#isLocal = isLocal
    this.#timer = setTimeout(() => this.#fail('timeout', `no answer in ${request.timeoutMs} ms`), request.timeoutMs)
    // Not in this call: a bad URL is found at once, and `done` never comes during `get`.
    setImmediate(() => this.#open(request.url, false))
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

  /** One hop. With `globalOnly`, the hop before was answered from a global address. */
  #open(text: string, globalOnly: boolean): void {
    if (this.#done === null) return
    const url = this.#checkedUrl(text, globalOnly)
    if (url === null) return
    const lookup = globalOnly ? { lookup: lookupGlobalOnly(this.#isLocal) } : {}
    const hop = openRequest(url, { ...REQUEST_OPTIONS, ...lookup })
    if (hop === null) {
      this.#fail('bad-url', 'its user or password cannot be decoded')
      return
    }
    this.#hop = hop
    this.#visited.add(url.href)
    hop.on('response', (response) => this.#respond(response, url))
    hop.on('error', (error) => {
      // A hop that redirected is destroyed, and may say so after the next one was opened.
      if (this.#hop === hop) this.#broken(error)
    })
  }

  /** Null after failing. */
  #checkedUrl(text: string, globalOnly: boolean): URL | null {
    const url = URL.parse(text)
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
    if (url === null) this.#fail('bad-url', 'not a URL')
    else if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      this.#fail('bad-url', `expected http: or https:, received ${url.protocol.slice(0, 20)}`)
    } else if (globalOnly && this.#isLocal(host)) this.#fail('redirects', `redirected to the local address ${host}`)
    else return url
    return null
  }

  #respond(response: http.IncomingMessage, url: URL): void {
    const status = response.statusCode ?? 0
    const location = response.headers.location
    if (REDIRECT_STATUSES.has(status) && location !== undefined) {
      const fromGlobal = !this.#isLocal(response.socket.remoteAddress ?? '')
      this.#hop?.destroy()
      this.#redirect(location, url, fromGlobal)
    } else {
      this.#readBody(status, response)
    }
  }

  #redirect(location: string, from: URL, fromGlobal: boolean): void {
    const target = URL.parse(location, from.href)
    if (target === null) this.#fail('redirects', 'redirected to what is not a URL')
    else if (this.#visited.has(target.href)) this.#fail('redirects', 'redirected in a circle')
    else if (this.#visited.size > REDIRECTS_MAX) this.#fail('redirects', `more than ${REDIRECTS_MAX} redirects`)
    else this.#open(target.href, fromGlobal)
  }

  #readBody(status: number, response: http.IncomingMessage): void {
    const chunks: Uint8Array[] = []
    let lengthBytes = 0
    const body = this.#decoded(response)
    body?.on('data', (chunk: Uint8Array) => {
      lengthBytes += chunk.length
      if (lengthBytes > this.#request.bodyBytesMax) this.#tooLarge()
      else chunks.push(chunk)
    })
    body?.on('end', () => {
      const bytes = new Uint8Array(Buffer.concat(chunks, lengthBytes))
      this.#settle()?.(performance.now(), { kind: 'response', status, body: bytes })
    })
    body?.on('error', (error) => this.#broken(error))
  }

  /** The body without its encoding, or null after failing. What comes over the wire is held to the limit too. */
  #decoded(response: http.IncomingMessage): Readable | null {
    if (Number(response.headers['content-length']) > this.#request.bodyBytesMax) {
      this.#tooLarge()
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
      if (wireBytes > this.#request.bodyBytesMax) this.#tooLarge()
      else decoder.write(chunk)
    })
    response.on('end', () => decoder.end())
    response.on('error', (error) => this.#broken(error))
    return decoder
  }

  #tooLarge(): void {
    this.#fail('too-large', `longer than ${this.#request.bodyBytesMax} bytes`)
  }

  #broken(error: NodeJS.ErrnoException): void {
    const code = error.code ?? ''
    if (code === 'ECONNREFUSED') this.#fail('refused', 'nobody listens there')
    else if (UNREACHABLE_CODES.has(code)) this.#fail('unreachable', code === 'ENOTFOUND' ? 'no such host' : code)
    else if (error instanceof LocalAddressError) this.#fail('redirects', error.message)
    else if (code === 'ECONNRESET') this.#fail('broken', 'connection ended before the answer did')
    else if (code.startsWith('HPE_')) this.#fail('broken', `not HTTP (${code})`)
    else if (code.startsWith('Z_')) this.#fail('broken', `the body cannot be decompressed (${code})`)
    else this.#fail('broken', code === '' ? error.message : code)
  }
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
