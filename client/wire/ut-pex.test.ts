import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Encodable, type EncodableRecord, encode } from '../bencode/encode.ts'
import { keyBytes, keyFromBytes } from '../bencode/value.ts'
import { canonicalIpAddress } from '../ports/ip-address.ts'
import type { PeerAddress } from '../ports/transport.ts'
import { formatFault } from './fault.ts'
import { encodePexMessage, PEX_BYTES_MAX, type PexMessage, type PexPeer, parsePexMessage } from './ut-pex.ts'

const NONE: PexMessage = { added: [], dropped: [] }
const peer = (host: string, port: number, isSeed = false, reachable = false): PexPeer => ({
  address: { host, port },
  isSeed,
  reachable,
})

function parsed(value: Encodable): PexMessage {
  const message = parsePexMessage(encode(value))
  if ('code' in message) throw new Error(formatFault(message))
  return message
}

test('a message, byte by byte (BEP 11)', () => {
  const message: PexMessage = {
    added: [peer('1.2.3.4', 258, true), peer('5.6.7.8', 1, false, true), peer('2001:db8::1', 65_535, true, true)],
    dropped: [
      { host: '9.9.9.9', port: 9 },
      { host: '::1', port: 1 },
    ],
  }
  const ipv6 = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01`
  const text =
    'd5:added12:\x01\x02\x03\x04\x01\x02\x05\x06\x07\x08\x00\x017:added.f2:\x02\x10' +
    `6:added618:${ipv6}\xff\xff8:added6.f1:\x12` +
    `7:dropped6:\x09\x09\x09\x09\x00\x098:dropped618:${'\0'.repeat(15)}\x01\x00\x01e`
  expect(keyFromBytes(encodePexMessage(message))).toBe(text)
  expect(parsePexMessage(keyBytes(text))).toEqual(message)
})

test('a message of nothing says so in every key, and "de", as aria2 sends, is read as one', () => {
  const text = 'd5:added0:7:added.f0:6:added60:8:added6.f0:7:dropped0:8:dropped60:e'
  expect(keyFromBytes(encodePexMessage(NONE))).toBe(text)
  expect(parsed({})).toEqual(NONE)
})

describe('what is no use is left out', () => {
  const ONE = Uint8Array.of(1, 2, 3, 4, 0, 5)
  test.each<[string, EncodableRecord, Partial<PexMessage>]>([
    ['no flags', { added: ONE }, { added: [peer('1.2.3.4', 5)] }],
    ['other flags', { added: ONE, 'added.f': Uint8Array.of(0xed) }, { added: [peer('1.2.3.4', 5)] }],
    ['flags of another type', { added: ONE, 'added.f': 2 }, { added: [peer('1.2.3.4', 5)] }],
    ['half an entry', { added: Uint8Array.of(...ONE, 9, 9) }, { added: [peer('1.2.3.4', 5)] }],
    ['a peer twice', { added: Uint8Array.of(...ONE, ...ONE) }, { added: [peer('1.2.3.4', 5)] }],
    ['port 0', { added: Uint8Array.of(1, 2, 3, 4, 0, 0) }, {}],
    ['an address nobody has', { added: Uint8Array.of(0, 0, 0, 0, 0, 5, 224, 0, 0, 1, 0, 5) }, {}],
    ['a number where bytes are due', { added: 7, dropped: [], added6: {} }, {}],
  ])('%s', (_, value, message) => expect(parsed(value)).toEqual({ ...NONE, ...message }))

  test('and the flags still stand with their own peer', () => {
    const bytes = Uint8Array.of(1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 0, 2)
    expect(parsed({ added: bytes, 'added.f': Uint8Array.of(0, 2) }).added).toEqual([peer('2.2.2.2', 2, true)])
  })
})

describe('a flood is cut', () => {
  const compact = (count: number, head: readonly number[]) =>
    Uint8Array.from(Array.from({ length: count }, (_, index) => [...head, index >> 8, index & 255, 1, 1]).flat())
  const IPV6 = [0x20, 1, ...new Array<number>(12).fill(0)]

  test.each([
    [100, 0, 100, 0],
    [101, 0, 100, 0],
    [60, 41, 60, 40],
    [0, 101, 0, 100],
    [5000, 500, 100, 0],
  ])('of %i added by IPv4 and %i by IPv6, %i and %i count', (four, six, kept4, kept6) => {
    const { added } = parsed({ added: compact(four, [10, 0]), added6: compact(six, IPV6) })
    expect(added.filter(({ address }) => !address.host.includes(':')).length).toBe(kept4)
    expect(added.length).toBe(kept4 + kept6)
  })

  test('of 101 dropped, 100 count', () => {
    expect(parsed({ dropped: compact(101, [10, 0]) }).dropped.length).toBe(100)
  })

  test('of 51, 50 are sent, added and dropped alike', () => {
    const addresses = Array.from({ length: 51 }, (_, index) => ({ host: `10.0.0.${index}`, port: 1 }))
    const added = addresses.map(({ host }) => peer(host, 1))
    const message = parsePexMessage(encodePexMessage({ added, dropped: addresses }))
    expect(message).toEqual({ added: added.slice(0, 50), dropped: addresses.slice(0, 50) })
  })
})

describe('what is hostile is a fault', () => {
  const shell = encode({ x: new Uint8Array(60_000) }).length - 60_000
  test.each<[string, Uint8Array, string]>([
    ['64 KiB', encode({ x: new Uint8Array(PEX_BYTES_MAX - shell) }), 'none'],
    ['one byte more', encode({ x: new Uint8Array(PEX_BYTES_MAX - shell + 1) }), 'extension.too-long'],
    ['nested 10,000 deep', keyBytes('d1:al'.padEnd(10_000, 'l')), 'at most 20 levels'],
    ['a list', keyBytes('le'), 'extension.bencode'],
    ['nothing', keyBytes(''), 'extension.bencode'],
  ])('%s', (_, payload, problem) => {
    const outcome = parsePexMessage(payload)
    expect('code' in outcome ? formatFault(outcome) : 'none').toContain(problem)
  })
})

test('a name instead of an address is our own mistake', () => {
  expect(() => encodePexMessage({ ...NONE, dropped: [{ host: 'localhost', port: 1 }] })).toThrow(RangeError)
})

test('what was encoded parses to the same', () => {
  const address: fc.Arbitrary<PeerAddress> = fc.record({
    host: fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255)).map(([a, b]) => `${a}.0.0.${b}`),
      fc.ipV6().map((host) => canonicalIpAddress(`2001${host.slice(host.indexOf(':'))}`) ?? '::1'),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
  })
  const key = ({ host, port }: PeerAddress) => `${host} ${port}`
  const isIpv6 = ({ host }: PeerAddress) => (host.includes(':') ? 1 : 0)
  const added = fc.record({ address, isSeed: fc.boolean(), reachable: fc.boolean() })
  const message = fc.record({
    added: fc.uniqueArray(added, { maxLength: 50, selector: (each) => key(each.address) }),
    dropped: fc.uniqueArray(address, { maxLength: 50, selector: key }),
  })
  fc.assert(
    fc.property(message, (sent) => {
      expect(parsePexMessage(encodePexMessage(sent))).toEqual({
        added: [...sent.added].sort((a, b) => isIpv6(a.address) - isIpv6(b.address)),
        dropped: [...sent.dropped].sort((a, b) => isIpv6(a) - isIpv6(b)),
      })
    }),
  )
})
