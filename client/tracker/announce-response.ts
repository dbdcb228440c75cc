/**
 * What a tracker answers to an announce: bencoded bytes <-> `AnnounceResponse`. BEP 3, 7, 23 and 24.
 *
 * Total: any bytes give a response or a fault. Peers are IP literals, each once, that can be connected to; names are
 * never looked up.
 *
 * Limits: those of every answer (tracker-answer), and `PEERS_MAX`: what is beyond is left out.
 */
import { type Encodable, encode } from '../bencode/encode.ts'
import { BencodeDictionary, type BencodeValue, keyBytes, keyFromBytes } from '../bencode/value.ts'
import { isList, optionalCount } from '../metainfo/fields.ts'
import { describeValue } from '../metainfo/metainfo-fault.ts'
import { formatIpAddress, isUnicast, parseIpAddress } from '../ports/ip-address.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import {
  COMPACT_IPV4_BYTES,
  COMPACT_IPV6_BYTES,
  decodeCompactPeers,
  encodeCompactPeers,
} from '../wire/compact-peers.ts'
import { PEER_ID_BYTES, type PeerId, peerIdFromBytes } from '../wire/peer-id.ts'
import {
  bytesOf,
  decodeAnswer,
  intervalSeconds,
  shownText,
  soundIntervalSeconds,
  type TrackerFault,
  trackerFault,
} from './tracker-answer.ts'

export const PEERS_MAX = 3_000
const TRACKER_ID_BYTES_MAX = 300

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

export function parseAnnounceResponse(bytes: Uint8Array): AnnounceResponse | TrackerFault {
  const answer = decodeAnswer(bytes)
  if (!(answer instanceof BencodeDictionary)) return answer
  const peers = parsePeers(answer.get('peers'))
  const peers6 = parseCompact('peers6', answer.get('peers6'), COMPACT_IPV6_BYTES)
  if (!isPeers(peers)) return peers
  if (!isPeers(peers6)) return peers6
  return {
    kind: 'response',
    peers: distinctPeers([...peers, ...peers6]),
    intervalSeconds: soundIntervalSeconds(answer.get('interval')),
    minIntervalSeconds: intervalSeconds(answer.get('min interval')),
    complete: optionalCount(answer, 'complete'),
    incomplete: optionalCount(answer, 'incomplete'),
    trackerId: bytesOf(answer.get('tracker id'), trackerId),
    warning: bytesOf(answer.get('warning message'), shownText),
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

type Peers = readonly AnnouncedPeer[]

function isPeers(peers: Peers | TrackerFault): peers is Peers {
  return !('kind' in peers)
}

function parsePeers(value: BencodeValue | undefined): Peers | TrackerFault {
  return isList(value) ? value.flatMap(parseDictionaryPeer) : parseCompact('peers', value, COMPACT_IPV4_BYTES)
}

/** None where there is no such key: the answer to a `stopped` often has no peers. */
function parseCompact(field: string, value: BencodeValue | undefined, entryBytes: 6 | 18): Peers | TrackerFault {
  if (value === undefined) return []
  if (!(value instanceof Uint8Array)) {
    return trackerFault('bad-field', `${field}: expected a string, received ${describeValue(value)}`)
  }
  if (value.length % entryBytes !== 0) {
    return trackerFault('bad-field', `${field}: expected a multiple of ${entryBytes} bytes, received ${value.length}`)
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

/** It comes back in the query of each request: one that makes that too long for servers is none. */
function trackerId(bytes: Uint8Array): string | null {
  return bytes.length <= TRACKER_ID_BYTES_MAX ? keyFromBytes(bytes) : null
}

/** In the order of the answer, each address once, `PEERS_MAX` at most. */
export function distinctPeers(peers: Peers): Peers {
  const seen = new Map<string, AnnouncedPeer>()
  for (const peer of peers) {
    if (seen.size === PEERS_MAX) break
    const address = formatAddress(peer)
    if (!seen.has(address)) seen.set(address, peer)
  }
  return [...seen.values()]
}
