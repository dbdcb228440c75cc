/**
 * What a tracker answers to an announce: bencoded bytes <-> `AnnounceResponse`. BEP 3, 7, 23, 24 and 31.
 *
 * Total: any bytes give a response or a fault. Peers are IP literals, each once, that can be connected to; names are
 * never looked up. Text from the tracker is cut and safe to print.
 *
 * Limits: `RESPONSE_BYTES_MAX`, `PEERS_MAX` (what is beyond is left out), intervals within `INTERVAL_SECONDS_MIN` and
 * `INTERVAL_SECONDS_MAX`.
 */
import { decode, describeBencodeFault } from '../bencode/decode.ts'
import { type Encodable, encode } from '../bencode/encode.ts'
import { BencodeDictionary, type BencodeValue, keyBytes, keyFromBytes, textFromBytes } from '../bencode/value.ts'
import { isList, optionalCount } from '../metainfo/fields.ts'
import { describeValue } from '../metainfo/metainfo-fault.ts'
import { printable } from '../metainfo/printable.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import { PEER_ID_BYTES, type PeerId, peerIdFromBytes } from '../wire/peer-id.ts'
import { COMPACT_IPV4_BYTES, COMPACT_IPV6_BYTES, decodeCompactPeers, encodeCompactPeers } from './compact-peers.ts'
import { formatIpAddress, isUnicast, parseIpAddress } from './ip-address.ts'

export const RESPONSE_BYTES_MAX = 1_048_576
export const PEERS_MAX = 3_000
/** Against a tracker that would have us ask in a loop. */
const INTERVAL_SECONDS_MIN = 5
/** Against a tracker that would have us never come back. */
const INTERVAL_SECONDS_MAX = 86_400
/** Where the tracker says nothing usable: missing, no number, zero or less. What most trackers say. */
const INTERVAL_SECONDS_DEFAULT = 1_800

/** Entries looked at, of which `PEERS_MAX` are kept; a dictionary peer has some eight tokens. */
const TOKENS_MAX = 100_000
const TEXT_LENGTH_MAX = 300

export interface AnnounceResponse {
  readonly kind: 'response'
  readonly peers: readonly AnnouncedPeer[]
  readonly intervalSeconds: number
  readonly minIntervalSeconds: number | null
  /** Peers that have everything, and those that do not. */
  readonly complete: number | null
  readonly incomplete: number | null
  /** Opaque bytes for the next request, one character a byte. */
  readonly trackerId: string | null
  readonly warning: string | null
  /** This client's address as the tracker sees it. */
  readonly externalIp: string | null
}

export interface AnnouncedPeer extends PeerAddress {
  /** Only in dictionary peers. */
  readonly peerId: PeerId | null
}

/** `failure`: the tracker's own words. `retryInSeconds` is what it says of trying again; null: nothing. */
export interface AnnounceFault {
  readonly kind: 'fault'
  readonly code: 'too-large' | 'not-bencode' | 'bad-field' | 'failure'
  readonly detail: string
  readonly retryInSeconds: number | 'never' | null
}

export function parseAnnounceResponse(bytes: Uint8Array): AnnounceResponse | AnnounceFault {
  if (bytes.length > RESPONSE_BYTES_MAX) return fault('too-large', `longer than ${RESPONSE_BYTES_MAX} bytes`)
  const decoded = decode(bytes, { bytesMax: RESPONSE_BYTES_MAX, depthMax: 10, tokensMax: TOKENS_MAX })
  if (decoded.kind === 'fault') return fault('not-bencode', describeBencodeFault(decoded))
  const answer = decoded.value
  if (!(answer instanceof BencodeDictionary)) {
    return fault('not-bencode', `expected a dictionary, received ${describeValue(answer)}`)
  }
  const failure = answer.get('failure reason')
  if (failure !== undefined)
    return { ...fault('failure', shownText(failure) || 'nothing'), retryInSeconds: retryIn(answer) }
  const peers = parsePeers(answer.get('peers'))
  const peers6 = parseCompact('peers6', answer.get('peers6'), COMPACT_IPV6_BYTES)
  if (!isPeers(peers)) return peers
  if (!isPeers(peers6)) return peers6
  return {
    kind: 'response',
    peers: distinct([...peers, ...peers6]),
    intervalSeconds: intervalSeconds(answer.get('interval')) ?? INTERVAL_SECONDS_DEFAULT,
    minIntervalSeconds: intervalSeconds(answer.get('min interval')),
    complete: optionalCount(answer, 'complete'),
    incomplete: optionalCount(answer, 'incomplete'),
    trackerId: bytesOf(answer.get('tracker id'), keyFromBytes),
    warning: shownText(answer.get('warning message')),
    externalIp: bytesOf(answer.get('external ip'), (ip) => ([4, 16].includes(ip.length) ? formatIpAddress(ip) : null)),
  }
}

/** With `compact`, `peers` and `peers6` are byte strings and peer ids are lost; without, they are dictionaries. */
export function encodeAnnounceResponse(response: AnnounceResponse, compact: boolean): Uint8Array {
  const { ipv4, ipv6 } = encodeCompactPeers(compact ? response.peers : [])
  const dictionaries = response.peers.map(({ host, port, peerId }): Encodable => {
    return { ip: host, port, 'peer id': peerId ?? undefined }
  })
  return encode({
    complete: response.complete ?? undefined,
    'external ip': response.externalIp === null ? undefined : (parseIpAddress(response.externalIp) ?? undefined),
    incomplete: response.incomplete ?? undefined,
    interval: response.intervalSeconds,
    'min interval': response.minIntervalSeconds ?? undefined,
    peers: compact ? ipv4 : dictionaries,
    peers6: ipv6.length === 0 ? undefined : ipv6,
    'tracker id': response.trackerId === null ? undefined : keyBytes(response.trackerId),
    'warning message': response.warning ?? undefined,
  })
}

export function encodeAnnounceFailure(reason: string): Uint8Array {
  return encode({ 'failure reason': reason })
}

function fault(code: AnnounceFault['code'], detail: string): AnnounceFault {
  return { kind: 'fault', code, detail, retryInSeconds: null }
}

type Peers = readonly AnnouncedPeer[]

function isPeers(peers: Peers | AnnounceFault): peers is Peers {
  return !('kind' in peers)
}

function parsePeers(value: BencodeValue | undefined): Peers | AnnounceFault {
  return isList(value) ? value.flatMap(parseDictionaryPeer) : parseCompact('peers', value, COMPACT_IPV4_BYTES)
}

/** None where there is no such key: the answer to a `stopped` often has no peers. */
function parseCompact(field: string, value: BencodeValue | undefined, entryBytes: 6 | 18): Peers | AnnounceFault {
  if (value === undefined) return []
  if (!(value instanceof Uint8Array)) {
    return fault('bad-field', `${field}: expected a string, received ${describeValue(value)}`)
  }
  if (value.length % entryBytes !== 0) {
    return fault('bad-field', `${field}: expected a multiple of ${entryBytes} bytes, received ${value.length}`)
  }
  return decodeCompactPeers(value, entryBytes).map((peer) => ({ ...peer, peerId: null }))
}

/** No peer where the host is a name, an address that no peer has, or the port is none. */
function parseDictionaryPeer(entry: BencodeValue): AnnouncedPeer[] {
  if (!(entry instanceof BencodeDictionary)) return []
  const ip = bytesOf(entry.get('ip'), keyFromBytes)
  const address = ip === null ? null : parseIpAddress(ip)
  const port = entry.get('port')
  if (address === null || !isUnicast(address)) return []
  if (typeof port !== 'number' || port < 1 || port > 65_535) return []
  const peerId = bytesOf(entry.get('peer id'), (id) => (id.length === PEER_ID_BYTES ? peerIdFromBytes(id) : null))
  return [{ host: formatIpAddress(address), port, peerId }]
}

/** In the order of the answer, each address once, `PEERS_MAX` at most. */
function distinct(peers: Peers): Peers {
  const seen = new Map<string, AnnouncedPeer>()
  for (const peer of peers) {
    if (seen.size === PEERS_MAX) break
    const address = formatAddress(peer)
    if (!seen.has(address)) seen.set(address, peer)
  }
  return [...seen.values()]
}

function intervalSeconds(value: BencodeValue | undefined): number | null {
  if ((typeof value !== 'number' && typeof value !== 'bigint') || value <= 0) return null
  return Math.min(Math.max(Number(value), INTERVAL_SECONDS_MIN), INTERVAL_SECONDS_MAX)
}

/** BEP 31: minutes, or `never`. */
function retryIn(answer: BencodeDictionary): number | 'never' | null {
  const value = answer.get('retry in')
  if (value instanceof Uint8Array) return keyFromBytes(value.subarray(0, 10)) === 'never' ? 'never' : null
  return typeof value === 'number' && value > 0 ? Math.min(value * 60, INTERVAL_SECONDS_MAX) : null
}

function bytesOf<T>(value: BencodeValue | undefined, read: (bytes: Uint8Array) => T): T | null {
  return value instanceof Uint8Array ? read(value) : null
}

function shownText(value: BencodeValue | undefined): string | null {
  return bytesOf(value, (bytes) => printable(textFromBytes(bytes.subarray(0, TEXT_LENGTH_MAX))))
}
