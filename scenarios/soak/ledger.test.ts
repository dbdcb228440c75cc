import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../../client/metainfo/geometry.ts'
import { Ledger } from './ledger.ts'

/** 4 pieces of 2 blocks. */
const geometry = new Geometry(8 * BLOCK_BYTES, 2 * BLOCK_BYTES)
const PIECE_BYTES = 2 * BLOCK_BYTES

function ledgerOf(...sessions: { blocks: string[]; stored: number[]; inDoubt?: number[] }[]): Ledger {
  const ledger = new Ledger(geometry)
  for (const { blocks, stored, inDoubt = [] } of sessions) {
    for (const name of blocks) {
      const [piece, block] = name.split(':').map(Number) as [number, number]
      ledger.block({ piece: piece as PieceIndex, offsetBytes: block * BLOCK_BYTES, lengthBytes: BLOCK_BYTES })
    }
    for (const piece of stored) ledger.storedPiece(piece as PieceIndex)
    ledger.ended(inDoubt as PieceIndex[])
  }
  return ledger
}

const costs = (ledger: Ledger) =>
  ledger.sessions.map(({ exposedBytes, againBytes, wrong }) => [exposedBytes, againBytes, wrong])

describe('a block that comes again', () => {
  test('of a piece in progress is what the end cost', () => {
    const ledger = ledgerOf({ blocks: ['0:0', '0:1', '1:0'], stored: [0] }, { blocks: ['1:0', '1:1'], stored: [1] })
    expect(costs(ledger)).toEqual([
      [PIECE_BYTES, BLOCK_BYTES, []],
      [0, 0, []],
    ])
    expect([...ledger.stored]).toEqual([0, 1])
  })

  test('of a piece that was stored is wrong', () => {
    const ledger = ledgerOf({ blocks: ['0:0', '0:1'], stored: [0] }, { blocks: ['0:1'], stored: [] })
    expect(costs(ledger)[0]).toEqual([0, BLOCK_BYTES, [`0:${BLOCK_BYTES}`]])
  })

  test('of a piece that was stored and in doubt is not', () => {
    const ledger = ledgerOf({ blocks: ['0:0', '0:1'], stored: [0], inDoubt: [0] }, { blocks: ['0:0'], stored: [] })
    expect(costs(ledger)[0]).toEqual([PIECE_BYTES, BLOCK_BYTES, []])
  })

  test('after a session that it did not come in counts where it came', () => {
    const ledger = ledgerOf(
      { blocks: ['2:0'], stored: [] },
      { blocks: [], stored: [] },
      { blocks: ['2:0'], stored: [] },
    )
    expect(costs(ledger)).toEqual([
      [PIECE_BYTES, BLOCK_BYTES, []],
      [0, 0, []],
      [PIECE_BYTES, 0, []],
    ])
  })

  test('in the same session costs nothing: the end did not do that', () => {
    expect(costs(ledgerOf({ blocks: ['0:0', '0:0'], stored: [] }))).toEqual([[PIECE_BYTES, 0, []]])
  })
})
