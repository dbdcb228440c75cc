/**
 * What a client asks a tracker, as the query of a GET. BEP 3, 21 and 23.
 *
 * `announceUrl` is the client's side, `announceRequestFromQuery` the tracker's; the second undoes the first. Sizes are
 * bytes. `key` and `trackerId` are opaque bytes, kept as one character a byte.
 */
import { keyBytes, keyFromBytes } from '../bencode/value.ts'
import { type InfoHash, infoHashBytes, infoHashFromBytes } from '../metainfo/infohash.ts'
import { canonicalIpAddress } from '../ports/ip-address.ts'
import type { Random } from '../ports/random.ts'
import { PEER_ID_BYTES, type PeerId, peerIdFromBytes } from '../wire/peer-id.ts'

/** What a client proves itself with when its address changes: 8 hex digits, drawn once a run. */
export function makeAnnounceKey(random: Random): string {
  return random
    .below(2 ** 32)
    .toString(16)
    .padStart(8, '0')
}

export interface AnnounceRequest {
  readonly infohash: InfoHash
  readonly peerId: PeerId
  /** Where the client listens, 1 to 65535. */
  readonly port: number
  readonly uploadedBytes: number
  readonly downloadedBytes: number
  readonly leftBytes: number
  readonly event: AnnounceEvent
  /** The client reads compact peers (BEP 23). */
  readonly compact: boolean
  /** Peer ids may be left out of peers that are not compact. */
  readonly noPeerId: boolean
  /** How many peers are wanted; null leaves it to the tracker. */
  readonly numWant: number | null
  /** Proves to the tracker that a client whose address changed is the same one. */
  readonly key: string | null
  /** What the tracker's last answer said, if it said so. */
  readonly trackerId: string | null
  /** An IP literal other than where the request comes from. */
  readonly ip: string | null
}

/** `paused`: nothing in particular, from a partial seed, which wants no more than it has (BEP 21). */
export type AnnounceEvent = 'started' | 'completed' | 'stopped' | 'paused' | 'none'

export interface RequestFault {
  readonly kind: 'fault'
  readonly field: string
  readonly expected: string
  readonly received: string
}

/** The tracker's URL with the request added to its query; what is in that query (a passkey) stays as it is. */
export function announceUrl(trackerUrl: string, request: AnnounceRequest): string {
  const parameters: [string, string | number | null][] = [
    ['info_hash', percentEncode(infoHashBytes(request.infohash))],
    ['peer_id', percentEncode(request.peerId)],
    ['port', request.port],
    ['uploaded', request.uploadedBytes],
    ['downloaded', request.downloadedBytes],
    ['left', request.leftBytes],
    ['compact', request.compact ? 1 : 0],
    ['no_peer_id', request.noPeerId ? 1 : null],
    ['event', request.event === 'none' ? null : request.event],
    ['numwant', request.numWant],
    ['key', request.key === null ? null : percentEncode(keyBytes(request.key))],
    ['trackerid', request.trackerId === null ? null : percentEncode(keyBytes(request.trackerId))],
    ['ip', request.ip],
  ]
  return withQuery(trackerUrl, parameters)
}

/** A URL without its fragment, and these parameters after those it has; a null is left out. Values are encoded already. */
export function withQuery(url: string, parameters: readonly (readonly [string, string | number | null])[]): string {
  const base = url.split('#', 1)[0]!
  const query = parameters.flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`])).join('&')
  if (query === '' || /[?&]$/.test(base)) return base + query
  return `${base}${base.includes('?') ? '&' : '?'}${query}`
}

/** Told in place of what is left where nobody knows it; libtorrent's figure. */
export const LEFT_BYTES_UNKNOWN = 16_384

/** `query` is what follows the `?`. Total: any text gives a request or the first field that is wrong. */
export function announceRequestFromQuery(query: string): AnnounceRequest | RequestFault {
  const values = parseQuery(query)
  const first = (name: string) => values.get(name)?.[0] ?? null
  const infohash = keyBytes(first('info_hash') ?? '')
  const peerId = keyBytes(first('peer_id') ?? '')
  if (infohash.length !== 20) return requestFault('info_hash', '20 bytes', `${infohash.length}`)
  if (peerId.length !== PEER_ID_BYTES) return requestFault('peer_id', `${PEER_ID_BYTES} bytes`, `${peerId.length}`)
  const numbers = { port: 0, uploaded: 0, downloaded: 0, left: 0 }
  for (const name of ['port', 'uploaded', 'downloaded', 'left'] as const) {
    // webtorrent sends an empty one for a magnet link, of which it knows no length yet.
    const isUnknown = name === 'left' && first(name) === ''
    const number = isUnknown ? LEFT_BYTES_UNKNOWN : wholeNumber(first(name))
    if (number === null)
      return requestFault(name, 'a whole number', first(name) === null ? 'nothing' : 'something else')
    numbers[name] = number
  }
  if (numbers.port < 1 || numbers.port > 65_535) return requestFault('port', '1 to 65535', `${numbers.port}`)
  return {
    infohash: infoHashFromBytes(infohash),
    peerId: peerIdFromBytes(peerId),
    port: numbers.port,
    uploadedBytes: numbers.uploaded,
    downloadedBytes: numbers.downloaded,
    leftBytes: numbers.left,
    event: eventOf(first('event')),
    // Compact unless told otherwise, as BEP 23 suggests.
    compact: first('compact') !== '0',
    noPeerId: first('no_peer_id') === '1',
    numWant: wholeNumber(first('numwant')),
    key: first('key'),
    trackerId: first('trackerid'),
    ip: canonicalIpAddress(first('ip') ?? ''),
  }
}

/**
 * Parameters of a query, each with its values in order; both one character a byte. A `+` is a space: clients that mean
 * a plus escape it, and those that send a raw one wrote a space that way.
 */
export function parseQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const parameter of query.split('&')) {
    if (parameter === '') continue
    const equals = parameter.indexOf('=')
    const name = percentDecode(equals === -1 ? parameter : parameter.slice(0, equals))
    const value = equals === -1 ? '' : percentDecode(parameter.slice(equals + 1))
    const sameName = values.get(name)
    if (sameName === undefined) values.set(name, [value])
    else sameName.push(value)
  }
  return values
}

function eventOf(text: string | null): AnnounceEvent {
  return text === 'started' || text === 'completed' || text === 'stopped' || text === 'paused' ? text : 'none'
}

/** Clients that do not know what is left send 2^63 - 1: what is not safe is the largest that is. */
function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,20}$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : null
}

function requestFault(field: string, expected: string, received: string): RequestFault {
  return { kind: 'fault', field, expected, received }
}

const UNRESERVED = /[A-Za-z0-9._~-]/

/** Byte by byte: what RFC 3986 leaves unreserved as it is, the rest as %XX. */
export function percentEncode(bytes: Uint8Array): string {
  return Array.from(keyFromBytes(bytes), (character) =>
    UNRESERVED.test(character) ? character : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
}

/** One character a byte. A `%` without two hex digits stays; a character beyond a byte becomes its UTF-8. */
function percentDecode(text: string): string {
  const bytes = text.replace(/[^\0-\x7f]+/g, (characters) => keyFromBytes(new TextEncoder().encode(characters)))
  return bytes
    .replaceAll('+', ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
