import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import { joined } from '../ports/bytes.ts'
import { type AnnounceResponse, PEERS_MAX } from './announce-response.ts'
import {
  encodeConnectResponse,
  encodeUdpAnnounceResponse,
  encodeUdpError,
  encodeUdpScrapeResponse,
  parseUdpResponse,
} from './udp-responses.ts'

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
const read = (text: string, family: 'ipv4' | 'ipv6' = 'ipv4') => parseUdpResponse(hex(text), family)
/** An announce with this interval and these peers, transaction 7. */
const announced = (intervalHex: string, peersHex: string) => `0000000100000007${intervalHex}0000000200000003${peersHex}`

const response: AnnounceResponse = {
  kind: 'response',
  peers: [
    { host: '10.0.0.1', port: 6881, peerId: null },
    { host: '2001:db8::1', port: 9, peerId: null },
  ],
  intervalSeconds: 900,
  minIntervalSeconds: null,
  complete: 3,
  incomplete: 2,
  trackerId: null,
  warning: null,
  externalIp: null,
}

describe('byte by byte as BEP 15 has it:', () => {
  test('connect', () => {
    const bytes = hex('00000000fffffffe0102030405060708')
    expect(encodeConnectResponse(0xfffffffe, hex('0102030405060708'))).toEqual(bytes)
    const expected = { kind: 'connect', transactionId: 0xfffffffe, connectionId: hex('0102030405060708') }
    expect(parseUdpResponse(bytes, 'ipv4')).toEqual(expected)
  })

  test.each([
    ['ipv4', '0a0000011ae1', 0],
    ['ipv6', '20010db80000000000000000000000010009', 1],
  ] as const)('announce at an address of %s, with peers of that family', (family, peersHex, index) => {
    const bytes = hex(announced('00000384', peersHex))
    expect(encodeUdpAnnounceResponse(7, response, family)).toEqual(bytes)
    const announce = { ...response, peers: [response.peers[index]] }
    expect(parseUdpResponse(bytes, family)).toEqual({ kind: 'announce', transactionId: 7, announce })
  })

  test('scrape', () => {
    const [known, unknown] = ['ab'.repeat(20), 'cd'.repeat(20)] as InfoHash[]
    const counts = { complete: 1, incomplete: 3, downloaded: 2, downloaders: null }
    const bytes = hex(`0000000200000007${'000000010000000200000003'}${'00'.repeat(12)}`)
    expect(encodeUdpScrapeResponse(7, [known!, unknown!], new Map([[known!, counts]]))).toEqual(bytes)
    const nothing = { complete: 0, incomplete: 0, downloaded: 0, downloaders: null }
    expect(parseUdpResponse(bytes, 'ipv4')).toEqual({ kind: 'scrape', transactionId: 7, counts: [counts, nothing] })
  })

  test('error, made safe to print', () => {
    const bytes = joined([hex('0000000300000007'), new TextEncoder().encode('no\u001b')])
    expect(encodeUdpError(7, 'no\u001b')).toEqual(bytes)
    expect(parseUdpResponse(bytes, 'ipv4')).toEqual({ kind: 'error', transactionId: 7, message: 'no\\u{1b}' })
  })
})

describe('what a tracker may say and nobody should believe:', () => {
  test.each([
    ['an interval of 0', '00000000', 1_800],
    ['an interval of -1', 'ffffffff', 1_800],
    ['an interval of 1 s', '00000001', 5],
    ['an interval of 68 years', '7fffffff', 86_400],
  ])('%s', (_, intervalHex, intervalSeconds) => {
    expect(read(announced(intervalHex, ''))).toMatchObject({ announce: { intervalSeconds } })
  })

  test('peers that nobody can connect to, twice the same, and a piece of one at the end', () => {
    const peersHex = '0a0000010000' + '000000001ae1' + 'e00000011ae1' + '0a0000011ae1' + '0a0000011ae1' + '0a0000'
    expect(read(announced('00000384', peersHex))).toMatchObject({
      announce: { peers: [{ host: '10.0.0.1', port: 6881, peerId: null }] },
    })
  })

  test(`more than ${PEERS_MAX} peers`, () => {
    const peers = Array.from({ length: PEERS_MAX + 1 }, (_, index) => ({
      host: '10.0.0.1',
      port: index + 1,
      peerId: null,
    }))
    const parsed = parseUdpResponse(encodeUdpAnnounceResponse(7, { ...response, peers }, 'ipv4'), 'ipv4')
    expect(parsed?.kind === 'announce' && parsed.announce.peers.length).toBe(PEERS_MAX)
  })

  test('an error of 65,000 bytes', () => {
    const parsed = parseUdpResponse(encodeUdpError(7, 'x'.repeat(65_000)), 'ipv4')
    expect(parsed).toEqual({ kind: 'error', transactionId: 7, message: 'x'.repeat(300) })
  })

  test('an error without words', () => {
    expect(read('0000000300000007')).toMatchObject({ message: 'nothing' })
  })
})

test.each([
  ['nothing', ''],
  ['7 bytes', '00000000000000'],
  ['action 4', '0000000400000007'],
  ['action 2^24', '0100000000000007'],
])('%s is no response', (_, bytes) => {
  expect(read(bytes)).toBeNull()
})

test.each([
  ['a connect of 15 bytes', '000000000000000701020304050607', 'connect: expected 16 bytes, received 15'],
  ['an announce of 8 bytes', '0000000100000007', 'announce: expected 20 bytes, received 8'],
  ['an announce of 19 bytes', announced('00000384', '').slice(0, 38), 'announce: expected 20 bytes, received 19'],
])('%s is cut off', (_, bytes, detail) => {
  expect(read(bytes)).toMatchObject({ kind: 'cut-off', transactionId: 7, detail })
})

test('any bytes are read without throwing', () => {
  const action = fc.integer({ min: 0, max: 4 })
  const bytes = fc.tuple(action, fc.uint8Array()).map(([number, rest]) => Uint8Array.of(0, 0, 0, number, ...rest))
  const family = fc.constantFrom('ipv4' as const, 'ipv6' as const)
  fc.assert(fc.property(bytes, family, (any, at) => parseUdpResponse(any, at) !== undefined))
})
