import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InfoHash, infoHashFromBytes } from '../metainfo/infohash.ts'
import { joined } from '../ports/bytes.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import type { AnnounceRequest } from './announce-request.ts'
import {
  encodeAnnounceRequest,
  encodeConnectRequest,
  encodeScrapeRequest,
  parseUdpRequest,
  SCRAPE_INFOHASHES_MAX,
} from './udp-requests.ts'

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
const connectionId = hex('0102030405060708')
const request: AnnounceRequest = {
  infohash: 'ab'.repeat(20) as InfoHash,
  peerId: peerIdFromBytes(new TextEncoder().encode('-SL0001-abcdefghijkl')),
  port: 6881,
  uploadedBytes: 3,
  downloadedBytes: 1,
  leftBytes: 2 ** 40,
  event: 'started',
  compact: true,
  noPeerId: true,
  numWant: 50,
  key: '00ff00ff',
  trackerId: null,
  ip: '127.0.0.9',
}
const announce = (more: Partial<AnnounceRequest> = {}, requestString = '') =>
  encodeAnnounceRequest(connectionId, 0xfffffffe, { ...request, ...more }, requestString)
const read = (bytes: Uint8Array) => {
  const parsed = parseUdpRequest(bytes)
  return parsed?.kind === 'announce' ? parsed : null
}

describe('byte by byte as BEP 15 has it:', () => {
  test('connect', () => {
    expect(encodeConnectRequest(0x01020304)).toEqual(hex('000004172710198000000000' + '01020304'))
  })

  test('announce', () => {
    const expected = [
      '0102030405060708',
      '00000001',
      'fffffffe',
      'ab'.repeat(20),
      '2d534c303030312d6162636465666768696a6b6c',
      '0000000000000001', // downloaded
      '0000010000000000', // left
      '0000000000000003', // uploaded
      '00000002', // started
      '7f000009',
      '00ff00ff',
      '00000032',
      '1ae1',
    ]
    expect(announce()).toEqual(hex(expected.join('')))
  })

  test('announce with the options of BEP 41', () => {
    expect(announce({}, '/dir?a=b&c=d').subarray(98)).toEqual(
      joined([Uint8Array.of(2, 12), new TextEncoder().encode('/dir?a=b&c=d')]),
    )
  })

  test('scrape', () => {
    const bytes = encodeScrapeRequest(connectionId, 7, ['ab'.repeat(20), 'cd'.repeat(20)] as InfoHash[])
    expect(bytes).toEqual(hex(`01020304050607080000000200000007${'ab'.repeat(20)}${'cd'.repeat(20)}`))
  })
})

describe('an announce', () => {
  test.each([
    ['none', 0],
    ['completed', 1],
    ['started', 2],
    ['stopped', 3],
    ['paused', 0], // BEP 15 has no number for it
  ] as const)('of %s says %i', (event, number) => {
    expect(announce({ event })[83]).toBe(number)
  })

  test.each([
    ['numWant', null, '5c', 'ffffffff'],
    ['numWant', 2 ** 40, '5c', '7fffffff'],
    ['key', null, '58', '00000000'],
    ['key', 'no digits', '58', '00000000'],
    ['ip', null, '54', '00000000'],
    ['ip', '::1', '54', '00000000'], // no room for it
  ] as const)('with %s %s has at byte 0x%s %s', (field, value, at, expected) => {
    const offset = Number.parseInt(at, 16)
    expect(announce({ [field]: value }).subarray(offset, offset + 4)).toEqual(hex(expected))
  })
})

describe('a tracker reads', () => {
  const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  const anyRequest = fc.record({
    infohash: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(infoHashFromBytes),
    peerId: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(peerIdFromBytes),
    port: fc.integer({ min: 1, max: 65_535 }),
    uploadedBytes: count,
    downloadedBytes: count,
    leftBytes: count,
    event: fc.constantFrom('started', 'completed', 'stopped', 'none'),
    compact: fc.constant(true),
    noPeerId: fc.constant(true),
    numWant: fc.option(fc.nat({ max: 2 ** 31 - 1 })),
    key: fc.nat({ max: 2 ** 32 - 1 }).map((key) => key.toString(16).padStart(8, '0')),
    trackerId: fc.constant(null),
    ip: fc.option(fc.constantFrom('127.0.0.1', '10.20.30.40')),
  })
  const id = fc.uint8Array({ minLength: 8, maxLength: 8 })
  const transactionId = fc.nat({ max: 2 ** 32 - 1 })
  const requestString = fc.string({ unit: 'grapheme-ascii', maxLength: 1_200 })

  test('what a client wrote, whatever it was', () => {
    fc.assert(
      fc.property(id, transactionId, anyRequest, requestString, (connection, transaction, announced, url) => {
        const bytes = encodeAnnounceRequest(connection, transaction, announced, url)
        expect(parseUdpRequest(bytes)).toEqual({
          kind: 'announce',
          connectionId: connection,
          transactionId: transaction,
          announce: announced,
          requestString: url,
        })
      }),
    )
    fc.assert(
      fc.property(transactionId, (transaction) => {
        const parsed = parseUdpRequest(encodeConnectRequest(transaction))
        expect(parsed).toEqual({ kind: 'connect', transactionId: transaction })
      }),
    )
  })

  test('any bytes without throwing', () => {
    const header = fc.constantFrom(announce(), encodeConnectRequest(1), encodeScrapeRequest(connectionId, 1, []))
    const bytes = fc
      .tuple(header, fc.nat(120), fc.uint8Array())
      .map(([start, cut, rest]) => joined([start.subarray(0, cut), rest]))
    fc.assert(fc.property(fc.oneof(bytes, fc.uint8Array()), (any) => parseUdpRequest(any) !== undefined))
  })
})

describe('a tracker reads', () => {
  test('a left of 2^63 - 1, which says that it is not known, as the most there is', () => {
    const bytes = announce()
    bytes.set(hex('7fffffffffffffff'), 64)
    expect(read(bytes)?.announce.leftBytes).toBe(Number.MAX_SAFE_INTEGER)
  })

  test.each([
    ['nothing', '', ''],
    ['an empty one', '0200', ''],
    ['padded ones', '01010203616263010100ff', 'abc'],
    ['one in two parts', '0202616202016301', 'abc'],
    ['what is unknown before it', '0903ffffff020161', 'a'],
    ['one that ends beyond the datagram', '0201610205626364', 'a'],
    ['a type without its length', '02016102', 'a'],
  ])('of the options %s', (_, options, expected) => {
    expect(read(joined([announce(), hex(options)]))?.requestString).toBe(expected)
  })

  test.each([
    ['a connect of 15 bytes', encodeConnectRequest(1).subarray(0, 15)],
    ['a connect without the magic', encodeConnectRequest(1).fill(0, 0, 8)],
    ['an announce of 97 bytes', announce().subarray(0, 97)],
    ['an announce with port 0', announce({ port: 0 })],
    ['action 3', announce().fill(3, 11, 12)],
    ['action 2^24', announce().fill(1, 8, 9)],
  ])('%s as no request', (_, bytes) => {
    expect(parseUdpRequest(bytes)).toBeNull()
  })

  test(`${SCRAPE_INFOHASHES_MAX} infohashes of a scrape, and no more`, () => {
    for (const [asked, read] of [
      [0, 0],
      [SCRAPE_INFOHASHES_MAX, SCRAPE_INFOHASHES_MAX],
      [SCRAPE_INFOHASHES_MAX + 1, SCRAPE_INFOHASHES_MAX],
    ] as const) {
      const bytes = encodeScrapeRequest(connectionId, 1, Array<InfoHash>(asked).fill(request.infohash))
      const parsed = parseUdpRequest(joined([bytes, new Uint8Array(19)]))
      expect(parsed?.kind === 'scrape' && parsed.infohashes.length).toBe(read)
    }
  })
})
