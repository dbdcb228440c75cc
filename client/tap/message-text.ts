/**
 * One message in one line, for people: `request 12:16384+16384` is piece 12, from byte 16384 on, 16384 bytes. What peers
 * wrote is made printable and cut; the text of a message is no longer than about `TEXT_LENGTH_MAX`.
 */
import { BencodeDictionary, type BencodeValue, keyBytes, textOrNull } from '../bencode/value.ts'
import { toHex } from '../metainfo/infohash.ts'
import { printable } from '../metainfo/printable.ts'
import { EXTENSION_HANDSHAKE_BYTES_MAX, EXTENSION_HANDSHAKE_ID } from '../wire/extension-handshake.ts'
import { parseExtensionPayload } from '../wire/extension-payload.ts'
import { formatFault, type WireFault } from '../wire/fault.ts'
import type { Handshake } from '../wire/handshake.ts'
import type { Message } from '../wire/messages.ts'
import { formatPeerId } from '../wire/peer-id.ts'
import { hasExtensions, hasFast } from '../wire/reserved.ts'
import { parseDontHave, parseUploadOnly } from '../wire/small-extensions.ts'
import { parseMetadataMessage } from '../wire/ut-metadata.ts'
import { parsePexMessage } from '../wire/ut-pex.ts'

export const TEXT_LENGTH_MAX = 400
/** Of a byte string that is no text. */
const SHOWN_BYTES_MAX = 20

export interface MessageContext {
  /** What the receiver calls the extension of this id; null when it did not say. */
  readonly extensionName: (id: number) => string | null
  /** Null: not known; then a bitfield is counted with its spare bits. */
  readonly pieceCount: number | null
}

export function handshakeText({ infohash, peerId, reserved }: Handshake): string {
  const bits = reserved ?? new Uint8Array(8)
  const speaks = [hasFast(bits) && 'fast', hasExtensions(bits) && 'extensions'].filter((word) => word !== false)
  return ['handshake', infohash, formatPeerId(peerId), 'reserved', toHex(bits), ...speaks].join(' ')
}

export function messageText(message: Message, context: MessageContext): string {
  switch (message.type) {
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return `${message.type} ${message.piece}`
    case 'request':
    case 'cancel':
    case 'reject':
      return `${message.type} ${message.piece}:${message.offsetBytes}+${message.lengthBytes}`
    case 'piece':
      return `piece ${message.piece}:${message.offsetBytes}+${message.block.length}`
    case 'bitfield':
      return `bitfield ${setCount(message.bits)}/${context.pieceCount ?? message.bits.length * 8}`
    case 'port':
      return `port ${message.port}`
    case 'extended':
      return extendedText(message.extensionId, message.payload, context)
    case 'unknown':
      return `unknown ${message.id}, ${message.payload.length} bytes`
    default:
      return message.type
  }
}

export function faultText(fault: WireFault): string {
  return `fault ${printable(formatFault(fault))}`
}

function setCount(bits: Uint8Array): number {
  let count = 0
  for (let rest of bits) for (; rest > 0; rest &= rest - 1) count++
  return count
}

function extendedText(id: number, payload: Uint8Array, { extensionName }: MessageContext): string {
  if (id === EXTENSION_HANDSHAKE_ID) return `extended handshake ${dictionaryText(payload)}`
  const name = extensionName(id)
  switch (name) {
    case 'ut_metadata':
      return `${name} ${metadataText(payload)}`
    case 'ut_pex':
      return `${name} ${pexText(payload)}`
    case 'lt_donthave': {
      const parsed = parseDontHave(payload)
      return `${name} ${'code' in parsed ? faultText(parsed) : parsed.piece}`
    }
    case 'upload_only': {
      const parsed = parseUploadOnly(payload)
      return `${name} ${'code' in parsed ? faultText(parsed) : Number(parsed.uploadOnly)}`
    }
    default:
      return `extended ${name === null ? id : cut(printable(name))}, ${payload.length} bytes`
  }
}

function metadataText(payload: Uint8Array): string {
  const message = parseMetadataMessage(payload)
  if (message === null) return 'of an unknown kind'
  if ('code' in message) return faultText(message)
  if (message.kind !== 'data') return `${message.kind} ${message.piece}`
  return `data ${message.piece}, ${message.data.length} of ${message.totalBytes} bytes`
}

function pexText(payload: Uint8Array): string {
  const message = parsePexMessage(payload)
  return 'code' in message ? faultText(message) : `+${message.added.length} -${message.dropped.length}`
}

/** As it was written, also what this client does not know. */
function dictionaryText(payload: Uint8Array): string {
  const parsed = parseExtensionPayload(payload, EXTENSION_HANDSHAKE_BYTES_MAX)
  return 'code' in parsed ? faultText(parsed) : cut(valueText(parsed.dictionary))
}

function valueText(value: BencodeValue): string {
  if (value instanceof Uint8Array) return bytesText(value)
  if (typeof value === 'number' || typeof value === 'bigint') return `${value}`
  if (!(value instanceof BencodeDictionary)) return `[${value.map(valueText).join(', ')}]`
  return `{${[...value].map(([key, item]) => `${keyText(key)}: ${valueText(item)}`).join(', ')}}`
}

function keyText(key: string): string {
  return /^\w+$/.test(key) ? key : bytesText(keyBytes(key))
}

/** Quoted where it is text that can be printed; `yourip` and its like are hex. */
function bytesText(bytes: Uint8Array): string {
  const text = textOrNull(bytes)
  if (text !== null && printable(text) === text) return JSON.stringify(text)
  const more = bytes.length > SHOWN_BYTES_MAX ? '…' : ''
  return `0x${toHex(bytes.subarray(0, SHOWN_BYTES_MAX))}${more}`
}

function cut(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}…`
}
