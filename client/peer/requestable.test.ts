import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { ALLOWED_FAST_MAX, Requestable } from './requestable.ts'

const PIECES = 6
const ALL = Array.from({ length: PIECES }, (_, piece) => piece as PieceIndex)

type Step =
  | { readonly do: 'gained' | 'lost' | 'allow' | 'reject' | 'not-wanted'; readonly piece: number }
  | { readonly do: 'forget' }
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('gained', 'lost', 'reject'), piece: fc.nat(PIECES - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('allow'), piece: fc.nat(PIECES) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('not-wanted'), piece: fc.nat(PIECES - 1) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'forget' }) },
)

test('what may be asked for is what they have, less what they rejected, and only what they allow while they choke', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyStep, fc.boolean()), { maxLength: 40 }), (steps) => {
      const pieces = new Bitfield(PIECES)
      const requestable = new Requestable(pieces)
      const allowed = new Set<number>()
      const rejected = new Set<number>()
      for (const [step, isRead] of steps) {
        if (step.do === 'forget') {
          rejected.clear()
          requestable.forgetRejected()
        } else if (step.do === 'allow') {
          allowed.add(step.piece)
          requestable.allow(step.piece)
        } else if (step.do === 'not-wanted') {
          allowed.delete(step.piece)
          requestable.notWanted(step.piece as PieceIndex)
        } else apply(step.do, step.piece as PieceIndex)
        if (isRead) check()
      }
      check()

      function apply(what: 'gained' | 'lost' | 'reject', piece: PieceIndex): void {
        if (what === 'reject') {
          rejected.add(piece)
          requestable.reject(piece)
        } else if (what === 'gained' && pieces.set(piece)) requestable.gained(piece)
        else if (what === 'lost' && pieces.clear(piece)) requestable.lost(piece)
      }

      function check(): void {
        for (const theyChoke of [false, true]) {
          const current = requestable.current(theyChoke)
          const expected = ALL.filter(
            (piece) => pieces.has(piece) && !rejected.has(piece) && (!theyChoke || allowed.has(piece)),
          )
          expect(ALL.filter((piece) => current.has(piece))).toEqual(expected)
          expect(current.setCount).toBe(expected.length)
        }
      }
    }),
    { numRuns: 400, seed: 2 },
  )
})

test('while nothing is rejected it is the very pieces that they have: reading costs nothing', () => {
  const pieces = Bitfield.full(PIECES)
  const requestable = new Requestable(pieces)
  expect(requestable.current(false)).toBe(pieces)
  requestable.reject(2 as PieceIndex)
  requestable.forgetRejected()
  expect(requestable.current(false)).toBe(pieces)
})

test(`${ALLOWED_FAST_MAX} allowed pieces count, and no more`, () => {
  const requestable = new Requestable(Bitfield.full(300))
  for (let piece = 0; piece < 300; piece++) requestable.allow(piece)
  expect(requestable.current(true).setCount).toBe(ALLOWED_FAST_MAX)
  expect([99, 100].map((piece) => requestable.isAllowed(piece as PieceIndex))).toEqual([true, false])
})

test('pieces that are told anew keep what was rejected and allowed', () => {
  const requestable = new Requestable(new Bitfield(0))
  requestable.allow(1)
  requestable.allow(7)
  requestable.nowHas(Bitfield.full(PIECES))
  expect([requestable.current(false).setCount, requestable.current(true).setCount]).toEqual([PIECES, 1])
  requestable.reject(1 as PieceIndex)
  requestable.nowHas(Bitfield.full(PIECES))
  expect([requestable.current(false).setCount, requestable.current(true).setCount]).toEqual([PIECES - 1, 0])
})
