import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import { ALLOWED_FAST_COUNT, allowedFastSet } from './allowed-fast.ts'
import { HANDSHAKE_BYTES } from './handshake.ts'
import { decodeAll } from './stream.testing.ts'

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()
const OF_THE_BEP = 'aa'.repeat(20) as InfoHash

test.each([
  [1313, 7, [1059, 431, 808, 1217, 287, 376, 1188]],
  [1313, 9, [1059, 431, 808, 1217, 287, 376, 1188, 353, 508]],
  [1313, 1, [1059]],
  [1313, 0, []],
  [2, 4, [1, 0]],
  [1, 10, [0]],
  [0, 10, []],
])('of %i pieces, 80.4.4.200 is allowed %i: %j (the examples of BEP 6)', (pieceCount, count, pieces) => {
  expect(allowedFastSet(OF_THE_BEP, '80.4.4.200', pieceCount, count, sha1)).toEqual(pieces)
})

test('a neighbour in the same /24 is allowed the same, one outside is not', () => {
  const of = (host: string) => allowedFastSet(OF_THE_BEP, host, 1313, 7, sha1)
  expect(of('80.4.4.1')).toEqual(of('80.4.4.200'))
  expect(of('80.4.5.200')).not.toEqual(of('80.4.4.200'))
})

test('over IPv6 the /64 counts', () => {
  const of = (host: string) => allowedFastSet(OF_THE_BEP, host, 1313, 7, sha1)
  expect(of('2001:db8:1:2::1')).toEqual(of('2001:db8:1:2:ffff::9'))
  expect(of('2001:db8:1:3::1')).not.toEqual(of('2001:db8:1:2::1'))
})

test('a name instead of an address is our own mistake', () => {
  expect(() => allowedFastSet(OF_THE_BEP, 'localhost', 10, 10, sha1)).toThrow(RangeError)
})

test('aria2 allows a peer at 127.0.0.1 the same 10 of 24 pieces', () => {
  const infohash = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
  const recorded = readFileSync(new URL('../fixtures/transcripts/aria2-1.36.0.from-leecher.bin', import.meta.url))
  const messages = decodeAll([recorded.subarray(HANDSHAKE_BYTES)], () => 'owned')
  const theirs = messages.flatMap((message) => (message.type === 'allowed-fast' ? [message.piece] : []))
  const ours = allowedFastSet(infohash, '127.0.0.1', 24, ALLOWED_FAST_COUNT, sha1)
  expect(theirs).toEqual(ours)
})

test('as many different pieces as there are, whatever is asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(40), fc.ipV4(), (pieceCount, count, host) => {
      const pieces = allowedFastSet(OF_THE_BEP, host, pieceCount, count, sha1)
      expect(new Set(pieces).size).toBe(Math.min(count, pieceCount))
      expect(pieces.every((piece) => Number.isInteger(piece) && piece >= 0 && piece < pieceCount)).toBe(true)
    }),
  )
})
