import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Encodable, encode } from '../bencode/encode.ts'
import { keyBytes, keyFromBytes } from '../bencode/value.ts'
import { canonicalIpAddress } from '../ports/ip-address.ts'
import {
  EXTENSION_HANDSHAKE_BYTES_MAX,
  EXTENSION_HANDSHAKE_ID,
  EXTENSION_IDS,
  type ExtensionHandshake,
  encodeExtensionHandshake,
  parseExtensionHandshake,
} from './extension-handshake.ts'
import { formatFault } from './fault.ts'
import { HANDSHAKE_BYTES } from './handshake.ts'
import { decodeAll } from './stream.testing.ts'
import { METADATA_BYTES_MAX } from './ut-metadata.ts'

const SILENT: ExtensionHandshake = {
  ids: new Map(),
  listenPort: null,
  metadataBytes: null,
  requestQueueMax: null,
  clientName: null,
  uploadOnly: false,
  yourIp: null,
}

const parsed = (value: Encodable) => parseExtensionHandshake(encode(value))
const problemOf = (payload: Uint8Array) => {
  const outcome = parseExtensionHandshake(payload)
  return 'code' in outcome ? formatFault(outcome) : 'none'
}

test('what we say of ourselves, byte by byte', () => {
  const said: ExtensionHandshake = {
    ids: new Map(Object.entries(EXTENSION_IDS)),
    listenPort: 6881,
    metadataBytes: 31_235,
    requestQueueMax: 2000,
    clientName: 'swarmlab',
    uploadOnly: true,
    yourIp: '1.2.3.4',
  }
  const ids = 'd11:lt_donthavei3e11:upload_onlyi4e11:ut_metadatai2e6:ut_pexi1ee'
  const rest = '13:metadata_sizei31235e1:pi6881e4:reqqi2000e11:upload_onlyi1e1:v8:swarmlab6:yourip4:\x01\x02\x03\x04'
  expect(keyFromBytes(encodeExtensionHandshake(said))).toBe(`d1:m${ids}${rest}e`)
  expect(parseExtensionHandshake(encodeExtensionHandshake(said))).toEqual(said)
})

test('with nothing to say, it names no extension', () => {
  expect(keyFromBytes(encodeExtensionHandshake(SILENT))).toBe('d1:mdee')
  expect(parseExtensionHandshake(keyBytes('de'))).toEqual(SILENT)
})

test('the example of BEP 9', () => {
  const payload = keyBytes('d1:md11:ut_metadatai3ee13:metadata_sizei31235ee')
  expect(parseExtensionHandshake(payload)).toEqual({
    ...SILENT,
    ids: new Map([['ut_metadata', 3]]),
    metadataBytes: 31_235,
  })
})

describe('what real clients say', () => {
  const LIBTORRENT = { lt_donthave: 7, share_mode: 8, upload_only: 3, ut_holepunch: 4, ut_metadata: 2, ut_pex: 1 }
  const libtorrent = {
    ids: new Map(Object.entries(LIBTORRENT)),
    metadataBytes: 554,
    requestQueueMax: 2000,
    clientName: 'libtorrent/2.0.8.0',
    yourIp: '127.0.0.1',
  }
  test.each<[string, Partial<ExtensionHandshake>]>([
    [
      'aria2-1.36.0.from-leecher.bin',
      {
        ids: new Map(Object.entries({ ut_metadata: 9, ut_pex: 8 })),
        metadataBytes: 554,
        listenPort: 7391,
        clientName: 'aria2/1.36.0',
      },
    ],
    ['libtorrent-2.0.8.from-leecher.bin', { ...libtorrent, listenPort: 7390 }],
    ['libtorrent-2.0.8.from-seeder.bin', { ...libtorrent, uploadOnly: true }],
    [
      'webtorrent-1.9.7.from-leecher.bin',
      { ids: new Map(Object.entries({ lt_donthave: 3, ut_metadata: 1, ut_pex: 2 })), metadataBytes: 554 },
    ],
  ])('%s', (name, said) => {
    const recorded = readFileSync(new URL(`../fixtures/transcripts/${name}`, import.meta.url))
    const messages = decodeAll([recorded.subarray(HANDSHAKE_BYTES)], () => 'owned')
    const handshake = messages.find(
      (message) => message.type === 'extended' && message.extensionId === EXTENSION_HANDSHAKE_ID,
    )
    if (handshake?.type !== 'extended') throw new Error('none recorded')
    expect(parseExtensionHandshake(handshake.payload)).toEqual({ ...SILENT, ...said })
  })
})

describe('a value that is no use counts as absent', () => {
  test.each<[Encodable, Partial<ExtensionHandshake>]>([
    [{ p: 0 }, {}],
    [{ p: 1 }, { listenPort: 1 }],
    [{ p: 65_535 }, { listenPort: 65_535 }],
    [{ p: 65_536 }, {}],
    [{ p: '6881' }, {}],
    [{ reqq: 0 }, {}],
    [{ reqq: -1 }, {}],
    [{ reqq: 2n ** 64n - 1n }, {}],
    [{ metadata_size: 0 }, {}],
    [{ metadata_size: -5 }, {}],
    [{ metadata_size: -(2n ** 63n) }, {}],
    [{ metadata_size: 'large' }, {}],
    [{ upload_only: 0 }, {}],
    [{ upload_only: '1' }, {}],
    [{ upload_only: 2 }, { uploadOnly: true }],
    [{ v: '' }, {}],
    [{ v: 7 }, {}],
    [{ yourip: 'abc' }, {}],
    [{ yourip: new Uint8Array(16).fill(0xfe) }, { yourIp: 'fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe' }],
    [{ m: [] }, {}],
    [{ m: 'ut_pex' }, {}],
    [{ m: { ut_pex: 256, a: -1, b: 'x', c: {}, lt_donthave: 255 } }, { ids: new Map([['lt_donthave', 255]]) }],
    [{ m: { ut_pex: 0 } }, { ids: new Map([['ut_pex', 0]]) }],
    [{ unknown: [1, { a: 'b' }] }, {}],
  ])('%o', (value, said) => expect(parsed(value)).toEqual({ ...SILENT, ...said }))
})

test('a client cannot act on a terminal by its name, nor fill the screen', () => {
  const nameOf = (v: Encodable) => {
    const outcome = parsed({ v })
    return 'code' in outcome ? outcome : outcome.clientName
  }
  expect(nameOf('\x1b[2J<b>\n')).toBe('\\u{1b}[2J<b>\\u{a}')
  expect(nameOf('\u202e')).toBe('\\u{202e}')
  expect(nameOf(Uint8Array.of(0xff, 0x41))).toBe('\ufffdA')
  expect(nameOf('a'.repeat(64))).toBe('a'.repeat(64))
  expect(nameOf('a'.repeat(65))).toBe('a'.repeat(64))
  expect(nameOf('𝄞'.repeat(1000))).toBe('𝄞'.repeat(64))
})

describe('what is hostile is a fault', () => {
  const ofBytes = (count: number) => {
    const frame = encode({ x: new Uint8Array(count) }).length - count
    return encode({ x: new Uint8Array(count - frame) })
  }
  test.each<[string, Uint8Array, string]>([
    ['64 KiB', ofBytes(EXTENSION_HANDSHAKE_BYTES_MAX), 'none'],
    [
      'one byte more',
      ofBytes(EXTENSION_HANDSHAKE_BYTES_MAX + 1),
      'extension.too-long: expected at most 65536 bytes, received 65537',
    ],
    [
      'nested 10,000 deep',
      keyBytes(`d1:m${'l'.repeat(10_000)}${'e'.repeat(10_000)}e`),
      'extension.bencode: expected a bencoded dictionary, received byte 23: expected at most 20 levels, found one more',
    ],
    ['20 deep', keyBytes(`d1:a${'l'.repeat(19)}${'e'.repeat(19)}e`), 'none'],
    ['499 extensions', encode({ m: new Map(Array.from({ length: 497 }, (_, id) => [`${id}`, 1])) }), 'none'],
    [
      '500 extensions',
      encode({ m: new Map(Array.from({ length: 499 }, (_, id) => [`${id}`, 1])) }),
      'at most 1000 tokens, found one more',
    ],
    ['nothing', new Uint8Array(0), 'found the end of the input'],
    ['not bencoded', keyBytes('{"m":{}}'), "found 0x7b '{'"],
    ['a list', keyBytes('le'), 'extension.bencode: expected a bencoded dictionary, received another value'],
    ['cut', keyBytes('d1:md6:ut_pexi1'), 'found the end of the input'],
    ['a string of 4 GB', keyBytes('d1:v4294967295:'), 'expected a string that ends in the'],
    ['metadata of the longest .torrent', encode({ metadata_size: METADATA_BYTES_MAX }), 'none'],
    [
      'one byte more of it',
      encode({ metadata_size: METADATA_BYTES_MAX + 1 }),
      'metadata.size: expected at most 10000000, received 10000001',
    ],
    ['gigabytes of it', encode({ metadata_size: 2 ** 40 }), 'metadata.size: expected at most 10000000'],
    ['more than any number', encode({ metadata_size: 2n ** 64n - 1n }), 'received 18446744073709551615'],
  ])('%s', (_, payload, problem) => expect(problemOf(payload)).toContain(problem))
})

test('what was encoded parses to the same', () => {
  const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
  const said = fc.record({
    ids: fc.array(fc.tuple(fc.constantFrom('ut_pex', 'ut_metadata', 'x'), fc.nat(255))).map((ids) => new Map(ids)),
    listenPort: orNull(fc.integer({ min: 1, max: 65_535 })),
    metadataBytes: orNull(fc.integer({ min: 1, max: METADATA_BYTES_MAX })),
    requestQueueMax: orNull(fc.integer({ min: 1 })),
    clientName: orNull(fc.string({ minLength: 1, maxLength: 64 })),
    uploadOnly: fc.boolean(),
    yourIp: orNull(fc.oneof(fc.ipV4(), fc.ipV6()).map((host) => canonicalIpAddress(host) ?? '1.1.1.1')),
  })
  fc.assert(
    fc.property(said, (handshake) => {
      expect(parseExtensionHandshake(encodeExtensionHandshake(handshake))).toEqual(handshake)
    }),
  )
})

test('any bytes give a handshake or a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
      const outcome = parseExtensionHandshake(payload)
      expect('code' in outcome || outcome.ids instanceof Map).toBe(true)
    }),
  )
})
