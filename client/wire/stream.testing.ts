/** What tests of streams share: any message, bytes joined and cut anywhere, and a decoder fed with them. */
import fc from 'fast-check'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { joined } from '../ports/bytes.ts'
import type { Ownership } from '../ports/transport.ts'
import { type Decoded, MessageDecoder } from './decoder.ts'
import { formatOfId, type Message } from './messages.ts'

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return joined(parts)
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Blanks are for the reader. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Bytes that are all different from their neighbours, so that a shift shows. */
export function pattern(lengthBytes: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, at) => (at * 7 + seed) % 251)
}

/** Cuts bytes at these places, wherever they fall. */
export function cutAt(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return at.slice(1).map((end, index) => whole.subarray(at[index], end))
}

/**
 * All that a decoder makes of these chunks. Each is handed over as a copy of its own; a borrowed one turns to garbage as
 * soon as the decoder has been drained, as a shared receive buffer does.
 */
export function decodeAll(chunks: readonly Uint8Array[], ownership: (chunk: number) => Ownership): Decoded[] {
  const decoder = new MessageDecoder()
  const decoded: Decoded[] = []
  for (const [index, chunk] of chunks.entries()) {
    const given = chunk.slice()
    decoder.push(given, ownership(index))
    for (let next = decoder.next(); next !== null; next = decoder.next()) decoded.push(next)
    if (ownership(index) === 'borrowed') given.fill(0xa5)
  }
  return decoded
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const payload = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
const bare = fc.constantFrom('choke', 'unchoke', 'interested', 'not-interested', 'have-all', 'have-none')
const range = { piece: u32, offsetBytes: u32, lengthBytes: u32 }

/** Of every type, with sizes at both ends of what is legal. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.constant<Message>({ type: 'keep-alive' }),
  fc.record({ type: bare }),
  fc.record({ type: fc.constantFrom('have', 'suggest', 'allowed-fast'), piece: u32 }),
  fc.record({ type: fc.constantFrom('request', 'cancel', 'reject'), ...range }),
  fc.record({ type: fc.constant('bitfield'), bits: payload(0, 300) }),
  fc.record({
    type: fc.constant('piece'),
    piece: u32,
    offsetBytes: u32,
    block: fc.oneof(
      payload(1, 64),
      fc.constantFrom(1, 16_383, BLOCK_BYTES).map((length) => pattern(length)),
    ),
  }),
  fc.record({ type: fc.constant('port'), port: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ type: fc.constant('extended'), extensionId: fc.nat(255), payload: payload(0, 300) }),
  fc.record({
    type: fc.constant('unknown'),
    id: fc.nat(255).filter((id) => formatOfId(id) === undefined),
    payload: payload(0, 300),
  }),
)
