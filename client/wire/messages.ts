/**
 * Peer messages and their bytes. BEP 3 (ids 0-8), BEP 5 (9), BEP 6 (13-17), BEP 10 (20).
 *
 * A frame is `length: u32 BE`, then `id: u8`, then payload; length counts id + payload, 0 is keep-alive.
 * Not here: cutting a stream into frames (decoder), which message is legal when (peer).
 */
import { BLOCK_BYTES } from '../metainfo/geometry.ts'

/** A block, as messages name it. Unchecked: the piece may not exist. */
export interface WireRange {
  readonly piece: number
  readonly offsetBytes: number
  readonly lengthBytes: number
}

export type BareType = 'choke' | 'unchoke' | 'interested' | 'not-interested' | 'have-all' | 'have-none'
export type PieceType = 'have' | 'suggest' | 'allowed-fast'
export type RangeType = 'request' | 'cancel' | 'reject'

export type Message =
  | { readonly type: 'keep-alive' }
  | { readonly type: BareType }
  | { readonly type: PieceType; readonly piece: number }
  | ({ readonly type: RangeType } & WireRange)
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | { readonly type: 'piece'; readonly piece: number; readonly offsetBytes: number; readonly block: Uint8Array }
  | { readonly type: 'port'; readonly port: number }
  | { readonly type: 'extended'; readonly extensionId: number; readonly payload: Uint8Array }
  | { readonly type: 'unknown'; readonly id: number; readonly payload: Uint8Array }

/** Id, kind of payload, and the frame lengths that are legal (id + payload) for every message that has a name. */
export interface MessageFormat {
  readonly type: Exclude<Message['type'], 'keep-alive' | 'unknown'>
  readonly id: number
  readonly payload: 'none' | 'piece' | 'range' | 'block' | 'port' | 'bytes'
  readonly lengthMin: number
  readonly lengthMax: number
}

/** No frame is longer; libtorrent's limit, and room for a bitfield of 8 million pieces. */
export const FRAME_BYTES_MAX = 1_048_576
/** `length`, `id`, `piece`, `offset` in front of a block. */
export const PIECE_HEADER_BYTES = 13

const fixed = (type: MessageFormat['type'], id: number, payload: MessageFormat['payload'], length: number) =>
  ({ type, id, payload, lengthMin: length, lengthMax: length }) as const

export const MESSAGE_FORMATS: readonly MessageFormat[] = [
  fixed('choke', 0, 'none', 1),
  fixed('unchoke', 1, 'none', 1),
  fixed('interested', 2, 'none', 1),
  fixed('not-interested', 3, 'none', 1),
  fixed('have', 4, 'piece', 5),
  { type: 'bitfield', id: 5, payload: 'bytes', lengthMin: 1, lengthMax: FRAME_BYTES_MAX },
  fixed('request', 6, 'range', 13),
  // A block of no byte answers nothing, and nobody is asked for more than BLOCK_BYTES.
  { type: 'piece', id: 7, payload: 'block', lengthMin: 10, lengthMax: 9 + BLOCK_BYTES },
  fixed('cancel', 8, 'range', 13),
  fixed('port', 9, 'port', 3),
  fixed('suggest', 13, 'piece', 5),
  fixed('have-all', 14, 'none', 1),
  fixed('have-none', 15, 'none', 1),
  fixed('reject', 16, 'range', 13),
  fixed('allowed-fast', 17, 'piece', 5),
  { type: 'extended', id: 20, payload: 'bytes', lengthMin: 2, lengthMax: FRAME_BYTES_MAX },
]

const FORMAT_BY_ID: readonly (MessageFormat | undefined)[] = Array.from({ length: 256 }, (_, id) =>
  MESSAGE_FORMATS.find((format) => format.id === id),
)
const ID_OF = Object.fromEntries(MESSAGE_FORMATS.map(({ type, id }) => [type, id])) as Record<
  MessageFormat['type'],
  number
>

/** Undefined for an id that no BEP above names. */
export function formatOfId(id: number): MessageFormat | undefined {
  return FORMAT_BY_ID[id]
}

/** One whole frame. A block is copied: the hot path sends `encodePieceHeader` and the block itself instead. */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case 'keep-alive':
      return new Uint8Array(4)
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return pieceFrame(ID_OF[message.type], message.piece)
    case 'request':
    case 'cancel':
    case 'reject':
      return rangeFrame(ID_OF[message.type], message)
    case 'bitfield':
      return frame(message.type, [], message.bits)
    case 'piece':
      return frame(message.type, [message.piece, message.offsetBytes], message.block)
    case 'port':
      return frame(message.type, [], Uint8Array.of(message.port >>> 8, message.port & 0xff))
    case 'extended':
      return frame(message.type, [], prepended(message.extensionId, message.payload))
    case 'unknown':
      return frame(message.id, [], message.payload)
    default:
      return frame(message.type, [])
  }
}

/** The 13 bytes in front of a block. */
export function encodePieceHeader(piece: number, offsetBytes: number, blockBytes: number): Uint8Array {
  const bytes = shortFrame(ID_OF.piece, 2)
  putWord(bytes, 0, 9 + blockBytes)
  putWord(bytes, 5, piece)
  putWord(bytes, 9, offsetBytes)
  return bytes
}

function pieceFrame(id: number, piece: number): Uint8Array {
  const bytes = shortFrame(id, 1)
  putWord(bytes, 5, piece)
  return bytes
}

function rangeFrame(id: number, { piece, offsetBytes, lengthBytes }: WireRange): Uint8Array {
  const bytes = shortFrame(id, 3)
  putWord(bytes, 5, piece)
  putWord(bytes, 9, offsetBytes)
  putWord(bytes, 13, lengthBytes)
  return bytes
}

/** Ids and lengths of what is sent most: a `have` or a `request` for every block. */
function shortFrame(id: number, words: number): Uint8Array {
  const bytes = new Uint8Array(5 + 4 * words)
  bytes[3] = 1 + 4 * words
  bytes[4] = id
  return bytes
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24
  bytes[at + 1] = word >>> 16
  bytes[at + 2] = word >>> 8
  bytes[at + 3] = word
}

function frame(type: number | MessageFormat['type'], words: readonly number[], tail: Uint8Array = NOTHING): Uint8Array {
  const lengthBytes = 1 + words.length * 4 + tail.length
  const bytes = new Uint8Array(4 + lengthBytes)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, lengthBytes)
  view.setUint8(4, typeof type === 'number' ? type : ID_OF[type])
  words.forEach((word, index) => {
    view.setUint32(5 + index * 4, word)
  })
  bytes.set(tail, 5 + words.length * 4)
  return bytes
}

function prepended(byte: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + payload.length)
  bytes[0] = byte
  bytes.set(payload, 1)
  return bytes
}

const NOTHING = new Uint8Array(0)
