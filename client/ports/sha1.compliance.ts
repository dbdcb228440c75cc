/** What every `Sha1` must do: the vectors of FIPS 180-4 and the edges of its blocks. A test file calls `sha1Compliance`. */
import { describe, expect, test } from 'vitest'
import type { Sha1 } from './sha1.ts'

const text = (value: string) => new TextEncoder().encode(value)

/** Of 55, 56, 63 and 64 bytes the padding falls differently. */
const VECTORS: readonly (readonly [name: string, bytes: Uint8Array, hex: string])[] = [
  ['nothing', text(''), 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['"abc"', text('abc'), 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  [
    '56 bytes',
    text('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
  ],
  ['55 bytes of a', text('a'.repeat(55)), 'c1c8bbdc22796e28c0e15163d20899b65621d65a'],
  ['63 bytes of a', text('a'.repeat(63)), '03f09f5b158a7a8cdad920bddc29b81c18a551f5'],
  ['64 bytes of a', text('a'.repeat(64)), '0098ba824b5c16427bd7a1122a5a442a25ec644d'],
  ['a million of a', text('a'.repeat(1_000_000)), '34aa973cd4c4daa4f61eeb2bdbad27316534016f'],
]

export function sha1Compliance(name: string, sha1: Sha1): void {
  describe(`sha1: ${name}`, () => {
    test.each(VECTORS)('of %s', (_, bytes, hex) => {
      expect(Buffer.from(sha1(bytes)).toString('hex')).toBe(hex)
    })

    test('of a view on a larger buffer is that of the view, which stays as it was', () => {
      const buffer = text('xabcx')
      expect(Buffer.from(sha1(buffer.subarray(1, 4))).toString('hex')).toBe(VECTORS[1]![2])
      expect(buffer).toEqual(text('xabcx'))
    })

    test('is 20 bytes of the caller', () => {
      const [one, other] = [sha1(text('abc')), sha1(text('abc'))]
      one.fill(0)
      expect([one.length, Buffer.from(other).toString('hex')]).toEqual([20, VECTORS[1]![2]])
    })
  })
}
