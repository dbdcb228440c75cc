import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_BYTES } from './geometry.ts'
import { SyntheticContent, syntheticFiles, syntheticName } from './synthetic-content.ts'

const TOTAL_BYTES = 40 * BLOCK_BYTES + 1234
const content = new SyntheticContent(TOTAL_BYTES, 7)
const whole = content.read(0, TOTAL_BYTES)

test('any part is that part of the whole, however it is cut', () => {
  fc.assert(
    fc.property(fc.nat(TOTAL_BYTES), fc.nat(3 * BLOCK_BYTES), (offsetBytes, length) => {
      const lengthBytes = Math.min(length, TOTAL_BYTES - offsetBytes)
      const expected = whole.subarray(offsetBytes, offsetBytes + lengthBytes)
      expect(Buffer.compare(content.read(offsetBytes, lengthBytes), expected)).toBe(0)
    }),
    { numRuns: 500 },
  )
})

/** Hashes made by another implementation of the same definition, in Python. */
test('it is the same on every engine and in every version', () => {
  const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')
  expect(sha1(whole)).toBe('ace7b7f6e905e4f1b1edfdd2a131303520773be3')
  const far = new SyntheticContent(Number.MAX_SAFE_INTEGER, 2 ** 40 + 3)
  expect(sha1(far.read(2 ** 52 - 5, 2 * BLOCK_BYTES))).toBe('c5a1d5d7fd013ee32ffc8fd19083422a57b969fb')
})

test('a block begins with its seed and its number', () => {
  const far = new SyntheticContent(2 ** 51, 2 ** 33 + 5)
  const stamp = new DataView(far.read((2 ** 34 + 6) * BLOCK_BYTES, 16).buffer)
  expect([stamp.getBigUint64(0, true), stamp.getBigUint64(8, true)]).toEqual([2n ** 33n + 5n, 2n ** 34n + 6n])
})

test('no two blocks are the same, of one seed or of two', () => {
  const blocks = 3000
  const seen = new Set<string>()
  for (const seed of [0, 1, 2 ** 32]) {
    const many = new SyntheticContent(blocks * BLOCK_BYTES, seed)
    for (let block = 0; block < blocks; block++) {
      seen.add(Buffer.from(many.read(block * BLOCK_BYTES, 16)).toString('hex'))
    }
  }
  expect(seen.size).toBe(3 * blocks)
})

test('past the stamp too, neighbours and seeds have little in common', () => {
  const other = new SyntheticContent(TOTAL_BYTES, 8)
  const rest = (of: SyntheticContent, block: number) => of.read(block * BLOCK_BYTES + 16, BLOCK_BYTES - 16)
  // Of bytes at random one in 256 is the same: 64 of 16,368, with a spread of 8.
  expect(sameBytes(rest(content, 0), rest(content, 1))).toBeLessThan(64 + 8 * 6)
  expect(sameBytes(rest(content, 0), rest(other, 0))).toBeLessThan(64 + 8 * 6)
})

test('the bytes do not depend on the total size', () => {
  const larger = new SyntheticContent(TOTAL_BYTES * 10, 7)
  expect(Buffer.compare(larger.read(0, TOTAL_BYTES), whole)).toBe(0)
})

test('what the content does not have is refused', () => {
  expect(() => content.read(-1, 1)).toThrow(RangeError)
  expect(() => content.read(TOTAL_BYTES, 1)).toThrow(RangeError)
  expect(content.read(TOTAL_BYTES, 0).length).toBe(0)
  expect(() => new SyntheticContent(-1, 0)).toThrow(RangeError)
  expect(() => new SyntheticContent(1, 0.5)).toThrow(RangeError)
})

test('its name says seed and size', () => {
  expect(syntheticName(1024, 7)).toBe('synthetic-7-1024.bin')
})

test('its files lie in a row, in folders and beside them', () => {
  expect(syntheticFiles(60, [10, 0, 20, 30])).toEqual([
    { path: ['0-and-more', 'file-0'], offsetBytes: 0, lengthBytes: 10 },
    { path: ['0-and-more', 'file-1'], offsetBytes: 10, lengthBytes: 0 },
    { path: ['0-file-2'], offsetBytes: 10, lengthBytes: 20 },
    { path: ['1-and-more', 'file-3'], offsetBytes: 30, lengthBytes: 30 },
  ])
  expect(() => syntheticFiles(60, [10, 20])).toThrow('files of 30 bytes, not of 60')
})

function sameBytes(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((count, byte, index) => count + (byte === b[index] ? 1 : 0), 0)
}
