/**
 * What trackers say and are asked: first byte: which codec. Over HTTP an answer to an announce or a scrape and the query
 * of an announce; over UDP both directions; and the URL of a tracker.
 */
import { isDeepStrictEqual } from 'node:util'
import { encode } from '../../bencode/encode.ts'
import { textFromBytes } from '../../bencode/value.ts'
import { joined } from '../../ports/bytes.ts'
import { canonicalIpAddress, isUnicast, parseIpAddress } from '../../ports/ip-address.ts'
import type { Random } from '../../ports/random.ts'
import { formatAddress } from '../../ports/transport.ts'
import { announceRequestFromQuery, announceUrl } from '../../tracker/announce-request.ts'
import {
  type AnnounceResponse,
  encodeAnnounceResponse,
  PEERS_MAX,
  parseAnnounceResponse,
} from '../../tracker/announce-response.ts'
import { encodeScrapeResponse, parseScrapeResponse } from '../../tracker/scrape.ts'
import type { TrackerFault } from '../../tracker/tracker-answer.ts'
import { parseTrackerUrl } from '../../tracker/tracker-url.ts'
import {
  encodeAnnounceRequest,
  encodeConnectRequest,
  encodeScrapeRequest,
  parseUdpRequest,
} from '../../tracker/udp-requests.ts'
import {
  type AddressFamily,
  encodeConnectResponse,
  encodeUdpAnnounceResponse,
  parseUdpResponse,
} from '../../tracker/udp-responses.ts'
import { reshapedBencode, someValue } from '../bencode-shapes.ts'
import { happens, pick, someBytes, times } from '../chance.ts'
import { type FuzzTarget, holds, sameBytes } from '../target.ts'

const VOCABULARY = [
  ...['peers', 'peers6', 'interval', 'min interval', 'complete', 'incomplete', 'tracker id', 'warning message'],
  ...['failure reason', 'failure_reason', 'retry in', 'external ip', 'ip', 'port', 'peer id', 'files', 'downloaded'],
  'downloaders',
]

interface Codec {
  readonly generate: (random: Random) => Uint8Array
  readonly check: (bytes: Uint8Array) => string
  readonly isBencode: boolean
}

const CODECS: readonly Codec[] = [
  { generate: someAnswer, check: checkAnswer, isBencode: true },
  { generate: someScrape, check: checkScrape, isBencode: true },
  { generate: someDatagram, check: (bytes) => checkDatagram(bytes, 'ipv4'), isBencode: false },
  { generate: someDatagram, check: (bytes) => checkDatagram(bytes, 'ipv6'), isBencode: false },
  { generate: someRequest, check: checkRequest, isBencode: false },
  { generate: someQuery, check: checkQuery, isBencode: false },
  { generate: someUrl, check: checkUrl, isBencode: false },
]

export const trackerTarget: FuzzTarget = {
  name: 'tracker',
  generate(random) {
    const which = random.below(CODECS.length)
    return joined([Uint8Array.of(which), CODECS[which]!.generate(random)])
  },
  reshape(random, input) {
    if (CODECS[input[0] ?? 0]?.isBencode !== true) return null
    const answer = reshapedBencode(random, input.subarray(1), VOCABULARY)
    return answer === null ? null : joined([input.subarray(0, 1), answer])
  },
  run: (input) => (CODECS[input[0] ?? 0] ?? CODECS[0]!).check(input.subarray(1)),
}

function someAnswer(random: Random): Uint8Array {
  const dictionaries = times(random, 4, () => ({
    ip: pick(random, ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '1.2.3']),
    port: random.below(70_000),
    'peer id': someBytes(random, 20),
  }))
  return encode({
    interval: pick(random, [0, -1, 4, 5, 1800, 2 ** 40]),
    'min interval': happens(random, 30) ? random.below(100_000) : undefined,
    peers: happens(random, 50) ? dictionaries : bytesOfLength(random, 6 * random.below(20)),
    peers6: happens(random, 50) ? bytesOfLength(random, 18 * random.below(20)) : undefined,
    'warning message': happens(random, 20) ? someBytes(random, 400) : undefined,
    'failure reason': happens(random, 20) ? someBytes(random, 400) : undefined,
    'retry in': happens(random, 20) ? pick(random, [5, 'never', '7', 'soon']) : undefined,
    'external ip': happens(random, 20) ? bytesOfLength(random, pick(random, [4, 16, 5])) : undefined,
    [pick(random, VOCABULARY.slice(4))]: someValue(random, VOCABULARY),
  })
}

function someScrape(random: Random): Uint8Array {
  const file = () => ({ complete: random.below(9), downloaded: random.below(9), incomplete: -random.below(2) })
  const key = () => String.fromCharCode(...bytesOfLength(random, pick(random, [20, 20, 20, 19])))
  return encode({ files: new Map(times(random, 5, () => [key(), file()] as const)) })
}

function someDatagram(random: Random): Uint8Array {
  return joined([Uint8Array.of(0, 0, 0, random.below(5)), someBytes(random, 4), someBytes(random, 200)])
}

function someRequest(random: Random): Uint8Array {
  const protocol = Uint8Array.of(0, 0, 0x04, 0x17, 0x27, 0x10, 0x19, 0x80)
  const head = joined([
    happens(random, 50) ? protocol : bytesOfLength(random, 8),
    Uint8Array.of(0, 0, 0, random.below(4)),
  ])
  return joined([head, bytesOfLength(random, pick(random, [3, 4, 86, 130])), someBytes(random, 60)])
}

const QUERY_PARTS = [
  ...['uploaded=0', 'downloaded=1', 'left=9223372036854775807', 'port=6881', 'event=started', 'compact=0', 'numwant=5'],
  ...['no_peer_id=1', 'key=%00%ff', 'trackerid=a+b', 'ip=::1', 'ip=x', '', '&', '=', '%', '%zz', 'port=0', 'left=-1'],
]

function someQuery(random: Random): Uint8Array {
  const needed = ['info_hash=%00aaaaaaaaaaaaaaaaaaa', 'peer_id=-SL0001-bbbbbbbbbbbb', ...QUERY_PARTS.slice(0, 4)]
  return new TextEncoder().encode([...needed, ...times(random, 6, () => pick(random, QUERY_PARTS))].join('&'))
}

function someUrl(random: Random): Uint8Array {
  const parts = [
    'http://',
    'https://',
    'udp://',
    'file:///',
    'a',
    '[::1]',
    ':80',
    ':0',
    '/announce',
    '?a=b',
    '#',
    '%',
    '\0',
  ]
  return new TextEncoder().encode(times(random, 6, () => pick(random, parts)).join(''))
}

function bytesOfLength(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

function checkAnswer(bytes: Uint8Array): string {
  const answer = parseAnnounceResponse(bytes)
  if (answer.kind === 'fault') return checkFault(answer)
  checkResponse(answer)
  for (const compact of [true, false]) {
    const again = parseAnnounceResponse(encodeAnnounceResponse(answer, compact))
    holds(again.kind === 'response', 'an answer that was written can be read')
    const [sent, read] = [answer, again].map(({ peers }) => peers.map(formatAddress).sort())
    holds(isDeepStrictEqual(sent, read), 'peers are sent as they came')
    holds(compact || isDeepStrictEqual({ ...again, warning: null }, { ...answer, warning: null }), 'so is the rest')
  }
  const { peers, warning, trackerId, externalIp } = answer
  return `answer ${[peers.length > 0, warning !== null, trackerId !== null, externalIp !== null]}`
}

function checkResponse({ peers, intervalSeconds, minIntervalSeconds, warning, externalIp }: AnnounceResponse): void {
  holds(peers.length <= PEERS_MAX, 'there are no more peers than may be')
  holds(new Set(peers.map(formatAddress)).size === peers.length, 'each peer is named once')
  for (const { host, port, peerId } of peers) {
    const address = parseIpAddress(host)
    holds(address !== null && isUnicast(address) && canonicalIpAddress(host) === host, 'a host is an IP literal')
    holds(Number.isInteger(port) && port >= 1 && port <= 65_535, 'a port is a port')
    holds(peerId === null || peerId.length === 20, 'a peer id has 20 bytes')
  }
  for (const seconds of [intervalSeconds, minIntervalSeconds ?? 5]) {
    holds(seconds >= 5 && seconds <= 86_400, 'an interval is neither a loop nor for ever')
  }
  holds(isShown(warning), 'a warning is short and safe to print')
  holds(externalIp === null || canonicalIpAddress(externalIp) === externalIp, 'an address is an IP literal')
}

function checkFault({ code, detail, retryInSeconds }: TrackerFault): string {
  holds(isShown(detail), 'a fault is short and safe to print')
  const numeric = typeof retryInSeconds === 'number'
  holds(!numeric || (retryInSeconds > 0 && retryInSeconds <= 86_400), 'a retry is neither a loop nor for ever')
  return `fault ${code} ${code === 'failure' ? typeof retryInSeconds : detail.replace(/\d+/g, '#').slice(0, 60)}`
}

function checkScrape(bytes: Uint8Array): string {
  const scrape = parseScrapeResponse(bytes)
  if (scrape.kind === 'fault') return `scrape ${checkFault(scrape)}`
  const again = parseScrapeResponse(encodeScrapeResponse(scrape.counts))
  holds(again.kind === 'scrape', 'a scrape that was written can be read')
  holds(isDeepStrictEqual(new Map([...again.counts].sort()), new Map([...scrape.counts].sort())), 'counts are the same')
  return `scrape ${scrape.counts.size > 0}`
}

function checkDatagram(bytes: Uint8Array, family: AddressFamily): string {
  const response = parseUdpResponse(bytes, family)
  if (response === null) return 'datagram none'
  const { kind, transactionId } = response
  if (kind === 'connect') {
    const encoded = encodeConnectResponse(transactionId, response.connectionId)
    holds(sameBytes(encoded, bytes.subarray(0, 16)), 'a connection id is sent as it came')
  } else if (kind === 'announce') {
    checkResponse(response.announce)
    const again = parseUdpResponse(encodeUdpAnnounceResponse(transactionId, response.announce, family), family)
    const peers = (found: typeof again) => (found?.kind === 'announce' ? found.announce.peers.map(formatAddress) : [])
    // An IPv4 address that was written as IPv6 has no room in an answer of IPv6.
    const sent = peers(response).filter((address) => address.startsWith('[') === (family === 'ipv6'))
    holds(isDeepStrictEqual(peers(again), sent), 'peers are sent as they came')
  } else if (kind === 'error') holds(isShown(response.message), 'a message is short and safe to print')
  return `datagram ${kind}`
}

function checkRequest(bytes: Uint8Array): string {
  const request = parseUdpRequest(bytes)
  if (request === null) return 'request none'
  const { kind, transactionId } = request
  if (kind === 'connect') {
    holds(sameBytes(encodeConnectRequest(transactionId), bytes.subarray(0, 16)), 'a request is sent as it came')
    return 'request connect'
  }
  const { connectionId } = request
  const encoded =
    kind === 'scrape'
      ? encodeScrapeRequest(connectionId, transactionId, request.infohashes)
      : encodeAnnounceRequest(connectionId, transactionId, request.announce, request.requestString)
  holds(isDeepStrictEqual(parseUdpRequest(encoded), request), 'a request is sent as it came')
  return `request ${kind}`
}

function checkQuery(bytes: Uint8Array): string {
  const request = announceRequestFromQuery(textFromBytes(bytes))
  if ('kind' in request) return `query ${request.field} ${request.expected}`
  const [, query = ''] = announceUrl('http://t/announce', request).split('?')
  holds(isDeepStrictEqual(announceRequestFromQuery(query), request), 'a request is sent as it came')
  return `query ${request.event} ${[request.key !== null, request.trackerId !== null, request.ip !== null]}`
}

function checkUrl(bytes: Uint8Array): string {
  const endpoint = parseTrackerUrl(textFromBytes(bytes))
  if (typeof endpoint === 'string') {
    holds(isShown(endpoint), 'a reason is short and safe to print')
    return `url ${endpoint.replace(/\d+/g, '#').replace(/^\S+: trackers/, 'these trackers')}`
  }
  if (endpoint.kind === 'udp') {
    holds(endpoint.port >= 1 && endpoint.port <= 65_535 && endpoint.host !== '', 'an endpoint can be asked')
    holds(/^[\x21-\x7e]*$/.test(endpoint.requestString), 'a request string is ASCII')
  }
  return `url ${endpoint.kind}`
}

/** 300 bytes are kept of any text, and each may be escaped. */
function isShown(text: string | null): boolean {
  return text === null || (text.length <= 300 * '\\u{202e}'.length && !/[\p{Cc}\u202a-\u202e]/u.test(text))
}
