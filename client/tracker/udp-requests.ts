/**
 * What a client asks a UDP tracker: datagrams <-> `UdpRequest`. BEP 15, and BEP 41 for the request string.
 *
 * `encode…` is the client's side, `parseUdpRequest` the tracker's; the second undoes the first. All numbers are big
 * endian. A connection id is 8 opaque bytes, a transaction id 32 bits. Bytes beyond what is known are ignored.
 */
import { keyBytes, keyFromBytes } from '../bencode/value.ts'
import { type InfoHash, infoHashBytes, infoHashFromBytes } from '../metainfo/infohash.ts'
import { joined } from '../ports/bytes.ts'
import { formatIpAddress, parseIpAddress } from '../ports/ip-address.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import type { AnnounceEvent, AnnounceRequest } from './announce-request.ts'

/** As BEP 15 numbers them. */
export const ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const

/** What one datagram asks about at most, so that its answer fits into a packet. */
export const SCRAPE_INFOHASHES_MAX = 74

export const CONNECTION_ID_BYTES = 8

const PROTOCOL_ID = Uint8Array.of(0, 0, 0x04, 0x17, 0x27, 0x10, 0x19, 0x80)
const HEADER_BYTES = 16
const ANNOUNCE_BYTES = 98
const EVENTS: readonly AnnounceEvent[] = ['none', 'completed', 'started', 'stopped']
const OPTION = { end: 0, nothing: 1, urlData: 2 }
const OPTION_BYTES_MAX = 255

export type UdpRequest = { readonly transactionId: number } & (
  | { readonly kind: 'connect' }
  | {
      readonly kind: 'announce'
      readonly connectionId: Uint8Array
      readonly announce: AnnounceRequest
      readonly requestString: string
    }
  | { readonly kind: 'scrape'; readonly connectionId: Uint8Array; readonly infohashes: readonly InfoHash[] }
)

export function encodeConnectRequest(transactionId: number): Uint8Array {
  return header(PROTOCOL_ID, ACTION.connect, transactionId)
}

/** `paused` (BEP 21) has no number here, and is sent as none; a key that is not 8 hex digits as 0. */
export function encodeAnnounceRequest(
  connectionId: Uint8Array,
  transactionId: number,
  request: AnnounceRequest,
  requestString: string,
): Uint8Array {
  const bytes = new Uint8Array(ANNOUNCE_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(header(connectionId, ACTION.announce, transactionId))
  bytes.set(infoHashBytes(request.infohash), 16)
  bytes.set(request.peerId, 36)
  view.setBigUint64(56, BigInt(request.downloadedBytes))
  view.setBigUint64(64, BigInt(request.leftBytes))
  view.setBigUint64(72, BigInt(request.uploadedBytes))
  view.setUint32(80, Math.max(0, EVENTS.indexOf(request.event)))
  const ip = request.ip === null ? null : parseIpAddress(request.ip)
  if (ip?.length === 4) bytes.set(ip, 84)
  view.setUint32(88, keyAsNumber(request.key))
  view.setInt32(92, Math.min(request.numWant ?? -1, 2 ** 31 - 1))
  view.setUint16(96, request.port)
  return joined([bytes, ...urlData(requestString)])
}

/** Of `SCRAPE_INFOHASHES_MAX` at most. */
export function encodeScrapeRequest(
  connectionId: Uint8Array,
  transactionId: number,
  infohashes: readonly InfoHash[],
): Uint8Array {
  return joined([header(connectionId, ACTION.scrape, transactionId), ...infohashes.map(infoHashBytes)])
}

/** Total: null for what is no request. */
export function parseUdpRequest(bytes: Uint8Array): UdpRequest | null {
  if (bytes.length < HEADER_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const connectionId = bytes.slice(0, CONNECTION_ID_BYTES)
  const action = view.getUint32(8)
  const transactionId = view.getUint32(12)
  if (action === ACTION.connect) {
    const isOurs = PROTOCOL_ID.every((byte, index) => byte === connectionId[index])
    return isOurs ? { kind: 'connect', transactionId } : null
  }
  if (action === ACTION.scrape) {
    const count = Math.min(Math.floor((bytes.length - HEADER_BYTES) / 20), SCRAPE_INFOHASHES_MAX)
    const infohashes = Array.from({ length: count }, (_, index) =>
      infoHashFromBytes(bytes.subarray(HEADER_BYTES + index * 20, HEADER_BYTES + (index + 1) * 20)),
    )
    return { kind: 'scrape', transactionId, connectionId, infohashes }
  }
  if (action !== ACTION.announce || bytes.length < ANNOUNCE_BYTES) return null
  const announce = announceOf(bytes, view)
  if (announce.port === 0) return null
  return { kind: 'announce', transactionId, connectionId, announce, requestString: requestStringOf(bytes) }
}

function announceOf(bytes: Uint8Array, view: DataView): AnnounceRequest {
  const count = (at: number) => safeNumber(view.getBigUint64(at))
  const numWant = view.getInt32(92)
  const ip = bytes.subarray(84, 88)
  return {
    infohash: infoHashFromBytes(bytes.subarray(16, 36)),
    peerId: peerIdFromBytes(bytes.slice(36, 56)),
    downloadedBytes: count(56),
    leftBytes: count(64),
    uploadedBytes: count(72),
    event: EVENTS[view.getUint32(80)] ?? 'none',
    ip: ip.every((byte) => byte === 0) ? null : formatIpAddress(ip),
    key: view.getUint32(88).toString(16).padStart(8, '0'),
    numWant: numWant < 0 ? null : numWant,
    port: view.getUint16(96),
    compact: true,
    noPeerId: true,
    trackerId: null,
  }
}

/** Clients that do not know what is left send 2^63 - 1: what is not safe is the largest that is. */
function safeNumber(value: bigint): number {
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER)
}

function header(first: Uint8Array, action: number, transactionId: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(first)
  view.setUint32(8, action)
  view.setUint32(12, transactionId)
  return bytes
}

/** The same number that the digits say in the query of a GET, so that a tracker knows the client by both ways. */
function keyAsNumber(key: string | null): number {
  return key !== null && /^[0-9a-f]{8}$/.test(key) ? Number.parseInt(key, 16) : 0
}

/** BEP 41: in options of 255 bytes; none where the URL is only host and port. */
function urlData(requestString: string): Uint8Array[] {
  const options: Uint8Array[] = []
  for (let at = 0; at < requestString.length; at += OPTION_BYTES_MAX) {
    const data = keyBytes(requestString.slice(at, at + OPTION_BYTES_MAX))
    options.push(Uint8Array.of(OPTION.urlData, data.length, ...data))
  }
  return options
}

/** Options are skipped up to one that does not end within the datagram. */
function requestStringOf(bytes: Uint8Array): string {
  let text = ''
  let at = ANNOUNCE_BYTES
  while (at < bytes.length && bytes[at] !== OPTION.end) {
    if (bytes[at] === OPTION.nothing) {
      at += 1
      continue
    }
    const lengthBytes = bytes[at + 1] ?? 0
    const data = bytes.subarray(at + 2, at + 2 + lengthBytes)
    if (data.length < lengthBytes) break
    if (bytes[at] === OPTION.urlData) text += keyFromBytes(data)
    at += 2 + lengthBytes
  }
  return text
}
