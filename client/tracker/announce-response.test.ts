import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Encodable, encode } from '../bencode/encode.ts'
import { canonicalIpAddress, isUnicast, parseIpAddress } from '../ports/ip-address.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import {
  type AnnounceResponse,
  encodeAnnounceFailure,
  encodeAnnounceResponse,
  PEERS_MAX,
  parseAnnounceResponse,
} from './announce-response.ts'
import { RESPONSE_BYTES_MAX } from './tracker-answer.ts'

const ascii = (text: string) => new TextEncoder().encode(text)
const peerId = peerIdFromBytes(ascii('-SL0001-abcdefghijkl'))

const nothing: AnnounceResponse = {
  kind: 'response',
  peers: [],
  intervalSeconds: 1800,
  minIntervalSeconds: null,
  complete: null,
  incomplete: null,
  trackerId: null,
  warning: null,
  externalIp: null,
}

/** What is read from this dictionary. */
const read = (answer: { [key: string]: Encodable }) => parseAnnounceResponse(encode(answer))
const addresses = (answer: ReturnType<typeof read>) =>
  answer.kind === 'response' ? answer.peers.map(({ host, port }) => `${host} ${port}`) : answer

describe('an answer', () => {
  test('of BEP 3 and 23, as trackers write it', () => {
    const bytes = ascii(
      'd8:completei2e10:incompletei1e8:intervali900e12:min intervali60e5:peers6:\x7f\0\0\x01\x1a\x0ae',
    )
    expect(parseAnnounceResponse(bytes)).toEqual({
      ...nothing,
      complete: 2,
      incomplete: 1,
      intervalSeconds: 900,
      minIntervalSeconds: 60,
      peers: [{ host: '127.0.0.1', port: 6666, peerId: null }],
    })
  })

  test('with dictionary peers, of which only IP literals with a port count, and no name is looked up', () => {
    const peers = [
      { ip: '10.0.0.1', port: 1, 'peer id': peerId },
      { ip: '::1', port: 65535, 'peer id': 'short' },
      { ip: '::ffff:10.0.0.2', port: 2 },
      ...['localhost', 'tracker.example', '0.0.0.0', '224.0.0.1', '010.0.0.1', '10.0.0.3\n', ''].map((ip) => ({
        ip,
        port: 1,
      })),
      ...[0, 65536, -1, '80'].map((port) => ({ ip: '10.0.0.4', port })),
      { port: 1 },
      { ip: 167772165, port: 1 },
      'not a dictionary',
      7,
      [],
    ]
    expect(read({ peers })).toEqual({
      ...nothing,
      peers: [
        { host: '10.0.0.1', port: 1, peerId },
        { host: '::1', port: 65535, peerId: null },
        { host: '10.0.0.2', port: 2, peerId: null },
      ],
    })
  })

  test('with IPv6 peers beside the others (BEP 7), each address once', () => {
    const four = Uint8Array.of(10, 0, 0, 1, 0, 1, 10, 0, 0, 1, 0, 1, 10, 0, 0, 2, 0, 0)
    const six = new Uint8Array(36)
    six.set([...new Array<number>(15).fill(0), 1, 0, 9])
    six.set([...new Array<number>(10).fill(0), 0xff, 0xff, 10, 0, 0, 1, 0, 1], 18) // 10.0.0.1 again, mapped
    expect(addresses(read({ peers: four, peers6: six }))).toEqual(['10.0.0.1 1', '::1 9'])
  })

  test('without peers is an answer: that of a stopped often is', () => {
    expect(read({ interval: 1800 })).toEqual(nothing)
    expect(read({})).toEqual(nothing)
  })

  test('with keys out of order and keys nobody knows is read', () => {
    expect(parseAnnounceResponse(ascii('d5:peers0:8:intervali60e3:xyzi1ee'))).toEqual({
      ...nothing,
      intervalSeconds: 60,
    })
  })
})

describe('an answer', () => {
  test.each([
    ['external ip', Uint8Array.of(10, 0, 0, 1), { externalIp: '10.0.0.1' }],
    ['external ip', new Uint8Array(16), { externalIp: '::' }],
    ['external ip', new Uint8Array(5), { externalIp: null }],
    ['tracker id', Uint8Array.of(0, 255), { trackerId: '\0\xff' }],
    ['tracker id', 5, { trackerId: null }],
    ['tracker id', 'x'.repeat(300), { trackerId: 'x'.repeat(300) }],
    ['tracker id', 'x'.repeat(301), { trackerId: null }],
    ['warning message', 'slow down', { warning: 'slow down' }],
    ['warning message', '\x1b[31mred\r\n\u202e', { warning: '\\u{1b}[31mred\\u{d}\\u{a}\\u{202e}' }],
    ['warning message', 'x'.repeat(301), { warning: 'x'.repeat(300) }],
    ['warning message', 5, { warning: null }],
    ['complete', -1, { complete: null }],
    ['complete', 2n ** 63n, { complete: null }],
  ])('whose %s is %o gives %o', (key, value, expected) =>
    expect(read({ [key]: value })).toEqual({ ...nothing, ...expected }),
  )
})

describe('an interval', () => {
  test.each([
    [5, 5],
    [4, 5],
    [1, 5],
    [0, 1800],
    [-1, 1800],
    [86_400, 86_400],
    [86_401, 86_400],
    [2n ** 64n - 1n, 86_400],
    [-(2n ** 63n), 1800],
    ['900', 1800],
  ])('of %s is %i s', (interval, seconds) => {
    expect(read({ interval })).toMatchObject({ intervalSeconds: seconds })
    const least = seconds === 1800 ? null : seconds
    expect(read({ 'min interval': interval })).toMatchObject({ minIntervalSeconds: least })
  })
})

describe('a fault', () => {
  const fault = (code: string, detail: string) => ({ kind: 'fault', code, detail, retryInSeconds: null })

  test.each([
    ['', 'not-bencode', 'byte 0: expected a value, found the end of the input'],
    ['<html>', 'not-bencode', "byte 0: expected a value (i, l, d or a digit), found 0x3c '<'"],
    ['li1ee', 'not-bencode', 'expected a dictionary, received a list of 1'],
    ['i1e', 'not-bencode', 'expected a dictionary, received 1'],
    ['d5:peersi6ee', 'bad-field', 'peers: expected a string, received 6'],
    ['d5:peersdee', 'bad-field', 'peers: expected a string, received a dictionary'],
    ['d5:peers7:1234567e', 'bad-field', 'peers: expected a multiple of 6 bytes, received 7'],
    ['d6:peers66:123456e', 'bad-field', 'peers6: expected a multiple of 18 bytes, received 6'],
    ['d6:peers6lee', 'bad-field', 'peers6: expected a string, received a list of 0'],
    [
      'd5:peers99999999999:e',
      'not-bencode',
      'byte 8: expected a string that ends in the 13 bytes left, found a longer one',
    ],
    [`d1:a${'l'.repeat(20)}`, 'not-bencode', 'byte 13: expected at most 10 levels, found one more'],
  ])('is what %j gives', (text, code, detail) =>
    expect(parseAnnounceResponse(ascii(text))).toEqual(fault(code, detail)),
  )

  test('is the tracker refusing, in its own words made safe to print, whatever else it says', () => {
    expect(parseAnnounceResponse(encodeAnnounceFailure('not\u001b registered'))).toEqual(
      fault('failure', 'not\\u{1b} registered'),
    )
    expect(read({ 'failure reason': 'no', peers: '123456' })).toEqual(fault('failure', 'no'))
    expect(read({ 'failure reason': 5 })).toEqual(fault('failure', 'nothing'))
    expect(read({ 'failure reason': '' })).toEqual(fault('failure', 'nothing'))
  })

  test.each([
    [5, 300],
    [1441, 86_400],
    [0, null],
    [-1, null],
    ['never', 'never'],
    ['5', 300], // as the example of BEP 31 has it
    ['0', null],
    ['5 minutes', null],
    ['later', null],
  ])('with "retry in" %s (BEP 31) gives %s seconds', (value, seconds) => {
    expect(read({ 'failure reason': 'no', 'retry in': value })).toMatchObject({ retryInSeconds: seconds })
  })
})

describe('at its limits', () => {
  test(`a body of ${RESPONSE_BYTES_MAX} bytes is read, one byte more is not`, () => {
    const ofLength = (length: number) => encode({ x: new Uint8Array(length - 'd1:x1048565:e'.length) })
    expect(ofLength(RESPONSE_BYTES_MAX)).toHaveLength(RESPONSE_BYTES_MAX)
    expect(parseAnnounceResponse(ofLength(RESPONSE_BYTES_MAX))).toEqual(nothing)
    expect(parseAnnounceResponse(ofLength(RESPONSE_BYTES_MAX + 1))).toMatchObject({ kind: 'fault', code: 'too-large' })
  })

  test.each([PEERS_MAX, PEERS_MAX + 1])(`of %i peers at most ${PEERS_MAX} are taken`, (count) => {
    const peers = new Uint8Array(count * 6)
    for (let index = 0; index < count; index++) peers.set([10, 0, index >> 8, index & 0xff, 0, 1], index * 6)
    const dictionaries = Array.from({ length: count }, (_, index) => ({
      ip: `10.0.${index >> 8}.${index & 0xff}`,
      port: 1,
    }))
    expect(addresses(read({ peers }))).toHaveLength(PEERS_MAX)
    expect(addresses(read({ peers: dictionaries }))).toHaveLength(PEERS_MAX)
  })
})

describe('any answer', () => {
  const hosts = fc
    .oneof(fc.ipV4(), fc.ipV6())
    .map((text) => canonicalIpAddress(text)!)
    .filter((host) => isUnicast(parseIpAddress(host)!))
  const peers = fc.record({
    host: hosts,
    port: fc.integer({ min: 1, max: 65_535 }),
    peerId: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 }).map(peerIdFromBytes)),
  })
  const seconds = fc.integer({ min: 5, max: 86_400 })
  const responses: fc.Arbitrary<AnnounceResponse> = fc.record({
    kind: fc.constant('response'),
    peers: fc.uniqueArray(peers, { selector: ({ host, port }) => `${host} ${port}` }),
    intervalSeconds: seconds,
    minIntervalSeconds: fc.option(seconds),
    complete: fc.option(fc.maxSafeNat()),
    incomplete: fc.option(fc.maxSafeNat()),
    trackerId: fc.option(fc.uint8Array({ maxLength: 30 }).map((bytes) => String.fromCharCode(...bytes))),
    warning: fc.option(fc.stringMatching(/^[ -~]{0,300}$/)),
    externalIp: fc.option(hosts),
  })

  test('written with dictionary peers and read again is the same', () => {
    fc.assert(
      fc.property(responses, (response) => {
        expect(parseAnnounceResponse(encodeAnnounceResponse(response, false))).toEqual(response)
      }),
    )
  })

  test('written compact and read again is the same but for peer ids, IPv4 before IPv6', () => {
    fc.assert(
      fc.property(responses, (response) => {
        const anonymous = response.peers.map((peer) => ({ ...peer, peerId: null }))
        const is6 = (peer: { host: string }) => peer.host.includes(':')
        expect(parseAnnounceResponse(encodeAnnounceResponse(response, true))).toEqual({
          ...response,
          peers: [...anonymous.filter((peer) => !is6(peer)), ...anonymous.filter(is6)],
        })
      }),
    )
  })

  test('that is any bytes, or a good one with a few of them changed, is a response or a fault', () => {
    const changed = fc
      .tuple(responses, fc.boolean(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }))
      .map(([response, compact, changes]) => {
        const bytes = encodeAnnounceResponse(response, compact)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), changed), (bytes) => {
        expect(['response', 'fault']).toContain(parseAnnounceResponse(bytes).kind)
      }),
      { numRuns: 500 },
    )
  })
})
