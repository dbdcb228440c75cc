import { expect, test } from 'vitest'
import type { PieceIndex } from '../metainfo/geometry.ts'
import { Blame, EVIDENCE_BYTES_MAX, EVIDENCE_PIECES_MAX } from './blame.ts'

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

/** Of so many copies, each spoiled by a peer of its own: who is convicted of the first two and of the last. */
function convictedOf(copies: number, blockBytes: number) {
  const blame = new Blame()
  const good = new Uint8Array(blockBytes)
  const bad = Uint8Array.from(good).fill(1, blockBytes - 1)
  const last = copies - 1
  for (let piece = 0; piece < copies; piece++) blame.failed(piece as PieceIndex, [good, bad], [ALICE, 100 + piece])
  return [0, 1, last].map((piece) => blame.verified(piece as PieceIndex, [good, good]))
}

test('evidence is kept of 64 failed copies; one more, and the oldest is gone', () => {
  expect(EVIDENCE_PIECES_MAX).toBe(64)
  expect(convictedOf(64, 1)).toEqual([[100], [101], [163]])
  expect(convictedOf(65, 1)).toEqual([[], [101], [164]])
})

test('evidence is kept of 64 MiB; a byte more, and the oldest is gone, but never the newest', () => {
  const half = EVIDENCE_BYTES_MAX / 2
  expect(EVIDENCE_BYTES_MAX).toBe(64 * 1024 * 1024)
  expect(convictedOf(2, half / 2)).toEqual([[100], [101], []])
  expect(convictedOf(2, half / 2 + 1)).toEqual([[], [101], []])
  expect(convictedOf(1, half + 1)[0]).toEqual([100])
})

test('evidence that was used takes no room', () => {
  const blame = new Blame()
  const [good, bad] = [new Uint8Array(EVIDENCE_BYTES_MAX / 4), new Uint8Array(EVIDENCE_BYTES_MAX / 4).fill(1)]
  for (let piece = 0; piece < 3; piece++) {
    blame.failed(piece as PieceIndex, [good, bad], [ALICE, BOB])
    blame.verified(piece as PieceIndex, [good, good])
  }
  for (const piece of [3, 4]) blame.failed(piece as PieceIndex, [good, bad], [ALICE, BOB])
  expect([3, 4].map((piece) => blame.verified(piece as PieceIndex, [good, good]))).toEqual([[BOB], [BOB]])
})

test('a block of another length is not the same, and one that begins anywhere in its buffer is', () => {
  const blame = new Blame()
  const buffer = new Uint8Array(40).map((_, index) => index)
  const parts = [buffer.subarray(3, 13), buffer.subarray(13, 20)]
  blame.failed(PIECE, [buffer.slice(3, 13), buffer.slice(13, 19)], [ALICE, BOB])
  expect(blame.verified(PIECE, parts)).toEqual([BOB])
})
