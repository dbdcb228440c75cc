/**
 * What a UDP tracker answers: datagrams <-> `UdpResponse`. BEP 15.
 *
 * Total: any bytes give a response or null. What is in it is held to the limits of an answer over HTTP
 * (announce-response): peers that can be connected to, each once; intervals within bounds; text that is safe to print.
 * Which of an announce's peers are 4 and which 16 bytes long is not said in it: the family of the tracker's address is.
 */
import type { InfoHash } from '../metainfo/infohash.ts'
import { joined } from '../ports/bytes.ts'
import {
  COMPACT_IPV4_BYTES,
  COMPACT_IPV6_BYTES,
  decodeCompactPeers,
  encodeCompactPeers,
} from '../wire/compact-peers.ts'
import { type AnnounceResponse, distinctPeers } from './announce-response.ts'
import type { ScrapeCounts } from './scrape.ts'
import { shownText, soundIntervalSeconds } from './tracker-answer.ts'
import { ACTION, CONNECTION_ID_BYTES } from './udp-requests.ts'

const HEADER_BYTES = 8
const CONNECT_BYTES = HEADER_BYTES + CONNECTION_ID_BYTES
const ANNOUNCE_BYTES = 20
const SCRAPE_ENTRY_BYTES = 12

export type UdpResponse = { readonly transactionId: number } & (
  | { readonly kind: 'connect'; readonly connectionId: Uint8Array }
  | { readonly kind: 'announce'; readonly announce: AnnounceResponse }
  /** In the order that was asked; fewer than were asked where the answer ends early. */
  | { readonly kind: 'scrape'; readonly counts: readonly ScrapeCounts[] }
  | { readonly kind: 'error'; readonly message: string }
  /** An answer to such a question that ends before what it must have. */
  | { readonly kind: 'cut-off'; readonly to: 'connect' | 'announce'; readonly detail: string }
)

export type AddressFamily = 'ipv4' | 'ipv6'

/** `family` is that of the address which the tracker was asked at. */
export function parseUdpResponse(bytes: Uint8Array, family: AddressFamily): UdpResponse | null {
  if (bytes.length < HEADER_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const transactionId = view.getUint32(4)
  switch (view.getUint32(0)) {
    case ACTION.connect: {
      if (bytes.length < CONNECT_BYTES) return cutOff(transactionId, 'connect', CONNECT_BYTES, bytes)
      return { kind: 'connect', transactionId, connectionId: bytes.slice(HEADER_BYTES, CONNECT_BYTES) }
    }
    case ACTION.announce:
      if (bytes.length < ANNOUNCE_BYTES) return cutOff(transactionId, 'announce', ANNOUNCE_BYTES, bytes)
      return { kind: 'announce', transactionId, announce: announceOf(bytes, view, family) }
    case ACTION.scrape:
      return { kind: 'scrape', transactionId, counts: countsOf(bytes, view) }
    case ACTION.error:
      return { kind: 'error', transactionId, message: shownText(bytes.subarray(HEADER_BYTES)) || 'nothing' }
    default:
      return null
  }
}

export function encodeConnectResponse(transactionId: number, connectionId: Uint8Array): Uint8Array {
  return joined([header(ACTION.connect, transactionId), connectionId])
}

/** Peers of the other family are left out: there is no room for them. */
export function encodeUdpAnnounceResponse(
  transactionId: number,
  response: AnnounceResponse,
  family: AddressFamily,
): Uint8Array {
  const counts = new Uint8Array(ANNOUNCE_BYTES - HEADER_BYTES)
  const view = new DataView(counts.buffer)
  view.setInt32(0, response.intervalSeconds)
  view.setUint32(4, response.incomplete ?? 0)
  view.setUint32(8, response.complete ?? 0)
  return joined([header(ACTION.announce, transactionId), counts, encodeCompactPeers(response.peers)[family]])
}

export function encodeUdpScrapeResponse(
  transactionId: number,
  infohashes: readonly InfoHash[],
  counts: ReadonlyMap<InfoHash, ScrapeCounts>,
): Uint8Array {
  const entries = new Uint8Array(infohashes.length * SCRAPE_ENTRY_BYTES)
  const view = new DataView(entries.buffer)
  for (const [index, infohash] of infohashes.entries()) {
    const { complete, downloaded, incomplete } = counts.get(infohash) ?? {}
    for (const [field, count] of [complete, downloaded, incomplete].entries()) {
      view.setUint32(index * SCRAPE_ENTRY_BYTES + field * 4, count ?? 0)
    }
  }
  return joined([header(ACTION.scrape, transactionId), entries])
}

export function encodeUdpError(transactionId: number, message: string): Uint8Array {
  return joined([header(ACTION.error, transactionId), new TextEncoder().encode(message)])
}

function cutOff(transactionId: number, to: 'connect' | 'announce', leastBytes: number, { length }: Uint8Array) {
  return {
    kind: 'cut-off',
    transactionId,
    to,
    detail: `${to}: expected ${leastBytes} bytes, received ${length}`,
  } as const
}

function announceOf(bytes: Uint8Array, view: DataView, family: AddressFamily): AnnounceResponse {
  const entryBytes = family === 'ipv4' ? COMPACT_IPV4_BYTES : COMPACT_IPV6_BYTES
  const peers = decodeCompactPeers(bytes.subarray(ANNOUNCE_BYTES), entryBytes)
  return {
    kind: 'response',
    peers: distinctPeers(peers.map((peer) => ({ ...peer, peerId: null }))),
    intervalSeconds: soundIntervalSeconds(view.getInt32(8)),
    minIntervalSeconds: null,
    incomplete: view.getUint32(12),
    complete: view.getUint32(16),
    trackerId: null,
    warning: null,
    externalIp: null,
  }
}

function countsOf(bytes: Uint8Array, view: DataView): ScrapeCounts[] {
  const counts: ScrapeCounts[] = []
  for (let at = HEADER_BYTES; at + SCRAPE_ENTRY_BYTES <= bytes.length; at += SCRAPE_ENTRY_BYTES) {
    const [complete, downloaded, incomplete] = [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8)]
    counts.push({ complete, incomplete, downloaded, downloaders: null })
  }
  return counts
}

function header(action: number, transactionId: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, action)
  view.setUint32(4, transactionId)
  return bytes
}
