import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { PartialPiece } from './partial-piece.ts'

const [ALICE, BOB, CAROL] = [1, 2, 3] as const
const PIECE = 1 as PieceIndex
/** Piece 1 has four blocks, the last of 100 bytes. */
const geometry = new Geometry(7 * BLOCK_BYTES + 100, 4 * BLOCK_BYTES)
const fresh = () => new PartialPiece(geometry, PIECE, false)
const onProbation = () => new PartialPiece(geometry, PIECE, true)
const range = (block: number) => geometry.block(PIECE, block)
const data = (block: number) => Uint8Array.of(block)

/** The block that is asked, as its index; null when there is none. */
function ask(partial: PartialPiece, peer: number): number | null {
  const asked = partial.askOpen(peer)
  return asked === null ? null : asked.range.offsetBytes / BLOCK_BYTES
}

function fewest(partial: PartialPiece, peer: number): readonly [block: number, askedOfCount: number] | null {
  const found = partial.fewestAsked(peer)
  return found === null ? null : [found.range.offsetBytes / BLOCK_BYTES, found.askedOfCount]
}

describe('open blocks', () => {
  test('are asked in order, each of one peer, the last one as short as it is', () => {
    const partial = fresh()
    expect(partial.askOpen(ALICE)).toEqual({
      range: { piece: 1, offsetBytes: 0, lengthBytes: BLOCK_BYTES },
      again: false,
    })
    expect([ask(partial, BOB), ask(partial, ALICE)]).toEqual([1, 2])
    expect(partial.openCount).toBe(1)
    expect(partial.askOpen(BOB)).toEqual({
      range: { piece: 1, offsetBytes: 3 * BLOCK_BYTES, lengthBytes: 100 },
      again: false,
    })
    expect([partial.openCount, ask(partial, CAROL)]).toEqual([0, null])
  })

  test('are open again when their peer gives them up, the first of them first, and are then asked again', () => {
    const partial = fresh()
    for (let block = 0; block < 4; block++) partial.askOpen(ALICE)
    partial.release(range(2), ALICE)
    partial.release(range(1), ALICE)
    expect(partial.openCount).toBe(2)
    expect(partial.askOpen(BOB)).toEqual({ range: range(1), again: true })
    expect(partial.askOpen(BOB)).toEqual({ range: range(2), again: true })
    expect(partial.askOpen(BOB)).toBeNull()
  })

  test('do not come from a peer that gives up what it does not owe', () => {
    const partial = fresh()
    partial.askOpen(ALICE)
    partial.release(range(0), BOB)
    partial.release(range(3), ALICE)
    expect(partial.openCount).toBe(3)
    partial.receive(range(0), ALICE, data(0))
    partial.release(range(0), ALICE)
    expect([partial.openCount, ask(partial, BOB)]).toEqual([3, 1])
  })

  test('that come unasked (late) are open no more, and are not asked', () => {
    const partial = fresh()
    expect(partial.receive(range(1), ALICE, data(1))).toEqual([])
    expect(partial.openCount).toBe(3)
    expect([ask(partial, BOB), ask(partial, BOB), ask(partial, BOB), ask(partial, BOB)]).toEqual([0, 2, 3, null])
  })
})

describe('what comes', () => {
  test('is kept once, with its sender; the others that owe it are told', () => {
    const partial = fresh()
    partial.askOpen(ALICE)
    for (const peer of [BOB, CAROL]) partial.askDuplicate(range(0), peer)
    expect(partial.receive(range(0), BOB, data(0))).toEqual([ALICE, CAROL])
    expect(partial.receive(range(0), ALICE, data(9))).toBeNull()
    expect(partial.isWhole).toBe(false)
    for (let block = 1; block < 4; block++) partial.receive(range(block), ALICE, data(block))
    expect(partial.isWhole).toBe(true)
    expect([partial.parts, partial.senders]).toEqual([
      [data(0), data(1), data(2), data(3)],
      [BOB, ALICE, ALICE, ALICE],
    ])
  })
})

describe('a duplicate', () => {
  test('goes to the block that fewest owe, the first of equals, and never to one that the peer owes', () => {
    const partial = fresh()
    expect(fewest(partial, CAROL)).toBeNull()
    for (let block = 0; block < 3; block++) partial.askOpen(ALICE)
    expect([fewest(partial, BOB), fewest(partial, ALICE)]).toEqual([[0, 1], null])
    partial.askDuplicate(range(0), BOB)
    expect([fewest(partial, BOB), fewest(partial, CAROL)]).toEqual([
      [1, 1],
      [1, 1],
    ])
    partial.receive(range(1), ALICE, data(1))
    partial.askDuplicate(range(2), BOB)
    expect([fewest(partial, BOB), fewest(partial, CAROL), fewest(partial, ALICE)]).toEqual([null, [0, 2], null])
  })

  test('that is given up leaves the block with those who owe it still', () => {
    const partial = fresh()
    partial.askOpen(ALICE)
    partial.askDuplicate(range(0), BOB)
    partial.release(range(0), BOB)
    expect([partial.openCount, fewest(partial, BOB)]).toEqual([3, [0, 1]])
    partial.release(range(0), ALICE)
    expect([partial.openCount, ask(partial, BOB)]).toEqual([4, 0])
  })
})

describe('on probation', () => {
  test('one peer is asked, until it owes nothing', () => {
    const partial = onProbation()
    expect(partial.askOpen(ALICE)).toEqual({ range: range(0), again: true })
    expect([ask(partial, BOB), ask(partial, ALICE), ask(partial, CAROL)]).toEqual([null, 1, null])
    partial.release(range(0), ALICE)
    expect(ask(partial, BOB)).toBeNull()
    partial.release(range(1), ALICE)
    expect([ask(partial, BOB), ask(partial, ALICE)]).toEqual([0, null])
  })

  test('a source that delivered all it owed, and is asked no more, does not keep the rest from others', () => {
    const partial = onProbation()
    for (let block = 0; block < 2; block++) {
      partial.askOpen(ALICE)
      partial.receive(range(block), ALICE, data(block))
    }
    expect(ask(partial, BOB)).toBe(2)
  })

  test('nobody is asked for a duplicate', () => {
    const partial = onProbation()
    partial.askOpen(ALICE)
    expect([fewest(partial, BOB), fewest(partial, ALICE)]).toEqual([null, null])
  })

  test('what another sends late is not taken while the source owes blocks, and taken when it does not', () => {
    const partial = onProbation()
    partial.askOpen(ALICE)
    expect(partial.receive(range(2), BOB, data(2))).toBeNull()
    expect(partial.openCount).toBe(3)
    partial.release(range(0), ALICE)
    expect(partial.receive(range(2), BOB, data(2))).toEqual([])
    expect(partial.openCount).toBe(3)
  })
})
