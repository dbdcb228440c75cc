import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { infoHashFromBytes } from '../metainfo/infohash.ts'
import { canonicalIpAddress } from '../ports/ip-address.ts'
import { formatPeerId, peerIdFromBytes } from '../wire/peer-id.ts'
import { type AnnounceRequest, announceRequestFromQuery, announceUrl, LEFT_BYTES_UNKNOWN } from './announce-request.ts'

const ascii = (text: string) => new TextEncoder().encode(text)
const query = (url: string) => url.slice(url.indexOf('?') + 1)

const request: AnnounceRequest = {
  // The example of BEP 3's readers: every byte that may stay, and some that may not.
  infohash: infoHashFromBytes(
    Uint8Array.of(0, 0x20, 0x2b, 0x25, 0x7f, 0x80, 0xff, 0x2f, 0x26, 0x3d, ...ascii('09AZaz-._~')),
  ),
  peerId: peerIdFromBytes(ascii('-SL0001-abcdefghijkl')),
  port: 6881,
  uploadedBytes: 1,
  downloadedBytes: 2,
  leftBytes: 3,
  event: 'started',
  compact: true,
  noPeerId: true,
  numWant: 50,
  key: '1A2B3C4D',
  trackerId: 'a&b',
  ip: null,
}

test('every parameter of BEP 3 and 23 is in the URL, bytes escaped one by one', () => {
  expect(announceUrl('http://127.0.0.1:6969/announce', request)).toBe(
    'http://127.0.0.1:6969/announce?info_hash=%00%20%2B%25%7F%80%FF%2F%26%3D09AZaz-._~&peer_id=-SL0001-abcdefghijkl' +
      '&port=6881&uploaded=1&downloaded=2&left=3&compact=1&no_peer_id=1&event=started&numwant=50&key=1A2B3C4D' +
      '&trackerid=a%26b',
  )
})

test('what does not apply is left out', () => {
  const bare = { ...request, event: 'none', noPeerId: false, numWant: null, key: null, trackerId: null } as const
  expect(query(announceUrl('http://t/a', { ...bare, compact: false }))).toMatch(/&left=3&compact=0$/)
})

test.each([
  ['http://t/announce', 'http://t/announce?info_hash='],
  ['http://t/announce?passkey=a%2Fb', 'http://t/announce?passkey=a%2Fb&info_hash='],
  ['http://t/announce?', 'http://t/announce?info_hash='],
  ['http://t/announce?a=1&', 'http://t/announce?a=1&info_hash='],
  ['http://t/announce#part', 'http://t/announce?info_hash='],
])('the query of %s is kept', (url, start) => {
  expect(announceUrl(url, request).startsWith(start)).toBe(true)
})

describe('announces recorded from real clients', () => {
  const lines = readFileSync(new URL('../fixtures/transcripts/announces.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const recorded = lines.map((line) => announceRequestFromQuery(query(line.split(' ')[1]!)))

  test('are read as what their clients meant', () => {
    const read = recorded.map((answer) => {
      if ('kind' in answer) return answer
      const { infohash, port, event, leftBytes, numWant, noPeerId, compact } = answer
      expect(infohash).toBe('32687b3a1687dd0b40ebdc0676b1fb1359ddbc20')
      return [formatPeerId(answer.peerId), port, event, leftBytes, numWant, noPeerId, compact]
    })
    expect(read).toEqual([
      ['A2-1-36-0-A%E2%C4%EB._%99%B4g`', 7391, 'started', 774354, 50, true, true],
      ['A2-1-36-0-A%E2%C4%EB._%99%B4g`', 7391, 'stopped', 0, 0, true, true],
      ['-WW0109-OcPdZ+HVnP7b', 37743, 'started', 774354, 50, false, true],
      ['-WW0109-OcPdZ+HVnP7b', 37743, 'completed', 0, 50, false, true],
      ['-LT2080-GxEu8PVtxWN*', 7301, 'started', 0, 200, true, true],
    ])
  })

  test('ask for the same when they are written by this client', () => {
    for (const answer of recorded) {
      if ('kind' in answer) throw new Error(`refused for its ${answer.field}`)
      expect(announceRequestFromQuery(query(announceUrl('http://t/announce', answer)))).toEqual(answer)
    }
    expect(recorded).toHaveLength(5)
  })
})

test('an empty left, as webtorrent says of a magnet link, is an unknown one', () => {
  const asked = query(announceUrl('http://t/', request)).replace(/left=[^&]*/, 'left=')
  expect(announceRequestFromQuery(asked)).toMatchObject({ leftBytes: LEFT_BYTES_UNKNOWN })
})

describe('a tracker reads', () => {
  const good = query(announceUrl('http://t/', request))
  const read = (from: string | RegExp, to: string) => announceRequestFromQuery(good.replace(from, to))

  test.each([
    [/info_hash=[^&]*&/, '', 'info_hash', '20 bytes', '0'],
    [/info_hash=/, 'info_hash=x', 'info_hash', '20 bytes', '21'],
    [/peer_id=-/, 'peer_id=', 'peer_id', '20 bytes', '19'],
    ['&port=6881', '', 'port', 'a whole number', 'nothing'],
    ['port=6881', 'port=0', 'port', '1 to 65535', '0'],
    ['port=6881', 'port=65536', 'port', '1 to 65535', '65536'],
    ['port=6881', 'port=-1', 'port', 'a whole number', 'something else'],
    ['&left=3', '', 'left', 'a whole number', 'nothing'],
    ['left=3', 'left=Infinity', 'left', 'a whole number', 'something else'],
    ['uploaded=1', 'uploaded=1e3', 'uploaded', 'a whole number', 'something else'],
  ])('%s -> %j as a fault of %s', (from, to, field, expected, received) => {
    expect(read(from, to)).toEqual({ kind: 'fault', field, expected, received })
  })

  test.each<[string, string, Partial<AnnounceRequest>]>([
    ['left=3', 'left=9223372036854775807', { leftBytes: Number.MAX_SAFE_INTEGER }],
    ['port=6881', 'port=65535', { port: 65535 }],
    ['numwant=50', 'numwant=-1', { numWant: null }],
    ['numwant=50', 'numwant=0', { numWant: 0 }],
    ['event=started', 'event=paused', { event: 'paused' }],
    ['event=started', 'event=empty', { event: 'none' }],
    ['event=started', 'event=', { event: 'none' }],
    ['&compact=1', '', { compact: true }],
    ['compact=1', 'compact=0', { compact: false }],
    ['key=1A2B3C4D', 'key=a+b%2Bc', { key: 'a b+c' }],
    ['key=1A2B3C4D', 'key=%zz%4', { key: '%zz%4' }],
    ['key=1A2B3C4D', 'key=é', { key: 'Ã©' }],
    ['key=1A2B3C4D', 'ip=127.0.0.9', { ip: '127.0.0.9', key: null }],
    ['key=1A2B3C4D', 'ip=example.org', { ip: null, key: null }],
  ])('%s -> %s as %j', (from, to, expected) => expect(read(from, to)).toEqual({ ...request, ...expected }))
})

describe('any request', () => {
  const byteText = fc.uint8Array({ maxLength: 30 }).map((bytes) => String.fromCharCode(...bytes))
  const twenty = fc.uint8Array({ minLength: 20, maxLength: 20 })
  const requests = fc.record({
    infohash: twenty.map(infoHashFromBytes),
    peerId: twenty.map(peerIdFromBytes),
    port: fc.integer({ min: 1, max: 65_535 }),
    uploadedBytes: fc.maxSafeNat(),
    downloadedBytes: fc.maxSafeNat(),
    leftBytes: fc.maxSafeNat(),
    event: fc.constantFrom('started', 'completed', 'stopped', 'none'),
    compact: fc.boolean(),
    noPeerId: fc.boolean(),
    numWant: fc.option(fc.nat()),
    key: fc.option(byteText),
    trackerId: fc.option(byteText),
    ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6()).map(canonicalIpAddress)),
  })

  test('written and read again is the same, and its URL is one that no parser changes', () => {
    fc.assert(
      fc.property(requests, (any) => {
        const url = announceUrl('http://127.0.0.1:6969/announce?pass=1', any)
        expect(announceRequestFromQuery(query(url))).toEqual(any)
        expect(new URL(url).href).toBe(url)
      }),
    )
  })

  test('that is any text is a request or a fault', () => {
    const parts = fc.constantFrom(
      'info_hash=',
      'peer_id=',
      'port=',
      '%',
      '&',
      '=',
      '+',
      '1',
      '\ud800',
      'aaaaaaaaaaaaaaaaaaaa',
    )
    const anyQuery = fc.oneof(
      fc.string(),
      fc.uint16Array().map((units) => String.fromCharCode(...units)),
      fc.array(parts).map((all) => all.join('')),
    )
    fc.assert(fc.property(anyQuery, (text) => void announceRequestFromQuery(text)))
  })
})
