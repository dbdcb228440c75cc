import { describe, expect, test } from 'vitest'
import type { Message } from './messages.ts'
import { encodeMessage, encodePieceHeader, FRAME_BYTES_MAX, formatOfId, MESSAGE_FORMATS } from './messages.ts'
import { bytes, decodeAll, hex, pattern } from './stream.testing.ts'

const FRAMES: readonly (readonly [frame: string, message: Message])[] = [
  ['00000000', { type: 'keep-alive' }],
  ['00000001 00', { type: 'choke' }],
  ['00000001 01', { type: 'unchoke' }],
  ['00000001 02', { type: 'interested' }],
  ['00000001 03', { type: 'not-interested' }],
  ['00000005 04 00000102', { type: 'have', piece: 0x102 }],
  ['00000005 04 ffffffff', { type: 'have', piece: 0xffff_ffff }],
  ['00000001 05', { type: 'bitfield', bits: bytes('') }],
  ['00000003 05 80ff', { type: 'bitfield', bits: bytes('80ff') }],
  ['0000000d 06 00000001 00004000 00002000', { type: 'request', piece: 1, offsetBytes: 16384, lengthBytes: 8192 }],
  [
    '0000000d 06 ffffffff 80000000 ffffffff',
    { type: 'request', piece: 2 ** 32 - 1, offsetBytes: 2 ** 31, lengthBytes: 2 ** 32 - 1 },
  ],
  ['0000000c 07 00000001 00004000 abcdef', { type: 'piece', piece: 1, offsetBytes: 16384, block: bytes('abcdef') }],
  ['0000000d 08 00000001 00004000 00002000', { type: 'cancel', piece: 1, offsetBytes: 16384, lengthBytes: 8192 }],
  ['00000003 09 1ae1', { type: 'port', port: 6881 }],
  ['00000005 0d 00000007', { type: 'suggest', piece: 7 }],
  ['00000001 0e', { type: 'have-all' }],
  ['00000001 0f', { type: 'have-none' }],
  ['0000000d 10 00000001 00004000 00002000', { type: 'reject', piece: 1, offsetBytes: 16384, lengthBytes: 8192 }],
  ['00000005 11 00000007', { type: 'allowed-fast', piece: 7 }],
  ['00000002 14 00', { type: 'extended', extensionId: 0, payload: bytes('') }],
  ['00000004 14 036465', { type: 'extended', extensionId: 3, payload: bytes('6465') }],
  ['00000001 15', { type: 'unknown', id: 21, payload: bytes('') }],
  ['00000003 ff 0102', { type: 'unknown', id: 255, payload: bytes('0102') }],
]

describe.each(FRAMES)('%s', (frame, message) => {
  test(`is what ${message.type} is sent as`, () => expect(hex(encodeMessage(message))).toBe(frame.replaceAll(' ', '')))

  test(`is read as ${message.type}, and as nothing more`, () =>
    expect(decodeAll([bytes(frame)], () => 'owned')).toEqual([message]))
})

test('every type that has a format is in the table above', () => {
  const types = new Set(FRAMES.map(([, message]) => message.type))
  expect([...types].sort()).toEqual(['keep-alive', 'unknown', ...MESSAGE_FORMATS.map(({ type }) => type)].sort())
})

test('ids and types name each other, and an id that no BEP names has no format', () => {
  expect(MESSAGE_FORMATS.map(({ id }) => formatOfId(id))).toEqual(MESSAGE_FORMATS)
  const named = new Set(MESSAGE_FORMATS.map(({ id }) => id))
  const others = Array.from({ length: 256 }, (_, id) => id).filter((id) => !named.has(id))
  expect(others.filter((id) => formatOfId(id) !== undefined)).toEqual([])
})

test('the limits of a frame are these: id, fewest and most bytes of id and payload', () => {
  const none = [0, 1, 2, 3, 14, 15].map((id) => [id, 1, 1])
  const piece = [4, 13, 17].map((id) => [id, 5, 5])
  const range = [6, 8, 16].map((id) => [id, 13, 13])
  const others = [
    [5, 1, 1_048_576],
    [7, 10, 16_393],
    [9, 3, 3],
    [20, 2, 1_048_576],
  ]
  const limits = MESSAGE_FORMATS.map(({ id, lengthMin, lengthMax }) => [id, lengthMin, lengthMax])
  expect(limits).toEqual([...none, ...piece, ...range, ...others].sort((a, b) => a[0]! - b[0]!))
})

test('no legal frame is longer than the longest frame', () => {
  for (const { lengthMin, lengthMax } of MESSAGE_FORMATS) {
    expect(lengthMin).toBeGreaterThanOrEqual(1)
    expect(lengthMax).toBeLessThanOrEqual(FRAME_BYTES_MAX)
  }
})

test.each([1, 1000, 16_384])('a piece header and a block of %i bytes are a piece message', (blockBytes) => {
  const block = pattern(blockBytes)
  const whole = encodeMessage({ type: 'piece', piece: 70_000, offsetBytes: 2 ** 31, block })
  expect(hex(encodePieceHeader(70_000, 2 ** 31, blockBytes))).toBe(hex(whole.subarray(0, 13)))
  expect(hex(block)).toBe(hex(whole.subarray(13)))
})
