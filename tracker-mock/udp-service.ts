/**
 * The tracker behind UDP, without the socket: a datagram in, datagrams out. BEP 15; of BEP 41 the request string is read
 * and, as the path of a URL that any tracker of this kind has, not looked at.
 *
 * Whoever has no good connection id gets no answer. A connect, which anybody may send in the name of another, is answered
 * by no more bytes than it has.
 */
import { DATAGRAM_BYTES_MAX } from '../client/ports/datagrams.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import type { AnnounceResponse } from '../client/tracker/announce-response.ts'
import { CONNECTION_ID_BYTES, parseUdpRequest, type UdpRequest } from '../client/tracker/udp-requests.ts'
import {
  encodeConnectResponse,
  encodeUdpAnnounceResponse,
  encodeUdpError,
  encodeUdpScrapeResponse,
} from '../client/tracker/udp-responses.ts'
import { ConnectionIds } from './connection-ids.ts'
import { scriptedBody } from './garbage.ts'
import type { ScriptAction } from './script.ts'
import { type AnnounceRecord, doneInstead, type ScriptedTracker } from './scripted-tracker.ts'

export interface UdpHandled {
  readonly datagrams: readonly Uint8Array[]
  readonly delayMs: number
  /** After that nobody listens for so long; null: it stays. */
  readonly awayMs: number | null
  /** What is worth a line in a log; null for what is no announce. */
  readonly announce: AnnounceRecord | null
}

const SILENCE: UdpHandled = { datagrams: [], delayMs: 0, awayMs: null, announce: null }

export class TrackerUdpService {
  readonly #tracker: ScriptedTracker
  readonly #ids: ConnectionIds

  constructor(tracker: ScriptedTracker) {
    this.#tracker = tracker
    this.#ids = new ConnectionIds(tracker.random)
  }

  handle(bytes: Uint8Array, remote: PeerAddress, nowMs: number): UdpHandled {
    const request = this.#tracker.isAway(nowMs) ? null : parseUdpRequest(bytes)
    if (request === null) return SILENCE
    const { transactionId } = request
    if (request.kind === 'connect') {
      const action = this.#tracker.connect(remote, nowMs)
      if (doneInstead(action) !== null) return this.#play(transactionId, action, null, null)
      const forged = encodeConnectResponse(otherThan(transactionId), new Uint8Array(CONNECTION_ID_BYTES))
      const answer = encodeConnectResponse(transactionId, this.#ids.make(remote.host, nowMs))
      const honest = action.forged ? [forged, answer] : [answer]
      return this.#play(transactionId, action, honest, null)
    }
    if (!this.#ids.isGood(request.connectionId, remote.host, nowMs)) return SILENCE
    if (request.kind === 'announce') return this.#announce(request, remote, nowMs)
    const counts = this.#tracker.scrape(request.infohashes, nowMs)
    return { ...SILENCE, datagrams: [encodeUdpScrapeResponse(transactionId, request.infohashes, counts)] }
  }

  #announce(request: UdpRequest & { kind: 'announce' }, remote: PeerAddress, nowMs: number): UdpHandled {
    const { transactionId, announce } = request
    const { action, response, record } = this.#tracker.announce(announce, remote.host, nowMs, 'udp')
    if (response === null) return this.#play(transactionId, action, null, record)
    if (response.kind === 'refusal') {
      return this.#play(transactionId, action, [encodeUdpError(transactionId, response.reason)], record)
    }
    const family = remote.host.includes(':') ? 'ipv6' : 'ipv4'
    const encoded = (id: number, answer: AnnounceResponse) =>
      encodeUdpAnnounceResponse(id, answer, family).subarray(0, DATAGRAM_BYTES_MAX)
    const forged = action.forged ? [encoded(otherThan(transactionId), { ...response, peers: [] })] : []
    return this.#play(transactionId, action, [...forged, encoded(transactionId, response)], record)
  }

  /** `honest` is null where the script says what is done instead. */
  #play(
    transactionId: number,
    action: ScriptAction,
    honest: readonly Uint8Array[] | null,
    announce: AnnounceRecord | null,
  ): UdpHandled {
    const scripted = action.error === undefined ? this.#garbage(action) : [encodeUdpError(transactionId, action.error)]
    return { datagrams: honest ?? scripted, delayMs: action.delayMs ?? 0, awayMs: action.awayMs ?? null, announce }
  }

  #garbage(action: ScriptAction): Uint8Array[] {
    const body = scriptedBody(action, this.#tracker.random)
    return body === null || body.isGzip ? [] : [body.bytes.subarray(0, DATAGRAM_BYTES_MAX)]
  }
}

function otherThan(transactionId: number): number {
  return (transactionId + 1) % 2 ** 32
}
