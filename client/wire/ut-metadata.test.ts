import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EncodableRecord, encode } from '../bencode/encode.ts'
import { keyBytes, keyFromBytes } from '../bencode/value.ts'
import { formatFault } from './fault.ts'
import { join, pattern } from './stream.testing.ts'
import {
  encodeMetadataMessage,
  METADATA_BYTES_MAX,
  METADATA_PIECE_BYTES,
  type MetadataMessage,
  metadataPieceBytes,
  metadataPieceCount,
  parseMetadataMessage,
} from './ut-metadata.ts'

test.each<[string, MetadataMessage]>([
  ['d8:msg_typei0e5:piecei0ee', { kind: 'request', piece: 0 }],
  ['d8:msg_typei2e5:piecei0ee', { kind: 'reject', piece: 0 }],
  [
    `d8:msg_typei1e5:piecei0e10:total_sizei34ee${'x'.repeat(34)}`,
    { kind: 'data', piece: 0, totalBytes: 34, data: new Uint8Array(34).fill(0x78) },
  ],
])('%s (BEP 9)', (payload, message) => {
  expect(keyFromBytes(encodeMetadataMessage(message))).toBe(payload)
  expect(parseMetadataMessage(keyBytes(payload))).toEqual(message)
})

test('data is a view on the payload, not a copy', () => {
  const payload = encodeMetadataMessage({ kind: 'data', piece: 0, totalBytes: 3, data: pattern(3) })
  const message = parseMetadataMessage(payload)
  expect(message !== null && 'data' in message && message.data.buffer).toBe(payload.buffer)
})

test('a kind of message that no BEP names is to be ignored', () => {
  expect(parseMetadataMessage(encode({ msg_type: 3, piece: 0 }))).toBe(null)
  expect(parseMetadataMessage(encode({ msg_type: -1 }))).toBe(null)
})

describe('the piece and the size say how much data there is', () => {
  const outcomeOf = (piece: number, totalBytes: number, dataBytes: number) => {
    const head = encode({ msg_type: 1, piece, total_size: totalBytes })
    const message = parseMetadataMessage(join(head, new Uint8Array(dataBytes)))
    if (message === null) return 'ignored'
    return 'code' in message ? formatFault(message) : message.kind
  }
  const last = metadataPieceCount(METADATA_BYTES_MAX) - 1
  test.each([
    [0, 16_384, 16_384, 'data'],
    [0, 16_385, 16_384, 'data'],
    [1, 16_385, 1, 'data'],
    [last, METADATA_BYTES_MAX, METADATA_BYTES_MAX % 16_384, 'data'],
    [0, 16_384, 16_383, 'metadata.data: expected 16384 bytes of piece 0 of 16384 bytes, received 16383'],
    [0, 16_383, 16_384, 'metadata.data: expected 16383 bytes of piece 0 of 16383 bytes, received 16384'],
    [1, 16_385, 2, 'metadata.data: expected 1 bytes of piece 1 of 16385 bytes, received 2'],
    [0, 1, 0, 'metadata.data: expected 1 bytes of piece 0 of 1 bytes, received 0'],
    [1, 16_384, 0, 'metadata.piece: expected a piece from 0 to 0, received 1'],
    [1, 16_384, 1, 'metadata.piece: expected a piece from 0 to 0, received 1'],
    [last, 16_385, 1, `metadata.piece: expected a piece from 0 to 1, received ${last}`],
  ])('piece %i of %i bytes with %i: %s', (piece, totalBytes, dataBytes, outcome) => {
    expect(outcomeOf(piece, totalBytes, dataBytes)).toBe(outcome)
  })
})

describe('what is hostile is a fault', () => {
  const data = { msg_type: 1, piece: 0, total_size: 1 }
  const dictionary = (bytes: number) => encode({ ...data, x: new Uint8Array(bytes) })
  const shell = dictionary(100).length - 100
  test.each<[string, EncodableRecord | Uint8Array, string]>([
    ['no kind', { piece: 0 }, 'extension.bencode: expected an integer msg_type, received none'],
    ['a kind that is a string', { msg_type: '0', piece: 0 }, 'extension.bencode'],
    ['a kind beyond any number', { msg_type: 2n ** 64n - 1n }, 'extension.bencode'],
    ['no piece', { msg_type: 0 }, 'metadata.piece: expected a piece from 0 to 610, received another or none'],
    ['a negative piece', { msg_type: 0, piece: -1 }, 'metadata.piece'],
    ['the last piece there can be', { msg_type: 0, piece: 610 }, 'none'],
    ['one more', { msg_type: 0, piece: 611 }, 'metadata.piece'],
    ['a reject of it', { msg_type: 2, piece: 611 }, 'metadata.piece'],
    ['no size', { msg_type: 1, piece: 0 }, 'metadata.size: expected from 1 to 10000000, received another or none'],
    ['a size of nothing', { ...data, total_size: 0 }, 'metadata.size'],
    ['a negative size', { ...data, total_size: -1 }, 'metadata.size'],
    ['one byte too many', { ...data, total_size: METADATA_BYTES_MAX + 1 }, 'metadata.size'],
    ['gigabytes', { ...data, total_size: 2n ** 63n }, 'metadata.size'],
    ['a dictionary of 1 KiB', join(dictionary(1024 - shell), new Uint8Array(1)), 'none'],
    ['a longer one', join(dictionary(1025 - shell), new Uint8Array(1)), 'extension.too-long: expected at most 1024'],
    [
      'a longer payload than any piece needs',
      new Uint8Array(1024 + METADATA_PIECE_BYTES + 1),
      'extension.too-long: expected at most 17408 bytes, received 17409',
    ],
    ['nested 10,000 deep', keyBytes('l'.repeat(10_000)), 'at most 20 levels'],
    ['no dictionary', keyBytes('i1e'), 'extension.bencode'],
    ['nothing', new Uint8Array(0), 'extension.bencode'],
  ])('%s', (_, payload, problem) => {
    const outcome = parseMetadataMessage(payload instanceof Uint8Array ? payload : encode(payload))
    expect(outcome !== null && 'code' in outcome ? formatFault(outcome) : 'none').toContain(problem)
  })
})

test('the pieces of any metadata add up to it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: METADATA_BYTES_MAX }), (totalBytes) => {
      const count = metadataPieceCount(totalBytes)
      const sizes = Array.from({ length: count }, (_, piece) => metadataPieceBytes(totalBytes, piece))
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(totalBytes)
      expect(Math.min(...sizes)).toBeGreaterThan(0)
      expect([metadataPieceBytes(totalBytes, count), metadataPieceBytes(totalBytes, count + 7)]).toEqual([0, 0])
    }),
  )
})

test('what was encoded parses to the same', () => {
  const sized = fc.integer({ min: 1, max: METADATA_BYTES_MAX }).chain((totalBytes) =>
    fc.nat(metadataPieceCount(totalBytes) - 1).map((piece): MetadataMessage => {
      return { kind: 'data', piece, totalBytes, data: pattern(metadataPieceBytes(totalBytes, piece), piece) }
    }),
  )
  const bare = fc.record({ kind: fc.constantFrom('request' as const, 'reject' as const), piece: fc.nat(610) })
  fc.assert(
    fc.property(fc.oneof(bare, sized), (message) => {
      expect(parseMetadataMessage(encodeMetadataMessage(message))).toEqual(message)
    }),
  )
})
