import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { OWED_BY_MAX, PartialPiece } from './partial-piece.ts'

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

/** The block of which a duplicate is asked, as its index; null when there is none. */
function duplicate(partial: PartialPiece, peer: number): number | null {
  const range = partial.askDuplicate(peer)
  return range === null ? null : range.offsetBytes / BLOCK_BYTES
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
    expect([duplicate(partial, BOB), duplicate(partial, CAROL)]).toEqual([0, 0])
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
  test('goes to a block that fewest owe, the last of equals, and never to one that the peer owes', () => {
    const partial = fresh()
    expect([partial.fewestOwing, duplicate(partial, CAROL)]).toEqual([null, null])
    for (let block = 0; block < 3; block++) partial.askOpen(ALICE)
    expect([partial.fewestOwing, duplicate(partial, ALICE)]).toEqual([1, null])
    expect([duplicate(partial, BOB), duplicate(partial, CAROL)]).toEqual([2, 1])
    partial.receive(range(1), ALICE, data(1))
    expect([duplicate(partial, BOB), partial.fewestOwing]).toEqual([0, 2])
    expect([duplicate(partial, BOB), duplicate(partial, CAROL), duplicate(partial, ALICE)]).toEqual([null, 2, null])
    expect([partial.fewestOwing, duplicate(partial, CAROL), partial.fewestOwing]).toEqual([2, 0, 3])
    const owed = (peer: number, block: number) => ({ peer, range: range(block) })
    expect(partial.owed()).toEqual([
      ...[ALICE, BOB, CAROL].map((peer) => owed(peer, 0)),
      ...[ALICE, BOB, CAROL].map((peer) => owed(peer, 2)),
    ])
  })

  test('that is given up leaves the block with those who owe it still, whoever was asked first', () => {
    const partial = fresh()
    partial.askOpen(ALICE)
    expect([duplicate(partial, BOB), duplicate(partial, CAROL)]).toEqual([0, 0])
    partial.release(range(0), CAROL)
    partial.release(range(0), ALICE)
    expect([partial.openCount, partial.fewestOwing]).toEqual([3, 1])
    expect(partial.receive(range(0), ALICE, data(0))).toEqual([BOB])
    expect(partial.openCount).toBe(3)
    partial.release(range(0), BOB)
    expect(partial.openCount).toBe(3)
  })

  test('is asked of 20 peers at most', () => {
    const partial = fresh()
    partial.askOpen(0)
    const asked = Array.from({ length: 20 }, (_, peer) => duplicate(partial, peer + 1))
    expect(asked).toEqual([...Array.from({ length: 19 }, () => 0), null])
    expect([OWED_BY_MAX, partial.fewestOwing]).toEqual([20, null])
    partial.release(range(0), 7)
    expect([partial.fewestOwing, duplicate(partial, 21)]).toEqual([19, 0])
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
    expect([partial.fewestOwing, duplicate(partial, BOB), duplicate(partial, ALICE)]).toEqual([null, null, null])
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

  test('begun anew, all is open again, and what was owed is told; the former source sends in vain', () => {
    const partial = onProbation()
    for (let block = 0; block < 3; block++) partial.askOpen(ALICE)
    partial.receive(range(1), ALICE, data(1))
    expect(partial.source).toBe(ALICE)
    expect(partial.restart()).toEqual([range(0), range(2)])
    expect([partial.openCount, partial.hereCount, partial.restartCount, partial.source]).toEqual([4, 0, 1, null])
    expect([ask(partial, BOB), ask(partial, ALICE)]).toEqual([0, null])
    expect(partial.receive(range(2), ALICE, data(2))).toBeNull()
    for (let block = 1; block < 4; block++) partial.askOpen(BOB)
    for (let block = 0; block < 4; block++) partial.receive(range(block), BOB, data(block))
    expect([partial.isWhole, partial.senders]).toEqual([true, [BOB, BOB, BOB, BOB]])
  })
})
