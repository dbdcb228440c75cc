/** TrackerClient in virtual time, as a transcript: what it asks and tells is compared as lines. */
import { expect } from 'vitest'
import type { Encodable } from '../bencode/encode.ts'
import { encode } from '../bencode/encode.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { HttpOutcome } from '../ports/http.ts'
import { formatAddress } from '../ports/transport.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import { announceOutcome } from './announce-outcome.ts'
import { type AnnounceRequest, announceRequestFromQuery } from './announce-request.ts'
import {
  type AnnounceTotals,
  TrackerClient,
  type TrackerClientOptions,
  type TrackerClientRequest,
} from './tracker-client.ts'

export const A = 'http://a/announce'
export const B = 'http://b/announce'
export const C = 'http://c/announce'
export const peerId = peerIdFromBytes(new TextEncoder().encode('-SL0001-abcdefghijkl'))

export const response = (body: { [key: string]: Encodable }, status = 200): HttpOutcome => ({
  kind: 'response',
  status,
  body: encode(body),
})
type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Good for 100 s, and for nothing before 20 s. */
export const ok = response({ interval: 100, 'min interval': 20 })
export const down: HttpOutcome = { kind: 'fault', code: 'refused', detail: 'nobody listens there' }

function announceIn(request: TrackerClientRequest): AnnounceRequest {
  if (request.kind === 'udp' && request.question.kind === 'announce') return request.question.announce
  const query =
    request.kind === 'http' ? announceRequestFromQuery(request.url.slice(request.url.indexOf('?') + 1)) : null
  if (query === null || 'kind' in query) throw new Error('no announce')
  return query
}

/** A client, driven in virtual time; what comes out of it is compared as lines. */
export function transcript(tiers: string[][], options: Partial<TrackerClientOptions> = {}) {
  const totals: Writable<AnnounceTotals> = { uploadedBytes: 0, downloadedBytes: 0, leftBytes: 10 }
  const client = new TrackerClient({
    tiers,
    identity: { infohash: 'ab'.repeat(20) as InfoHash, peerId, port: 6881, key: 'K' },
    totals: () => totals,
    random: { below: (bound) => bound - 1 }, // keeps the order
    ...options,
  })
  let lastId = -1
  const pulled: string[] = []
  const drain = () => {
    for (let request = client.nextRequest(); request !== null; request = client.nextRequest()) {
      lastId = request.id
      const { event, leftBytes, numWant } = announceIn(request)
      const to = request.kind === 'http' ? `GET ${new URL(request.url).host}` : `UDP ${request.host}:${request.port}`
      pulled.push(`${to} ${event} left=${leftBytes} want=${numWant} for ${request.timeoutMs}`)
    }
    for (let event = client.nextEvent(); event !== null; event = client.nextEvent()) {
      if (event.type === 'peers-found') pulled.push(`peers ${event.peers.map(formatAddress).join(' ')}`)
      else if (event.type === 'announced') pulled.push(`announced ${event.url} ${event.peers} ${event.intervalSeconds}`)
      else if (event.type === 'announce-failed') pulled.push(`failed ${event.url} ${event.reason}, ${event.retryInMs}`)
    }
  }
  return {
    client,
    totals,
    start: (nowMs: number) => client.start(nowMs),
    /** Answers the last request that was pulled. */
    answer: (nowMs: number, outcome: HttpOutcome) => client.answered(nowMs, lastId, announceOutcome(outcome)),
    answerTo: (id: number, nowMs: number, outcome: HttpOutcome) => client.answered(nowMs, id, announceOutcome(outcome)),
    expect(...lines: string[]) {
      drain()
      expect(pulled.splice(0)).toEqual(lines)
    },
    /** Nothing happens a moment before the deadline. */
    wake(deadlineMs: number) {
      expect(client.deadlineMs()).toBe(deadlineMs)
      client.handleDeadline(deadlineMs - 0.001)
      expect(client.deadlineMs()).toBe(deadlineMs)
      client.handleDeadline(deadlineMs)
    },
  }
}

export const get = (host: string, event: string, left = 10) => `GET ${host} ${event} left=${left} want=50 for 15000`
/** The same where others wait to be asked. */
export const hurried = (host: string, event: string, left = 10) => `GET ${host} ${event} left=${left} want=50 for 5000`
export const stopped = (host: string, left = 10) => `GET ${host} stopped left=${left} want=0 for 5000`
