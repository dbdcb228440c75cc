import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import type { Ownership } from '../ports/transport.ts'
import { MessageDecoder } from './decoder.ts'
import { encodeMessage, FRAME_BYTES_MAX, MESSAGE_FORMATS, type Message, PIECE_HEADER_BYTES } from './messages.ts'
import { anyMessage, bytes, cutAt, decodeAll, hex, join, pattern } from './stream.testing.ts'

/** The first bytes of a frame: its length, and its id where one is given. */
function head(lengthBytes: number, id?: number): Uint8Array {
  const start = new Uint8Array(id === undefined ? 4 : 5)
  new DataView(start.buffer).setUint32(0, lengthBytes)
  if (id !== undefined) start[4] = id
  return start
}

function faultOf(chunk: Uint8Array): unknown {
  return decodeAll([chunk], () => 'owned')
}

const fault = (code: string, expected: string, received: string) => [
  { type: 'fault', fault: { code, expected, received } },
]

describe('the length of a frame', () => {
  test.each([FRAME_BYTES_MAX + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff])(
    'of %i bytes is refused on its fourth byte, read unsigned, whatever the message would be',
    (lengthBytes) => {
      expect(faultOf(head(lengthBytes).subarray(0, 3))).toEqual([])
      expect(faultOf(head(lengthBytes))).toEqual(fault('frame.too-long', 'at most 1048576', String(lengthBytes)))
    },
  )

  const bounded = MESSAGE_FORMATS.map(({ type, id, lengthMin, lengthMax }) => ({ type, id, lengthMin, lengthMax }))
  test.each(bounded)('of $type is good from $lengthMin to $lengthMax', ({ id, lengthMin, lengthMax }) => {
    for (const lengthBytes of [lengthMin, lengthMax]) {
      const frame = join(head(lengthBytes, id), new Uint8Array(lengthBytes - 1))
      const [message, ...more] = decodeAll([frame], () => 'owned')
      expect(more).toEqual([])
      expect(message?.type).not.toBe('fault')
      expect(Buffer.compare(encodeMessage(message as Message), frame)).toBe(0)
    }
  })

  test.each(bounded)('of $type is refused on its fifth byte below $lengthMin or above $lengthMax', (format) => {
    const { type, id, lengthMin, lengthMax } = format
    const expected = lengthMin === lengthMax ? `${type} of ${lengthMin}` : `${type} of ${lengthMin} to ${lengthMax}`
    // 0 is a keep-alive, and past the longest frame the fourth byte has told.
    const wrong = [lengthMin - 1, lengthMax + 1, FRAME_BYTES_MAX].filter(
      (lengthBytes) =>
        lengthBytes > 0 && lengthBytes <= FRAME_BYTES_MAX && (lengthBytes < lengthMin || lengthBytes > lengthMax),
    )
    for (const lengthBytes of wrong) {
      expect(faultOf(head(lengthBytes))).toEqual([])
      expect(faultOf(head(lengthBytes, id))).toEqual(fault('frame.length', expected, String(lengthBytes)))
    }
    expect(wrong.length).toBe(lengthMax === FRAME_BYTES_MAX ? Number(lengthMin > 1) : 2 + Number(lengthMin > 1))
  })

  test('of an id that has no name may be the longest there is', () => {
    const frame = join(head(FRAME_BYTES_MAX, 99), new Uint8Array(FRAME_BYTES_MAX - 1))
    expect(decodeAll([frame], () => 'owned').map(({ type }) => type)).toEqual(['unknown'])
  })
})

test('a fault is the last that a decoder tells, whatever comes after it', () => {
  const decoder = new MessageDecoder()
  decoder.push(join(encodeMessage({ type: 'choke' }), head(2, 0), encodeMessage({ type: 'unchoke' })), 'owned')
  expect([decoder.next(), decoder.next()]).toEqual([{ type: 'choke' }, ...fault('frame.length', 'choke of 1', '2')])
  expect(decoder.next()).toBeNull()
  decoder.push(encodeMessage({ type: 'unchoke' }), 'owned')
  expect(decoder.next()).toBeNull()
})

describe('a block', () => {
  const block = pattern(BLOCK_BYTES)
  const frame = encodeMessage({ type: 'piece', piece: 3, offsetBytes: BLOCK_BYTES, block })

  /** The blocks told after each chunk. */
  function blocksOf(chunks: readonly Uint8Array[], ownership: Ownership): Uint8Array[] {
    const decoder = new MessageDecoder()
    const blocks: Uint8Array[] = []
    for (const chunk of chunks) {
      decoder.push(chunk, ownership)
      for (let next = decoder.next(); next !== null; next = decoder.next()) {
        if (next.type === 'piece') blocks.push(next.block)
      }
    }
    return blocks
  }

  test('that an owned chunk holds whole is a view of that chunk', () => {
    const chunk = join(encodeMessage({ type: 'unchoke' }), frame, frame, frame.subarray(0, 100))
    const blocks = blocksOf([chunk], 'owned')
    expect(blocks.map(({ byteOffset }) => byteOffset)).toEqual([5 + 13, 5 + 13 + BLOCK_BYTES + 13])
    for (const each of blocks) {
      expect(each.buffer).toBe(chunk.buffer)
      expect(each).toEqual(block)
    }
  })

  test('whose header came earlier is a view of the owned chunk that holds it', () => {
    for (const cut of [1, 4, 5, PIECE_HEADER_BYTES]) {
      const rest = frame.slice(cut)
      const [told] = blocksOf([frame.slice(0, cut), rest], 'owned')
      expect(told?.buffer).toBe(rest.buffer)
      expect(told).toEqual(block)
    }
  })

  test('that a borrowed chunk holds whole is copied, and into no more than its own bytes', () => {
    const chunk = frame.slice()
    const [told] = blocksOf([chunk], 'borrowed')
    chunk.fill(0xa5)
    expect(told?.buffer.byteLength).toBe(BLOCK_BYTES)
    expect(told).toEqual(block)
  })

  test('that comes in several chunks is put together in one place of its size', () => {
    for (const ownership of ['owned', 'borrowed'] as const) {
      const [told] = blocksOf([frame.slice(0, 14), frame.slice(14, 9_000), frame.slice(9_000)], ownership)
      expect(told?.buffer.byteLength).toBe(BLOCK_BYTES)
      expect(told).toEqual(block)
    }
  })
})

const anyCuts = fc.array(fc.nat(), { maxLength: 12 })
/** Which chunks are borrowed: the bits of a number. */
const anyOwnership = fc.nat().map(
  (bits) =>
    (chunk: number): Ownership =>
      (bits >> (chunk % 31)) & 1 ? 'borrowed' : 'owned',
)

test('any messages, cut anywhere and handed over owned or borrowed, are read as they were sent', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 12 }), anyCuts, anyOwnership, (messages, cuts, ownership) => {
      expect(decodeAll(cutAt(join(...messages.map(encodeMessage)), cuts), ownership)).toEqual(messages)
    }),
  )
})

test('any messages are read as they were sent, one byte at a time', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 4 }), anyOwnership, (messages, ownership) => {
      const stream = join(...messages.map(encodeMessage))
      expect(
        decodeAll(
          Array.from(stream, (byte) => Uint8Array.of(byte)),
          ownership,
        ),
      ).toEqual(messages)
    }),
    { numRuns: 20 },
  )
})

/** Garbage, frames that are right but for their content, and frames that are nearly right. */
const anyBytes = fc
  .array(
    fc.oneof(
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(...MESSAGE_FORMATS)
          .map(({ id, lengthMin }) => join(head(lengthMin, id), pattern(lengthMin - 1))),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.nat(20), fc.nat(255), fc.uint8Array({ maxLength: 20 }))
          .map(([lengthBytes, id, body]) => join(head(lengthBytes, id), body)),
      },
    ),
    { maxLength: 10 },
  )
  .map((parts) => join(...parts))

test('any bytes give messages, then perhaps one fault, and never an exception; messages are the bytes they were', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(anyBytes, anyCuts, anyOwnership, (stream, cuts, ownership) => {
      const decoded = decodeAll(cutAt(stream, cuts), ownership)
      const messages = decoded.filter((each) => each.type !== 'fault')
      expect(decoded.slice(messages.length).length).toBeLessThanOrEqual(1)
      expect(decoded.slice(0, messages.length)).toEqual(messages)
      const read = hex(join(...messages.map(encodeMessage)))
      expect(hex(stream).startsWith(read)).toBe(true)
      for (const { type } of decoded) seen.add(type)
    }),
    { numRuns: 300, seed: 3 },
  )
  // The generator is worth something: it reached nearly every message, and a fault.
  expect(seen.size).toBeGreaterThan(15)
  expect(seen).toContain('fault')
})

test('what is told of a stream does not depend on how it was cut', () => {
  fc.assert(
    fc.property(anyBytes, anyCuts, anyOwnership, (stream, cuts, ownership) => {
      expect(decodeAll(cutAt(stream, cuts), ownership)).toEqual(decodeAll([stream], () => 'owned'))
    }),
  )
})

test('an empty chunk changes nothing', () => {
  const half = bytes('000000')
  expect(decodeAll([half, bytes(''), bytes('0101')], () => 'borrowed')).toEqual([{ type: 'unchoke' }])
})
