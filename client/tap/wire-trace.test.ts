import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encode } from '../bencode/encode.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import { printable } from '../metainfo/printable.ts'
import { encodeHandshake } from '../wire/handshake.ts'
import { encodeMessage, type Message } from '../wire/messages.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import { ourReserved } from '../wire/reserved.ts'
import { bytes, cutAt, join } from '../wire/stream.testing.ts'
import { encodeMetadataMessage } from '../wire/ut-metadata.ts'
import { encodePexMessage } from '../wire/ut-pex.ts'
import { TEXT_LENGTH_MAX } from './message-text.ts'
import type { ConnectionTap, TapEnd } from './tapped-transport.ts'
import { wireTrace } from './wire-trace.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash
const HANDSHAKE = encodeHandshake({
  infohash: INFOHASH,
  peerId: peerIdFromBytes(new TextEncoder().encode('-SL0001-abcdefghi\u001bkl')),
  reserved: ourReserved(),
})
const HANDSHAKE_TEXT = `handshake ${INFOHASH} -SL0001-abcdefghi%1Bkl reserved 0000000000100004 fast extensions`
const START_MS = 1_000
const REMOTE = { host: '127.0.0.2', port: 6881 }

function trace(pieceCount: number | null = null) {
  const lines: string[] = []
  const tap = wireTrace({ startMs: START_MS, pieceCount: () => pieceCount, write: (line) => lines.push(line) })
  const connect = (incoming = false): ConnectionTap =>
    tap.connection(START_MS, { incoming, remote: REMOTE, localHost: null, localPort: null })
  /** What is behind the remote, without the lines of before. */
  const told = () => lines.splice(0).map((line) => line.replace(/^ *[\d.]+ \S+ +/, ''))
  return { lines, connect, told }
}

/** The lines of one message, they having said (or not) how they take extensions. */
function textOf(message: Message, pieceCount: number | null = null): string[] {
  const { connect, told } = trace(pieceCount)
  const seen = connect()
  seen.received(START_MS, HANDSHAKE)
  seen.sent(START_MS, [HANDSHAKE])
  const ids = { ut_metadata: 2, ut_pex: 1, lt_donthave: 3, upload_only: 4, 'a\u001b[31m': 9 }
  seen.sent(START_MS, [extended(0, encode({ m: new Map(Object.entries(ids)) }))])
  told()
  seen.received(START_MS, encodeMessage(message))
  return told()
}

const extended = (extensionId: number, payload: Uint8Array) => encodeMessage({ type: 'extended', extensionId, payload })

test('a line is seconds with ms, the remote, who says it, and what', () => {
  const { lines, connect } = trace()
  const seen = connect()
  seen.opened(1_051.6)
  seen.sent(1_051.6, [HANDSHAKE])
  seen.received(61_000, HANDSHAKE)
  seen.sent(3_601_000.4999, [encodeMessage({ type: 'interested' }), encodeMessage({ type: 'keep-alive' })])
  seen.ended(3_601_001, 'fin')
  expect(lines).toEqual([
    '    0.000 127.0.0.2:6881        -- connecting',
    '    0.052 127.0.0.2:6881        -- open',
    `    0.052 127.0.0.2:6881        -> ${HANDSHAKE_TEXT}`,
    `   60.000 127.0.0.2:6881        <- ${HANDSHAKE_TEXT}`,
    ' 3600.000 127.0.0.2:6881        -> interested',
    ' 3600.000 127.0.0.2:6881        -> keep-alive',
    ' 3600.001 127.0.0.2:6881        -- closed by them',
  ])
})

test.each<[TapEnd, string]>([
  ['fin', '-- closed by them'],
  ['reset', '-- reset by them'],
  ['closed', '-- closed by us'],
  ['aborted', '-- reset by us'],
  ['refused', '-- refused'],
  ['unreachable', '-- unreachable'],
])('the end %s is told as %s', (end, told) => {
  const { connect, told: lines } = trace()
  connect(true).ended(START_MS, end)
  expect(lines()).toEqual(['-- accepted', told])
})

describe('a message', () => {
  test.each<[Message, string]>([
    [{ type: 'choke' }, 'choke'],
    [{ type: 'have', piece: 3 }, 'have 3'],
    [{ type: 'allowed-fast', piece: 4_294_967_295 }, 'allowed-fast 4294967295'],
    [{ type: 'request', piece: 12, offsetBytes: 16_384, lengthBytes: 16_384 }, 'request 12:16384+16384'],
    [{ type: 'reject', piece: 0, offsetBytes: 0, lengthBytes: 1 }, 'reject 0:0+1'],
    [{ type: 'piece', piece: 12, offsetBytes: 16_384, block: new Uint8Array(100) }, 'piece 12:16384+100'],
    [{ type: 'bitfield', bits: bytes('ff 01 80') }, 'bitfield 10/24'],
    [{ type: 'port', port: 6881 }, 'port 6881'],
    [{ type: 'unknown', id: 99, payload: new Uint8Array(3) }, 'unknown 99, 3 bytes'],
  ])('%j is %s', (message, text) => expect(textOf(message)).toEqual([`<- ${text}`]))

  test('a bitfield of a torrent that is known is counted without its spare bits', () => {
    expect(textOf({ type: 'bitfield', bits: bytes('ff 01 80') }, 17)).toEqual(['<- bitfield 10/17'])
  })

  test.each<[number, Uint8Array, string]>([
    [2, encodeMetadataMessage({ kind: 'request', piece: 0 }), 'ut_metadata request 0'],
    [2, encodeMetadataMessage({ kind: 'reject', piece: 1 }), 'ut_metadata reject 1'],
    [
      2,
      encodeMetadataMessage({ kind: 'data', piece: 0, totalBytes: 5, data: new Uint8Array(5) }),
      'ut_metadata data 0, 5 of 5 bytes',
    ],
    [2, encode({ msg_type: 7, piece: 0 }), 'ut_metadata of an unknown kind'],
    [2, bytes('ff'), 'ut_metadata fault extension.bencode: expected a bencoded dictionary, received '],
    [
      1,
      encodePexMessage({
        added: [1, 2].map((port) => ({ address: { ...REMOTE, port }, isSeed: false, reachable: false })),
        dropped: [{ ...REMOTE, port: 3 }],
      }),
      'ut_pex +2 -1',
    ],
    [3, bytes('00 00 00 07'), 'lt_donthave 7'],
    [3, bytes('00'), 'lt_donthave fault extension.length: '],
    [4, bytes('01'), 'upload_only 1'],
    [4, bytes(''), 'upload_only fault extension.length: '],
    [9, bytes('01 02'), 'extended a\\u{1b}[31m, 2 bytes'],
    [5, bytes('01 02'), 'extended 5, 2 bytes'],
  ])('under the extension id %d, %j is %s', (extensionId, payload, text) => {
    const [line, ...more] = textOf({ type: 'extended', extensionId, payload })
    expect(line?.slice(0, 3 + text.length)).toBe(`<- ${text}`)
    expect(more).toEqual([])
  })

  test('an extension handshake is told as it was written, what is no text in hex', () => {
    const payload = encode({ m: { ut_pex: 1 }, p: 6881, v: 'ä "x"', yourip: bytes('7f 00 00 01'), 'a b': [1, {}] })
    expect(textOf({ type: 'extended', extensionId: 0, payload })).toEqual([
      '<- extended handshake {"a b": [1, {}], m: {ut_pex: 1}, p: 6881, v: "ä \\"x\\"", yourip: 0x7f000001}',
    ])
  })

  test.each([TEXT_LENGTH_MAX - 6, TEXT_LENGTH_MAX - 5])('is cut when it is too long (a name of %d)', (length) => {
    const payload = encode({ v: 'v'.repeat(length) })
    const [line] = textOf({ type: 'extended', extensionId: 0, payload })
    const whole = `{v: "${'v'.repeat(length)}"}`
    const shown = length + 7 > TEXT_LENGTH_MAX ? `${whole.slice(0, TEXT_LENGTH_MAX)}…` : whole
    expect(line).toBe(`<- extended handshake ${shown}`)
  })
})

test('an extension message is named as its receiver wants it, which the other direction told; 0 switches it off', () => {
  const { connect, told } = trace()
  const seen = connect()
  seen.sent(START_MS, [HANDSHAKE])
  seen.received(START_MS, HANDSHAKE)
  seen.received(START_MS, extended(0, encode({ m: { lt_donthave: 7 } })))
  told()
  seen.sent(START_MS, [extended(7, bytes('00 00 00 01'))])
  seen.received(START_MS, extended(7, bytes('00 00 00 01')))
  seen.received(START_MS, extended(0, encode({ m: { lt_donthave: 8 } })))
  seen.sent(START_MS, [extended(7, bytes('00')), extended(8, bytes('00 00 00 01'))])
  seen.received(START_MS, extended(0, encode({ m: { lt_donthave: 0 } })))
  seen.sent(START_MS, [extended(8, bytes('00'))])
  expect(told()).toEqual([
    '-> lt_donthave 1',
    '<- extended 7, 4 bytes',
    '<- extended handshake {m: {lt_donthave: 8}}',
    '-> extended 7, 1 bytes',
    '-> lt_donthave 1',
    '<- extended handshake {m: {lt_donthave: 0}}',
    '-> extended 8, 1 bytes',
  ])
})

describe('a fault', () => {
  test('garbage instead of a handshake is told once, and the direction not read on; the other is', () => {
    const { connect, told } = trace()
    const seen = connect()
    told()
    seen.received(START_MS, bytes('47 45 54 20'))
    seen.received(START_MS, HANDSHAKE)
    seen.sent(START_MS, [HANDSHAKE])
    expect(told()).toEqual([
      '<- fault handshake.protocol: expected BitTorrent protocol, received byte 71 at offset 0',
      `-> ${HANDSHAKE_TEXT}`,
    ])
  })

  test('a message of 4 GiB is told once, and nothing after it', () => {
    const { connect, told } = trace()
    const seen = connect()
    told()
    seen.received(START_MS, join(HANDSHAKE, encodeMessage({ type: 'choke' }), bytes('ff ff ff ff 00')))
    seen.received(START_MS, encodeMessage({ type: 'unchoke' }))
    expect(told().slice(1)).toEqual([
      '<- choke',
      '<- fault frame.too-long: expected at most 1048576, received 4294967295',
    ])
  })
})

test('a recorded conversation reads the same however it was cut', () => {
  const stream = new Uint8Array(
    readFileSync(new URL('../fixtures/transcripts/libtorrent-2.0.8.from-seeder.bin', import.meta.url)),
  )
  const read = (chunks: readonly Uint8Array[]) => {
    const { connect, told } = trace(24)
    const seen = connect()
    for (const chunk of chunks) seen.received(START_MS, chunk)
    return told()
  }
  const whole = read([stream])
  expect(whole.filter((line) => line.startsWith('<- piece '))).toHaveLength(48)
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
      expect(read(cutAt(stream, cuts))).toEqual(whole)
    }),
    { numRuns: 20 },
  )
})

test('whatever they send, every line is one printable line of bounded length', () => {
  const anyFrame = fc.oneof(
    fc
      .tuple(fc.nat(25), fc.uint8Array({ maxLength: 60 }))
      .map(([id, payload]) => join(Uint8Array.of(0, 0, 0, payload.length + 1, id), payload)),
    fc.uint8Array({ maxLength: 2_000 }).map((text) => extended(0, encode({ v: text, m: new Map([['x', 1]]) }))),
  )
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 10 }), (frames) => {
      const { connect, lines } = trace()
      const seen = connect()
      seen.received(START_MS, join(HANDSHAKE, ...frames))
      for (const line of lines) {
        expect(line.length).toBeLessThan(TEXT_LENGTH_MAX + 200)
        expect(line).toBe(printable(line))
      }
    }),
  )
})
