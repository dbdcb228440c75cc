/**
 * ut_metadata: the info dictionary of a torrent, sent from peer to peer in pieces of 16 KiB. BEP 9.
 *
 * A message is a bencoded dictionary; behind that of `data` stand the bytes of the piece. Total: any payload gives a
 * message, null for a kind that no BEP names (to be ignored, says BEP 9), or a fault.
 * Not here: asking and answering, putting the pieces together, checking the infohash.
 */
import { DECODE_LIMITS } from '../bencode/decode.ts'
import { encode } from '../bencode/encode.ts'
import { joined } from '../ports/bytes.ts'
import { integerIn, parseExtensionPayload } from './extension-payload.ts'
import { type WireFault, wireFault } from './fault.ts'

export type MetadataMessage =
  | { readonly kind: 'request'; readonly piece: number }
  | {
      readonly kind: 'data'
      readonly piece: number
      /** Of the whole metadata; the length of `data` agrees with it. */
      readonly totalBytes: number
      readonly data: Uint8Array
    }
  | { readonly kind: 'reject'; readonly piece: number }

export const METADATA_PIECE_BYTES = 16_384
/** As much as a .torrent may have; libtorrent takes 31 MB here and 10 MB there. */
export const METADATA_BYTES_MAX = DECODE_LIMITS.bytesMax
const PIECE_MAX = Math.ceil(METADATA_BYTES_MAX / METADATA_PIECE_BYTES) - 1
/** An honest dictionary has about 50 bytes. */
const DICTIONARY_BYTES_MAX = 1024

const REQUEST = 0
const DATA = 1
const REJECT = 2

/** The payload. Data is copied into it. */
export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  const { kind, piece } = message
  if (kind === 'request') return encode({ msg_type: REQUEST, piece })
  if (kind === 'reject') return encode({ msg_type: REJECT, piece })
  return joined([encode({ msg_type: DATA, piece, total_size: message.totalBytes }), message.data])
}

/** `data` is a view on the payload. */
export function parseMetadataMessage(payload: Uint8Array): MetadataMessage | WireFault | null {
  const parsed = parseExtensionPayload(payload, DICTIONARY_BYTES_MAX + METADATA_PIECE_BYTES)
  if ('code' in parsed) return parsed
  const { dictionary, rest } = parsed
  if (dictionary.endBytes > DICTIONARY_BYTES_MAX) {
    return wireFault('extension.too-long', `at most ${DICTIONARY_BYTES_MAX} bytes of dictionary`, dictionary.endBytes)
  }
  const type = dictionary.get('msg_type')
  if (typeof type !== 'number') return wireFault('extension.bencode', 'an integer msg_type', 'none')
  if (type !== REQUEST && type !== DATA && type !== REJECT) return null
  const piece = integerIn(dictionary.get('piece'), 0, PIECE_MAX)
  if (piece === null) return wireFault('metadata.piece', `a piece from 0 to ${PIECE_MAX}`, 'another or none')
  if (type !== DATA) return { kind: type === REQUEST ? 'request' : 'reject', piece }
  const totalBytes = integerIn(dictionary.get('total_size'), 1, METADATA_BYTES_MAX)
  if (totalBytes === null) return wireFault('metadata.size', `from 1 to ${METADATA_BYTES_MAX}`, 'another or none')
  const lastPiece = metadataPieceCount(totalBytes) - 1
  if (piece > lastPiece) return wireFault('metadata.piece', `a piece from 0 to ${lastPiece}`, piece)
  const lengthBytes = metadataPieceBytes(totalBytes, piece)
  if (rest.length === lengthBytes) return { kind: 'data', piece, totalBytes, data: rest }
  return wireFault('metadata.data', `${lengthBytes} bytes of piece ${piece} of ${totalBytes} bytes`, rest.length)
}

export function metadataPieceCount(totalBytes: number): number {
  return Math.ceil(totalBytes / METADATA_PIECE_BYTES)
}

/** 0 where there is no such piece. */
export function metadataPieceBytes(totalBytes: number, piece: number): number {
  return Math.max(0, Math.min(METADATA_PIECE_BYTES, totalBytes - piece * METADATA_PIECE_BYTES))
}
