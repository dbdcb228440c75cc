/** What extensions say: first byte: which codec; the rest is its payload, or its text in UTF-8. */
import { isDeepStrictEqual } from 'node:util'
import { type EncodableRecord, encode } from '../../bencode/encode.ts'
import { textFromBytes } from '../../bencode/value.ts'
import { formatFileSelection, parseFileSelection } from '../../metainfo/file-selection.ts'
import { formatMagnet, MAGNET_LENGTH_MAX, parseMagnet } from '../../metainfo/magnet.ts'
import { describeMetainfoFault } from '../../metainfo/metainfo-fault.ts'
import { joined } from '../../ports/bytes.ts'
import { isUnicast, parseIpAddress } from '../../ports/ip-address.ts'
import type { Random } from '../../ports/random.ts'
import { formatAddress, type PeerAddress } from '../../ports/transport.ts'
import { encodeExtensionHandshake, parseExtensionHandshake } from '../../wire/extension-handshake.ts'
import { encodeDontHave, parseDontHave, parseUploadOnly } from '../../wire/small-extensions.ts'
import {
  encodeMetadataMessage,
  METADATA_BYTES_MAX,
  METADATA_PIECE_BYTES,
  parseMetadataMessage,
} from '../../wire/ut-metadata.ts'
import { encodePexMessage, PEX_RECEIVED_MAX, PEX_SENT_MAX, parsePexMessage } from '../../wire/ut-pex.ts'
import { reshapedBencode, someValue } from '../bencode-shapes.ts'
import { happens, pick, someBytes, times } from '../chance.ts'
import { type FuzzTarget, holds, sameBytes } from '../target.ts'

const VOCABULARY = [
  ...['m', 'p', 'v', 'reqq', 'metadata_size', 'upload_only', 'yourip', 'ut_pex', 'ut_metadata', 'lt_donthave'],
  ...['msg_type', 'piece', 'total_size', 'added', 'added.f', 'added6', 'added6.f', 'dropped', 'dropped6'],
]

interface Codec {
  readonly generate: (random: Random) => Uint8Array
  readonly check: (payload: Uint8Array) => string
  readonly isBencode: boolean
}

const CODECS: readonly Codec[] = [
  { generate: someHandshake, check: checkHandshake, isBencode: true },
  { generate: someMetadata, check: checkMetadata, isBencode: true },
  { generate: somePex, check: checkPex, isBencode: true },
  { generate: someMagnet, check: checkMagnet, isBencode: false },
  { generate: someSelection, check: checkSelection, isBencode: false },
  { generate: (random) => someBytes(random, 6), check: checkSmall, isBencode: false },
]

export const extensionTarget: FuzzTarget = {
  name: 'extension',
  generate(random) {
    const which = random.below(CODECS.length)
    return joined([Uint8Array.of(which), CODECS[which]!.generate(random)])
  },
  reshape(random, input) {
    if (CODECS[input[0] ?? 0]?.isBencode !== true) return null
    const payload = reshapedBencode(random, input.subarray(1), VOCABULARY)
    return payload === null ? null : joined([input.subarray(0, 1), payload])
  },
  run: (input) => (CODECS[input[0] ?? 0] ?? CODECS[0]!).check(input.subarray(1)),
}

function someHandshake(random: Random): Uint8Array {
  const ids = times(random, 4, (): [string, number] => [pick(random, VOCABULARY), random.below(300)])
  return someRecord(random, {
    m: new Map(ids),
    p: random.below(70_000),
    v: someBytes(random, 100),
    reqq: random.below(3000),
    metadata_size: random.below(100_000),
    yourip: someBytes(random, 20),
    upload_only: random.below(2),
  })
}

function someMetadata(random: Random): Uint8Array {
  const total = random.below(40_000)
  const piece = random.below(3)
  const head = someRecord(random, { msg_type: random.below(4), piece, total_size: total })
  const dataBytes = Math.max(0, Math.min(METADATA_PIECE_BYTES, total - piece * METADATA_PIECE_BYTES))
  return joined([head, new Uint8Array(happens(random, 80) ? dataBytes : random.below(100))])
}

function somePex(random: Random): Uint8Array {
  const peers = (entryBytes: number) => {
    const count = pick(random, [0, 1, 3, 49, 50, 51, 99, 100, 101])
    return Uint8Array.from({ length: count * entryBytes + (happens(random, 90) ? 0 : 1) }, () => random.below(256))
  }
  return someRecord(random, {
    added: peers(6),
    'added.f': someBytes(random, 60),
    added6: peers(18),
    'added6.f': someBytes(random, 60),
    dropped: peers(6),
    dropped6: peers(18),
  })
}

/** With some of its keys left out or of another type. */
function someRecord(random: Random, record: EncodableRecord): Uint8Array {
  const entries = Object.entries(record).flatMap(([key, value]) => {
    const how = random.below(20)
    if (how === 0) return []
    return [[key, how === 1 ? someValue(random, VOCABULARY) : value] as const]
  })
  return encode(Object.fromEntries(entries))
}

const INFOHASHES = ['32687b3a1687dd0b40ebdc0676b1fb1359ddbc20', 'GJUHWOQWQ7OQWQHL3QDHNMP3CNM53PBA']
const MAGNET_PARTS = [
  ...['dn=a+b', 'dn=%1b%ff', 'tr=http%3A%2F%2Fa%2F', 'tr.1=udp://b', 'ws=http://w', 'x.pe=1.2.3.4:5', 'x.pe=[::1]:6'],
  ...['x.pe=a.b:1', 'so=0,2,4-6', 'so=', 'xs=http://x', 'xt=urn:btmh:1220ab', '', '&', '%', '=', 'xt=urn:btih:'],
]

function someMagnet(random: Random): Uint8Array {
  const xt = happens(random, 90) ? [`xt=urn:btih:${pick(random, INFOHASHES)}`] : []
  const parts = [...xt, ...times(random, 6, () => pick(random, MAGNET_PARTS))]
  return new TextEncoder().encode(`magnet:?${parts.join('&')}`)
}

function someSelection(random: Random): Uint8Array {
  const ranges = times(random, 5, () => pick(random, ['0', '7', '1-3', '2-9', '5-4', '-', '', '9999999', '10000000']))
  return new TextEncoder().encode(ranges.join(','))
}

function checkHandshake(payload: Uint8Array): string {
  const said = parseExtensionHandshake(payload)
  if ('code' in said) return `handshake ${said.code} ${kindOf(said.received)}`
  const { listenPort, metadataBytes, requestQueueMax, clientName, yourIp } = said
  holds(listenPort === null || (listenPort >= 1 && listenPort <= 65_535), 'a port is a port')
  holds(metadataBytes === null || (metadataBytes >= 1 && metadataBytes <= METADATA_BYTES_MAX), 'metadata has a size')
  holds(requestQueueMax === null || requestQueueMax >= 1, 'a queue has room')
  holds(clientName === null || !/\p{Cc}/u.test(clientName), 'a client has a name that is safe to print')
  holds(clientName === null || clientName.length <= 64 * '\\u{202e}'.length, 'a client has a short name')
  holds(yourIp === null || parseIpAddress(yourIp) !== null, 'an address is an IP literal')
  holds(
    [...said.ids.values()].every((id) => id >= 0 && id <= 255),
    'an id is a byte',
  )
  const again = parseExtensionHandshake(encodeExtensionHandshake(said))
  // An escaped name is cut anew: its escapes take more room than what they stand for.
  const shortName = (name: string | null) => ('code' in again || name === null ? name : again.clientName)
  holds(isDeepStrictEqual(again, { ...said, clientName: shortName(clientName) }), 'a handshake is sent as it came')
  const nulls = Object.entries(said).filter(([, value]) => value === null)
  return `handshake without ${nulls.map(([key]) => key)}`
}

function checkMetadata(payload: Uint8Array): string {
  const message = parseMetadataMessage(payload)
  if (message === null) return 'metadata of no kind'
  if ('code' in message) return `metadata ${message.code} ${kindOf(message.expected)}`
  if (message.kind === 'data') {
    holds(message.data.length >= 1 && message.data.length <= METADATA_PIECE_BYTES, 'data is a piece')
    holds(message.totalBytes <= METADATA_BYTES_MAX, 'metadata is no longer than may be')
    holds(message.piece * METADATA_PIECE_BYTES + message.data.length <= message.totalBytes, 'a piece is inside')
  }
  const again = parseMetadataMessage(encodeMetadataMessage(message))
  holds(isDeepStrictEqual(again, message), 'a message is sent as it came')
  return `metadata ${message.kind}`
}

function checkPex(payload: Uint8Array): string {
  const message = parsePexMessage(payload)
  if ('code' in message) return `pex ${message.code} ${kindOf(message.received)}`
  const { added, dropped } = message
  for (const addresses of [added.map(({ address }) => address), dropped]) {
    holds(addresses.length <= PEX_RECEIVED_MAX, 'no more peers are taken than may be')
    holds(addresses.every(isPeer), 'a peer can be connected to')
    holds(new Set(addresses.map(formatAddress)).size === addresses.length, 'each peer is named once')
  }
  const again = parsePexMessage(encodePexMessage(message))
  const sent = { added: added.slice(0, PEX_SENT_MAX), dropped: dropped.slice(0, PEX_SENT_MAX) }
  holds(isDeepStrictEqual(again, sent), 'a message is sent as it came')
  return `pex ${added.length > 0} ${dropped.length > 0} ${added.length > PEX_SENT_MAX}`
}

function isPeer({ host, port }: PeerAddress): boolean {
  const address = parseIpAddress(host)
  return address !== null && isUnicast(address) && port >= 1 && port <= 65_535
}

function checkMagnet(payload: Uint8Array): string {
  const magnet = parseMagnet(textFromBytes(payload))
  if (magnet.kind === 'fault') {
    holds(!/\p{Cc}/u.test(describeMetainfoFault(magnet)), 'a fault is one line that is safe to print')
    return `magnet ${magnet.code} ${magnet.at}`
  }
  holds(/^[0-9a-f]{40}$/.test(magnet.infohash), 'an infohash is one')
  holds(magnet.name === null || !/\p{Cc}/u.test(magnet.name), 'a name is safe to print')
  holds(magnet.peers.every(isPeer), 'a peer can be connected to')
  const link = formatMagnet(magnet)
  if (link.length > MAGNET_LENGTH_MAX) return 'magnet that grew too long'
  const again = parseMagnet(link)
  holds(again.kind === 'magnet', 'a link that was written can be read')
  holds(isDeepStrictEqual({ ...again, name: null }, { ...magnet, name: null }), 'a link is written as it was read')
  const { peers, trackers, webSeeds, selectedFiles } = magnet
  return `magnet ${[peers, trackers, webSeeds].map(({ length }) => length > 0)} ${selectedFiles !== null}`
}

function checkSelection(payload: Uint8Array): string {
  const selection = parseFileSelection(textFromBytes(payload))
  if (selection.kind === 'fault') return `selection ${selection.code}`
  holds(isDeepStrictEqual(parseFileSelection(formatFileSelection(selection)), selection), 'files are written as read')
  holds(selection.ranges.length > 0, 'a selection names a file')
  return 'selection'
}

function checkSmall(payload: Uint8Array): string {
  const dontHave = parseDontHave(payload)
  const uploadOnly = parseUploadOnly(payload)
  if ('piece' in dontHave) holds(sameBytes(encodeDontHave(dontHave.piece), payload), 'a piece is sent as it came')
  return `small ${'piece' in dontHave} ${'uploadOnly' in uploadOnly}`
}

function kindOf(text: string): string {
  return text.replace(/\d+/g, '#').slice(0, 60)
}
