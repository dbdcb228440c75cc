import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from './bitfield.ts'
import { bytes, hex } from './stream.testing.ts'

const piecesOf = (bitfield: Bitfield) =>
  Array.from({ length: bitfield.pieceCount }, (_, piece) => piece).filter((piece) => bitfield.has(piece as PieceIndex))

test.each([
  ['', 0, []],
  ['80', 1, [0]],
  ['01', 8, [7]],
  ['0080', 9, [8]],
  ['a5 40', 10, [0, 2, 5, 7, 9]],
  ['ff ff fe', 23, Array.from({ length: 23 }, (_, piece) => piece)],
  ['00 00', 16, []],
])('%s says of %i pieces that %j are there', (wire, pieceCount, pieces) => {
  const bitfield = Bitfield.fromWire(bytes(wire), pieceCount) as Bitfield
  expect(piecesOf(bitfield)).toEqual(pieces)
  expect(bitfield.setCount).toBe(pieces.length)
  expect(bitfield.isFull).toBe(pieces.length === pieceCount)
  expect(hex(bitfield.toWire())).toBe(wire.replaceAll(' ', ''))
})

test.each([
  ['', 1, '1 bytes', '0 bytes'],
  ['ff', 9, '2 bytes', '1 bytes'],
  ['ff00', 8, '1 bytes', '2 bytes'],
  ['00', 0, '0 bytes', '1 bytes'],
])('%s is too short or too long for %i pieces', (wire, pieceCount, expected, received) => {
  expect(Bitfield.fromWire(bytes(wire), pieceCount)).toEqual({ code: 'bitfield.length', expected, received })
})

test('a spare bit that is set is told, each of them, for every number of pieces', () => {
  const fault = { code: 'bitfield.spare-bits', expected: 'zeros', received: 'ones' }
  let checked = 0
  for (let pieceCount = 1; pieceCount <= 24; pieceCount++) {
    const byteCount = Math.ceil(pieceCount / 8)
    for (let bit = pieceCount; bit < byteCount * 8; bit++, checked++) {
      const wire = new Uint8Array(byteCount)
      wire[byteCount - 1] = 0x80 >>> (bit % 8)
      expect(Bitfield.fromWire(wire, pieceCount)).toEqual(fault)
    }
  }
  expect(checked).toBe(3 * (7 + 6 + 5 + 4 + 3 + 2 + 1))
})

test('what it was made from, and what it gives, are its own copies', () => {
  const wire = bytes('80')
  const bitfield = Bitfield.fromWire(wire, 8) as Bitfield
  wire[0] = 0xff
  bitfield.toWire()[0] = 0xff
  expect(piecesOf(bitfield)).toEqual([0])
})

test('a copy and its original go their own ways', () => {
  const original = Bitfield.fromWire(bytes('80'), 8) as Bitfield
  const copy = original.copy()
  original.set(1 as PieceIndex)
  copy.set(7 as PieceIndex)
  expect([piecesOf(original), original.setCount]).toEqual([[0, 1], 2])
  expect([piecesOf(copy), copy.setCount]).toEqual([[0, 7], 2])
})

test.each([0, 1, 7, 8, 9, 1000])('of %i pieces the full one has every piece, and no spare bit', (pieceCount) => {
  const full = Bitfield.full(pieceCount)
  expect([full.isFull, full.setCount]).toEqual([true, pieceCount])
  expect(Bitfield.fromWire(full.toWire(), pieceCount)).toBeInstanceOf(Bitfield)
})

test('setting any pieces in any order is as putting them in a set, and survives the wire', () => {
  const anyPieces = fc
    .integer({ min: 1, max: 70 })
    .chain((pieceCount) => fc.tuple(fc.constant(pieceCount), fc.array(fc.nat(pieceCount - 1))))
  fc.assert(
    fc.property(anyPieces, ([pieceCount, pieces]) => {
      const model = new Set<number>()
      const bitfield = new Bitfield(pieceCount)
      for (const piece of pieces) {
        expect(bitfield.set(piece as PieceIndex)).toBe(!model.has(piece))
        model.add(piece)
        expect(bitfield.setCount).toBe(model.size)
        expect(bitfield.isFull).toBe(model.size === pieceCount)
      }
      const back = Bitfield.fromWire(bitfield.toWire(), pieceCount) as Bitfield
      expect(piecesOf(back)).toEqual([...model].sort((a, b) => a - b))
    }),
  )
})

test('clearing any pieces is as taking them out of a set', () => {
  const anyPieces = fc
    .integer({ min: 1, max: 70 })
    .chain((pieceCount) => fc.tuple(fc.constant(pieceCount), fc.array(fc.nat(pieceCount - 1))))
  fc.assert(
    fc.property(anyPieces, ([pieceCount, pieces]) => {
      const model = new Set(Array.from({ length: pieceCount }, (_, piece) => piece))
      const bitfield = Bitfield.full(pieceCount)
      for (const piece of pieces) {
        expect(bitfield.clear(piece as PieceIndex)).toBe(model.delete(piece))
        expect([bitfield.setCount, bitfield.isFull]).toEqual([model.size, false])
      }
      expect(piecesOf(bitfield)).toEqual([...model])
    }),
  )
})

test('what two have in common is counted and found, from any piece on', () => {
  const anyTwo = fc.integer({ min: 1, max: 140 }).chain((pieceCount) => {
    const some = fc.array(fc.nat(pieceCount - 1), { maxLength: 30 })
    return fc.tuple(fc.constant(pieceCount), some, some, fc.nat(pieceCount + 1))
  })
  fc.assert(
    fc.property(anyTwo, ([pieceCount, left, right, from]) => {
      const [a, b] = [left, right].map((pieces) => {
        const bitfield = new Bitfield(pieceCount)
        for (const piece of pieces) bitfield.set(piece as PieceIndex)
        return bitfield
      }) as [Bitfield, Bitfield]
      const common = piecesOf(a).filter((piece) => right.includes(piece))
      expect([a.countCommon(b), b.countCommon(a), a.countCommon(a)]).toEqual([common.length, common.length, a.setCount])
      expect(a.firstCommon(b)).toBe(common[0] ?? null)
      expect(b.firstCommon(a, from)).toBe(common.find((piece) => piece >= from) ?? null)
      expect([a.countCommon(new Bitfield(0)), a.firstCommon(new Bitfield(0))]).toEqual([0, null])
    }),
    { numRuns: 300 },
  )
})

test('clearing takes a piece away, once', () => {
  const bitfield = Bitfield.full(10)
  expect([bitfield.clear(9 as PieceIndex), bitfield.clear(9 as PieceIndex)]).toEqual([true, false])
  expect([bitfield.setCount, bitfield.isFull, hex(bitfield.toWire())]).toEqual([9, false, 'ff80'])
})
