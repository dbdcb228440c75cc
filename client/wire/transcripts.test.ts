import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { type Decoded, MessageDecoder } from './decoder.ts'
import { encodeHandshake, HANDSHAKE_BYTES, type Handshake, HandshakeReader } from './handshake.ts'
import { encodeMessage, type Message } from './messages.ts'
import { formatPeerId } from './peer-id.ts'
import { decodeAll, hex, join } from './stream.testing.ts'

/** What real clients said to each other, and what is in it. `content/single-11.bin`: 24 pieces, 48 blocks. */
const TRANSCRIPTS = {
  'aria2-1.36.0.from-leecher.bin': {
    peerId: 'A2-1-36-0-A%E2%C4%EB._%99%B4g`',
    messages: {
      'allowed-fast': 10,
      bitfield: 12,
      extended: 2,
      'have-all': 1,
      'have-none': 1,
      interested: 1,
      'not-interested': 1,
      request: 48,
    },
  },
  'aria2-1.36.0.from-seeder.bin': {
    peerId: '-LT2080-fCFkZ3Rq2lLk',
    messages: { 'allowed-fast': 5, choke: 1, extended: 1, 'have-all': 1, piece: 48, unchoke: 2 },
  },
  'libtorrent-2.0.8.from-leecher.bin': {
    peerId: '-LT2080-9(*)ZrgbxDNa',
    messages: { extended: 1, have: 24, 'have-none': 1, interested: 1, request: 48 },
  },
  'libtorrent-2.0.8.from-seeder.bin': {
    peerId: '-LT2080-TVn6xd.CuXpN',
    messages: { 'allowed-fast': 5, extended: 1, 'have-all': 1, piece: 48, unchoke: 2 },
  },
  'webtorrent-1.9.7.from-leecher.bin': {
    peerId: '-WW0109-OcPdZ+HVnP7b',
    messages: { extended: 1, have: 24, 'have-none': 1, interested: 1, 'not-interested': 1, request: 48 },
  },
  'webtorrent-1.9.7.from-seeder.bin': {
    peerId: '-LT2080-D*n7rJ_uIOMm',
    messages: { 'allowed-fast': 5, extended: 1, 'have-all': 1, piece: 48, unchoke: 2 },
  },
} as const
const INFOHASH = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20'
const PIECE_BYTES = 32_768
const FOLDER = new URL('../fixtures/transcripts/', import.meta.url)
const NOT_PLAINTEXT = 'aria2-1.36.0.mse-attempt.from-leecher.bin'

const read = (name: string) => new Uint8Array(readFileSync(new URL(name, FOLDER)))
const content = new Uint8Array(readFileSync(new URL('../fixtures/content/single-11.bin', import.meta.url)))

function messagesOf(name: string): Message[] {
  const decoded = decodeAll([read(name).subarray(HANDSHAKE_BYTES)], () => 'owned')
  return decoded.filter((each): each is Message => each.type !== 'fault')
}

function countByType(decoded: readonly Decoded[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of decoded) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

let ran = 0
afterAll(() => expect(ran, 'transcripts that were decoded').toBe(6))

test('every plaintext transcript in the folder is among those that are decoded', () => {
  const recorded = readdirSync(FOLDER).filter((name) => name.endsWith('.bin') && name !== NOT_PLAINTEXT)
  expect(recorded.sort()).toEqual(Object.keys(TRANSCRIPTS).sort())
})

describe.each(Object.entries(TRANSCRIPTS))('%s', (name, expected) => {
  test('starts with a handshake for the infohash of its torrent', () => {
    const { takenBytes, outcome } = new HandshakeReader().read(read(name))
    const handshake = outcome as Handshake
    expect([takenBytes, handshake.infohash, formatPeerId(handshake.peerId)]).toEqual([68, INFOHASH, expected.peerId])
    expect(hex(encodeHandshake(handshake))).toBe(hex(read(name).subarray(0, HANDSHAKE_BYTES)))
  })

  test('holds these messages, and they are the file, byte for byte', () => {
    const messages = messagesOf(name)
    expect(countByType(messages)).toEqual(expected.messages)
    const stream = join(...messages.map(encodeMessage))
    expect(Buffer.compare(stream, read(name).subarray(HANDSHAKE_BYTES))).toBe(0)
    ran++
  })

  test.each([1, 7, 1_448, 16_384, 65_536])(
    'is read the same in chunks of %i bytes, owned or borrowed',
    (chunkBytes) => {
      const stream = read(name).subarray(HANDSHAKE_BYTES)
      // A byte at a time is slow over megabytes; the first blocks say as much.
      const part = chunkBytes < 100 ? stream.subarray(0, 2 * 16_384 + 400) : stream
      const chunks = Array.from({ length: Math.ceil(part.length / chunkBytes) }, (_, index) =>
        part.subarray(index * chunkBytes, (index + 1) * chunkBytes),
      )
      const whole = messagesOf(name)
      for (const ownership of ['owned', 'borrowed'] as const) {
        const told = decodeAll(chunks, () => ownership)
        expect(told.length).toBeGreaterThan(8)
        expect(told.length === whole.length).toBe(part.length === stream.length)
        const encoded = join(...told.map((each) => encodeMessage(each as Message)))
        expect(Buffer.compare(encoded, stream.subarray(0, encoded.length))).toBe(0)
      }
    },
  )
})

test.each(Object.keys(TRANSCRIPTS).filter((name) => name.includes('from-seeder')))(
  'the blocks of %s are the content, each byte once',
  (name) => {
    const rebuilt = new Uint8Array(content.length)
    let rebuiltBytes = 0
    for (const message of messagesOf(name)) {
      if (message.type !== 'piece') continue
      rebuilt.set(message.block, message.piece * PIECE_BYTES + message.offsetBytes)
      rebuiltBytes += message.block.length
    }
    expect(rebuiltBytes).toBe(content.length)
    expect(Buffer.compare(rebuilt, content)).toBe(0)
  },
)

test('what each leecher asked for is the content, each byte once', () => {
  for (const name of Object.keys(TRANSCRIPTS).filter((each) => each.includes('from-leecher'))) {
    const asked = messagesOf(name).flatMap((message) => (message.type === 'request' ? [message] : []))
    const places = asked.map(({ piece, offsetBytes }) => piece * PIECE_BYTES + offsetBytes).sort((a, b) => a - b)
    expect(places).toEqual(Array.from({ length: 48 }, (_, block) => block * 16_384))
    expect(asked.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(content.length)
  }
})

test('a transcript that is cut short leaves the decoder waiting, not faulty', () => {
  const stream = read('webtorrent-1.9.7.from-seeder.bin').subarray(HANDSHAKE_BYTES)
  const decoder = new MessageDecoder()
  decoder.push(stream.subarray(0, -1), 'owned')
  let pieces = 0
  for (let next = decoder.next(); next !== null; next = decoder.next()) pieces += next.type === 'piece' ? 1 : 0
  expect(pieces).toBe(47)
})
