import { expect, test } from 'vitest'
import type { PieceIndex } from '../metainfo/geometry.ts'
import { Blame, EVIDENCE_PIECES_MAX } from './blame.ts'

const [ALICE, BOB, CAROL] = [1, 2, 3] as const
const PIECE = 5 as PieceIndex
/** A copy of a piece: one letter a block. */
const copy = (letters: string) => Array.from(letters, (letter) => new TextEncoder().encode(letter.repeat(4)))

test('the sole sender of a piece that failed is convicted at once', () => {
  expect(new Blame().failed(PIECE, copy('abc'), [BOB, BOB, BOB])).toEqual([BOB])
  expect(new Blame().failed(PIECE, copy('a'), [BOB])).toEqual([BOB])
})

test('of several senders none is convicted before a good copy is here', () => {
  expect(new Blame().failed(PIECE, copy('aXc'), [ALICE, BOB, ALICE])).toEqual([])
})

test.each([
  ['one block', 'aXcd', [ALICE, BOB, ALICE, BOB], [BOB]],
  ['two blocks of one sender', 'aXXd', [ALICE, BOB, BOB, CAROL], [BOB]],
  ['blocks of two senders', 'XbXd', [ALICE, BOB, CAROL, BOB], [ALICE, CAROL]],
  ['no block, which only a broken hasher can tell', 'abcd', [ALICE, BOB, CAROL, BOB], []],
] as const)(
  'where a bad copy differs in %s from a good one, the senders of those are convicted',
  (_, bad, senders, guilty) => {
    const blame = new Blame()
    expect(blame.failed(PIECE, copy(bad), senders)).toEqual([])
    expect(blame.verified(PIECE, copy('abcd'))).toEqual(guilty)
  },
)

test('a single byte is a difference, wherever it is', () => {
  for (let at = 0; at < 4; at++) {
    const blame = new Blame()
    const bad = copy('ab')
    bad[1]![at]! ^= 1
    blame.failed(PIECE, bad, [ALICE, BOB])
    expect(blame.verified(PIECE, copy('ab'))).toEqual([BOB])
  }
})

test('nobody is convicted twice by one copy, nor by another piece', () => {
  const blame = new Blame()
  blame.failed(PIECE, copy('aX'), [ALICE, BOB])
  expect(blame.verified(6 as PieceIndex, copy('zz'))).toEqual([])
  expect(blame.verified(PIECE, copy('ab'))).toEqual([BOB])
  expect(blame.verified(PIECE, copy('ab'))).toEqual([])
})

test('every copy that failed is evidence: who spoiled the first is convicted though the second failed by another', () => {
  const blame = new Blame()
  expect(blame.failed(PIECE, copy('Xbc'), [ALICE, BOB, BOB])).toEqual([])
  expect(blame.failed(PIECE, copy('abX'), [BOB, BOB, CAROL])).toEqual([])
  expect(blame.failed(PIECE, copy('XXX'), [4, 4, 4])).toEqual([4])
  expect(blame.verified(PIECE, copy('abc'))).toEqual([ALICE, CAROL])
})

test('evidence is kept of 16 failed copies; one more, and the oldest is gone', () => {
  const convicted = (copies: number) => {
    const blame = new Blame()
    for (let piece = 0; piece < copies; piece++) blame.failed(piece as PieceIndex, copy('aX'), [ALICE, 100 + piece])
    return [0, 1, copies - 1].map((piece) => blame.verified(piece as PieceIndex, copy('ab')))
  }
  expect(EVIDENCE_PIECES_MAX).toBe(16)
  expect(convicted(16)).toEqual([[100], [101], [115]])
  expect(convicted(17)).toEqual([[], [101], [116]])
})
