/**
 * The tracker behind HTTP, without the sockets: request target in, answer out. BEP 3, 23, 48. `server.ts` puts it on a
 * port; the simulator asks it directly.
 *
 * `ip=` is believed only from 127.0.0.0/8 and only for an address there, so that peers of one test may announce
 * different addresses from one process, and nobody can make the tracker send peers to a host that never asked.
 */
import { encode } from '../client/bencode/encode.ts'
import { keyBytes, keyFromBytes } from '../client/bencode/value.ts'
import { type InfoHash, infoHashBytes, infoHashFromBytes } from '../client/metainfo/infohash.ts'
import type { Random } from '../client/ports/random.ts'
import { formatAddress } from '../client/ports/transport.ts'
import { type AnnounceRequest, announceRequestFromQuery, parseQuery } from '../client/tracker/announce-request.ts'
import { encodeAnnounceFailure, encodeAnnounceResponse } from '../client/tracker/announce-response.ts'
import { canonicalIpAddress } from '../client/tracker/ip-address.ts'
import type { ScriptAction, TrackerScript } from './script.ts'
import { Tracker } from './tracker.ts'

export interface HttpServiceOptions {
  readonly random: Random
  readonly script?: TrackerScript
  /** What the script's times count from. */
  readonly startMs: number
}

export type Handled = Reply & {
  readonly delayMs: number
  /** What is worth a line in a log; null for what is no announce. */
  readonly announce: AnnounceRecord | null
}

export type Reply =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }

export interface AnnounceRecord {
  readonly infohash: InfoHash
  readonly peer: string
  readonly announce: AnnounceRequest['event']
  readonly uploadedBytes: number
  readonly downloadedBytes: number
  readonly leftBytes: number
  /** `3 peers`, or what was done instead. */
  readonly answer: string
}

export class TrackerHttpService {
  readonly #tracker: Tracker
  readonly #options: HttpServiceOptions
  #announceCount = 0

  constructor(options: HttpServiceOptions) {
    this.#options = options
    this.#tracker = new Tracker(options.random)
  }

  /** `target` is path and query as they were sent; `remoteHost` an IP literal. */
  handle(target: string, remoteHost: string, nowMs: number): Handled {
    const [path = '', query = ''] = splitOnce(target, '?')
    if (/(^|\/)announce$/.test(path)) return this.#announce(query, remoteHost, nowMs)
    const reply = /(^|\/)scrape$/.test(path) ? this.#scrape(query, nowMs) : text(404, 'here are /announce and /scrape')
    return { ...reply, delayMs: 0, announce: null }
  }

  #announce(query: string, remoteHost: string, nowMs: number): Handled {
    const request = announceRequestFromQuery(query)
    if ('kind' in request) {
      const reason = `${request.field}: expected ${request.expected}, received ${request.received}`
      return { ...bencoded(encodeAnnounceFailure(reason)), delayMs: 0, announce: null }
    }
    const host = hostOf(request, remoteHost)
    this.#announceCount += 1
    const action = this.#actionFor(request, host, nowMs)
    const [reply, answer] = this.#replyAsScripted(action) ?? this.#honestReply(request, host, nowMs, action)
    const { infohash, event, uploadedBytes, downloadedBytes, leftBytes } = request
    const peer = formatAddress({ host, port: request.port })
    const announce = { infohash, peer, announce: event, uploadedBytes, downloadedBytes, leftBytes, answer }
    return { ...reply, delayMs: action.delayMs ?? 0, announce }
  }

  #actionFor(request: AnnounceRequest, host: string, nowMs: number): ScriptAction {
    const count = this.#announceCount
    const sinceStartMs = nowMs - this.#options.startMs
    const step = this.#options.script?.find(
      ({ when = {} }) =>
        (when.announce ?? count) === count &&
        (when.fromAnnounce ?? count) <= count &&
        (when.toAnnounce ?? count) >= count &&
        (when.fromMs ?? sinceStartMs) <= sinceStartMs &&
        (when.toMs ?? Number.POSITIVE_INFINITY) > sinceStartMs &&
        (when.infohash ?? request.infohash) === request.infohash &&
        (when.event ?? request.event) === request.event &&
        (when.host ?? host) === host &&
        (when.port ?? request.port) === request.port,
    )
    return step?.do ?? {}
  }

  /** What the script has it do instead of answering; the announce then counts for no swarm. */
  #replyAsScripted(action: ScriptAction): [Reply, string] | null {
    if (action.hang) return [{ kind: 'hang' }, 'no answer']
    if (action.reset) return [{ kind: 'reset' }, 'reset']
    if (action.error !== undefined) return [bencoded(encodeAnnounceFailure(action.error)), `error: ${action.error}`]
    if (action.status !== undefined) return [text(action.status, 'as scripted'), `HTTP status ${action.status}`]
    if (action.garbageBytes === undefined) return null
    return [bencoded(garbage(action.garbageBytes, this.#options.random)), `${action.garbageBytes} bytes of garbage`]
  }

  #honestReply(request: AnnounceRequest, host: string, nowMs: number, action: ScriptAction): [Reply, string] {
    const response = this.#tracker.announce(request, host, nowMs, action.intervalSeconds)
    if (response.kind === 'refusal') {
      return [bencoded(encodeAnnounceFailure(response.reason)), `error: ${response.reason}`]
    }
    const known = action.emptyPeers ? [] : response.peers
    const peers = request.noPeerId ? known.map((peer) => ({ ...peer, peerId: null })) : known
    const minIntervalSeconds = action.minIntervalSeconds ?? response.minIntervalSeconds
    const body = encodeAnnounceResponse({ ...response, peers, minIntervalSeconds }, request.compact)
    return [bencoded(body), peers.length === 1 ? '1 peer' : `${peers.length} peers`]
  }

  #scrape(query: string, nowMs: number): Reply {
    const asked = (parseQuery(query).get('info_hash') ?? []).map(keyBytes).filter((bytes) => bytes.length === 20)
    const counts = [...this.#tracker.scrape(asked.map(infoHashFromBytes), nowMs)]
    const files = new Map(counts.map(([infohash, each]) => [keyFromBytes(infoHashBytes(infohash)), { ...each }]))
    return bencoded(encode({ files }))
  }
}

function hostOf(request: AnnounceRequest, remoteHost: string): string {
  const host = canonicalIpAddress(remoteHost)
  if (host === null) throw new RangeError(`not an IP literal: ${remoteHost}`)
  const mayChoose = isLoopback(host) && request.ip !== null && isLoopback(request.ip)
  return mayChoose ? request.ip : host
}

function garbage(lengthBytes: number, random: Random): Uint8Array {
  const words = Uint32Array.from({ length: Math.ceil(lengthBytes / 4) }, () => random.below(2 ** 32))
  return new Uint8Array(words.buffer, 0, lengthBytes)
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.')
}

function splitOnce(target: string, separator: string): [string, string] {
  const at = target.indexOf(separator)
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}

function bencoded(body: Uint8Array): Reply & { kind: 'answer' } {
  return { kind: 'answer', status: 200, headers: { 'Content-Type': 'text/plain' }, body }
}

function text(status: number, line: string): Reply & { kind: 'answer' } {
  const body = new TextEncoder().encode(`${line}\n`)
  return { kind: 'answer', status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body }
}
