/**
 * The tracker with its script, before HTTP and UDP: a request in, what to do out. `http-service` and `udp-service` say it
 * in their protocol.
 *
 * `ip=` is believed only from 127.0.0.0/8 and only for an address there, so that peers of one test may announce
 * different addresses from one process, and nobody can make the tracker send peers to a host that never asked.
 */
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { canonicalIpAddress, isTestbedAddress } from '../client/ports/ip-address.ts'
import type { Random } from '../client/ports/random.ts'
import { formatAddress, type PeerAddress } from '../client/ports/transport.ts'
import type { AnnounceRequest } from '../client/tracker/announce-request.ts'
import type { AnnounceResponse } from '../client/tracker/announce-response.ts'
import type { ScrapeCounts } from '../client/tracker/scrape.ts'
import { deadPeerAddress } from './dead-peers.ts'
import type { ScriptAction, TrackerScript } from './script.ts'
import { type Refusal, Tracker } from './tracker.ts'

export interface ScriptedTrackerOptions {
  readonly random: Random
  readonly script?: TrackerScript
  /** What the script's times count from. */
  readonly startMs: number
}

export type Via = 'http' | 'udp'

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

export interface Played {
  readonly action: ScriptAction
  /** Null: the script has it do something else; the announce then counts for no swarm. */
  readonly response: AnnounceResponse | Refusal | null
  /** As a line in a log. */
  readonly record: AnnounceRecord
}

type Asked = { readonly event: string; readonly via: Via; readonly remote: PeerAddress; readonly infohash?: InfoHash }

export class ScriptedTracker {
  readonly random: Random
  readonly #tracker: Tracker
  readonly #script: TrackerScript
  readonly #startMs: number
  #announceCount = 0
  #awayUntilMs = Number.NEGATIVE_INFINITY

  constructor({ random, script = [], startMs }: ScriptedTrackerOptions) {
    this.random = random
    this.#tracker = new Tracker(random)
    this.#script = script
    this.#startMs = startMs
  }

  /** Nobody is here to answer. */
  isAway(nowMs: number): boolean {
    return nowMs < this.#awayUntilMs
  }

  announce(request: AnnounceRequest, remoteHost: string, nowMs: number, via: Via): Played {
    const host = hostOf(request, remoteHost)
    this.#announceCount += 1
    const remote = { host, port: request.port }
    const action = this.#actionFor({ event: request.event, via, remote, infohash: request.infohash }, nowMs)
    const instead = doneInstead(action)
    const response = instead === null ? this.#respond(request, host, nowMs, action) : null
    const { infohash, event, uploadedBytes, downloadedBytes, leftBytes } = request
    const answer = instead ?? answerIn(response!)
    const peer = formatAddress(remote)
    const record = { infohash, peer, announce: event, uploadedBytes, downloadedBytes, leftBytes, answer }
    return { action, response, record }
  }

  /** Over UDP, before an announce. */
  connect(remote: PeerAddress, nowMs: number): ScriptAction {
    return this.#actionFor({ event: 'connect', via: 'udp', remote }, nowMs)
  }

  scrape(infohashes: readonly InfoHash[], nowMs: number): Map<InfoHash, ScrapeCounts> {
    return this.#tracker.scrape(infohashes, nowMs)
  }

  #actionFor({ event, via, remote, infohash }: Asked, nowMs: number): ScriptAction {
    const count = this.#announceCount
    const sinceStartMs = nowMs - this.#startMs
    const step = this.#script.find(
      ({ when = {} }) =>
        (when.announce ?? count) === count &&
        (when.fromAnnounce ?? count) <= count &&
        (when.toAnnounce ?? count) >= count &&
        (when.fromMs ?? sinceStartMs) <= sinceStartMs &&
        (when.toMs ?? Number.POSITIVE_INFINITY) > sinceStartMs &&
        (when.infohash ?? infohash) === infohash &&
        (event === 'connect' ? when.event === event : (when.event ?? event) === event) &&
        (when.via ?? via) === via &&
        (when.host ?? remote.host) === remote.host &&
        (when.port ?? remote.port) === remote.port,
    )
    const action = step?.do ?? {}
    if (action.awayMs !== undefined) this.#awayUntilMs = nowMs + action.awayMs
    return action
  }

  #respond(request: AnnounceRequest, host: string, nowMs: number, action: ScriptAction): AnnounceResponse | Refusal {
    const response = this.#tracker.announce(request, host, nowMs, action.intervalSeconds)
    if (response.kind === 'refusal') return response
    const { port, peerId, noPeerId } = request
    const dead = Array.from({ length: action.deadPeers ?? 0 }, (_, index) => ({
      ...deadPeerAddress(index),
      peerId: null,
    }))
    const own = action.ownAddress ? [{ host, port, peerId }] : []
    const known = action.emptyPeers ? [] : response.peers
    const peers = [...dead, ...own, ...known].map((peer) => (noPeerId ? { ...peer, peerId: null } : peer))
    return { ...response, peers, minIntervalSeconds: action.minIntervalSeconds ?? response.minIntervalSeconds }
  }
}

/** In the words of a log; null for an answer. */
export function doneInstead(action: ScriptAction): string | null {
  if (action.hang) return 'no answer'
  if (action.reset) return 'reset'
  if (action.awayMs !== undefined) return `away for ${action.awayMs} ms`
  if (action.error !== undefined) return `error: ${action.error}`
  if (action.status !== undefined) return `HTTP status ${action.status}`
  if (action.redirectTo !== undefined) return `redirect to ${action.redirectTo}`
  if (action.body !== undefined) return `${action.body.length} bytes as scripted`
  if (action.bodyBytes !== undefined) return `${action.bodyBytes} bytes of nothing`
  if (action.gzipBombBytes !== undefined) return `${action.gzipBombBytes} bytes of nothing, compressed`
  return action.garbageBytes === undefined ? null : `${action.garbageBytes} bytes of garbage`
}

function answerIn(response: AnnounceResponse | Refusal): string {
  if (response.kind === 'refusal') return `error: ${response.reason}`
  return response.peers.length === 1 ? '1 peer' : `${response.peers.length} peers`
}

function hostOf(request: AnnounceRequest, remoteHost: string): string {
  const host = canonicalIpAddress(remoteHost)
  if (host === null) throw new RangeError(`not an IP literal: ${remoteHost}`)
  const mayChoose = isTestbedAddress(host) && request.ip !== null && isTestbedAddress(request.ip)
  return mayChoose ? request.ip : host
}
