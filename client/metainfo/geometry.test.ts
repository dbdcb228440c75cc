import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from './geometry.ts'

const someGeometry = fc
  .tuple(fc.integer({ min: 0, max: 40 * BLOCK_BYTES }), fc.integer({ min: 1, max: 5 * BLOCK_BYTES }))
  .filter(([totalBytes, pieceLengthBytes]) => totalBytes / pieceLengthBytes < 1000)
  .map(([totalBytes, pieceLengthBytes]) => new Geometry(totalBytes, pieceLengthBytes))

test('blocks cover every byte of the content once, in order', () => {
  fc.assert(
    fc.property(someGeometry, (geometry) => {
      let at = 0
      for (let index = 0; index < geometry.pieceCount; index++) {
        const piece = index as PieceIndex
        for (let blockIndex = 0; blockIndex < geometry.blockCount(piece); blockIndex++) {
          const { offsetBytes, lengthBytes } = geometry.block(piece, blockIndex)
          expect(geometry.pieceOffsetBytes(piece) + offsetBytes).toBe(at)
          expect(lengthBytes).toBeGreaterThan(0)
          expect(geometry.blockIndexAt(piece, offsetBytes, lengthBytes)).toBe(blockIndex)
          at += lengthBytes
        }
      }
      expect(at).toBe(geometry.totalBytes)
    }),
  )
})

/** 2 pieces of 2 blocks and 100 bytes, then one of 1 block and 1 byte. */
const short = new Geometry(2 * (2 * BLOCK_BYTES + 100) + BLOCK_BYTES + 1, 2 * BLOCK_BYTES + 100)

test('pieces and blocks at the end may be short', () => {
  expect(short.pieceCount).toBe(3)
  expect(short.blocksPerPiece).toBe(3)
  const last = short.pieceIndex(2) as PieceIndex
  expect(short.pieceBytes(last)).toBe(BLOCK_BYTES + 1)
  expect([0, 1].map((block) => short.blockBytes(last, block))).toEqual([BLOCK_BYTES, 1])
  expect(short.blockCount(last)).toBe(2)
})

test.each([-1, 3, 0.5, Number.NaN, 2 ** 32])('%s is no piece of it', (value) => {
  expect(short.pieceIndex(value)).toBe(null)
})

test.each([
  [1, BLOCK_BYTES],
  [0, BLOCK_BYTES - 1],
  [0, BLOCK_BYTES + 1],
  [-BLOCK_BYTES, BLOCK_BYTES],
  [2 * BLOCK_BYTES, 101],
  [3 * BLOCK_BYTES, 1],
])('%i + %i bytes is no block of it', (offsetBytes, lengthBytes) => {
  expect(short.blockIndexAt(short.pieceIndex(0) as PieceIndex, offsetBytes, lengthBytes)).toBe(null)
})

test('no content has no piece', () => {
  expect(new Geometry(0, BLOCK_BYTES).pieceCount).toBe(0)
})

test.each([
  [-1, 1],
  [1, 0],
  [0.5, 1],
  [2 ** 53, 1],
  [1, Number.NaN],
])('%s bytes in pieces of %s is refused', (totalBytes, pieceLengthBytes) => {
  expect(() => new Geometry(totalBytes, pieceLengthBytes)).toThrow(RangeError)
})
