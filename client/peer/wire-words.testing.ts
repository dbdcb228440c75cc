/** What tests of a peer connection say: who we and they are, the messages between us, the content. */
import { BLOCK_BYTES, type BlockRange, type PieceIndex } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import { EXTENSION_IDS, encodeExtensionHandshake } from '../wire/extension-handshake.ts'
import { encodeHandshake } from '../wire/handshake.ts'
import type { Message } from '../wire/messages.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import { bytes, pattern } from '../wire/stream.testing.ts'
import type { Greeting } from './peer-options.ts'

export const INFOHASH = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
export const OUR_ID = peerIdFromBytes(new TextEncoder().encode('-SL0001-abcdefghijkl'))
export const THEIR_ID = peerIdFromBytes(new TextEncoder().encode('-LT2080-mnopqrstuvwx'))

// What goes over the wire.

export const ours = encodeHandshake({ infohash: INFOHASH, peerId: OUR_ID, reserved: bytes('0000000000100004') })
/** A peer that speaks BEP 3 alone; with the fast extension; with the extension protocol; with both, and DHT, as most. */
export const theirs = encodeHandshake({ infohash: INFOHASH, peerId: THEIR_ID })
export const theirsFast = theirsWith('0000000000000004')
export const theirsExtended = theirsWith('0000000000100000')
export const theirsBoth = theirsWith('0000000000100005')
export const choke: Message = { type: 'choke' }
export const unchoke: Message = { type: 'unchoke' }
export const interested: Message = { type: 'interested' }
export const keepAlive: Message = { type: 'keep-alive' }

export const notInterested: Message = { type: 'not-interested' }
export const haveAll: Message = { type: 'have-all' }
export const haveNone: Message = { type: 'have-none' }

function theirsWith(reserved: string): Uint8Array {
  return encodeHandshake({ infohash: INFOHASH, peerId: THEIR_ID, reserved: bytes(reserved) })
}

export const have = (piece: number): Message => ({ type: 'have', piece })
export const request = (piece: number, blockIndex: number): Message => ({ type: 'request', ...at(piece, blockIndex) })
export const cancel = (piece: number, blockIndex: number): Message => ({ type: 'cancel', ...at(piece, blockIndex) })
export const reject = (piece: number, blockIndex: number): Message => ({ type: 'reject', ...at(piece, blockIndex) })
export const allowedFast = (piece: number): Message => ({ type: 'allowed-fast', piece })

/** A message by the extension protocol; the payload as bytes, or as text. */
export function extended(extensionId: number, payload: Uint8Array | string): Message {
  const bytesOf = (text: string) => new TextEncoder().encode(text)
  return { type: 'extended', extensionId, payload: typeof payload === 'string' ? bytesOf(payload) : payload }
}

/** What we say of ourselves where the test says nothing else. */
export const GREETING: Greeting = {
  listenPort: 6881,
  metadataBytes: 20_000,
  uploadOnly: false,
  usePex: true,
  remoteHost: '192.0.2.7',
}

/** Our extension handshake. */
export function ourGreeting(change: Partial<Greeting> = {}): Message {
  const greeting = { ...GREETING, ...change }
  const { ut_pex, ...others } = EXTENSION_IDS
  const payload = encodeExtensionHandshake({
    ids: new Map(Object.entries(greeting.usePex ? { ut_pex, ...others } : others)),
    listenPort: greeting.listenPort,
    metadataBytes: greeting.metadataBytes,
    requestQueueMax: 2_000,
    clientName: 'swarmlab',
    uploadOnly: greeting.uploadOnly,
    yourIp: greeting.remoteHost,
  })
  return extended(0, payload)
}

/** `bits` as in '1100 01': blanks are for the reader, spare bits are added. */
export function bitfield(bits: string): Message {
  const text = bits.replaceAll(' ', '')
  const octets = text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g) ?? []
  return { type: 'bitfield', bits: Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2)) }
}

/** What the content repeats. */
const CONTENT = pattern(BLOCK_BYTES + 251)

/** The bytes that the content has there; different at every place. */
export function block(piece: number, offsetBytes: number, lengthBytes = BLOCK_BYTES): Message & { type: 'piece' } {
  const from = (piece * 31 + offsetBytes) % 251
  return { type: 'piece', piece, offsetBytes, block: CONTENT.subarray(from, from + lengthBytes) }
}

export function at(piece: number, blockIndex: number, lengthBytes = BLOCK_BYTES): BlockRange {
  return { piece: piece as PieceIndex, offsetBytes: blockIndex * BLOCK_BYTES, lengthBytes }
}
