import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import {
  ALICE,
  askFast,
  BOB,
  bits,
  CAROL,
  data,
  everything,
  managerOf,
  pick,
  range,
  receive,
} from './manager.testing.ts'
import { HELD_BLOCKS_MAX } from './picker.ts'
import { PieceManager, type PieceManagerOptions } from './piece-manager.ts'
import { seeded } from './random.testing.ts'

describe('picking', () => {
  test('takes open blocks of a piece already begun first, though another piece is rarer', () => {
    const manager = managerOf(3)
    manager.peerHasThese(bits('110'))
    expect(pick(manager, ALICE, bits('010'))).toBe('1.0 first')
    expect(pick(manager, BOB)).toBe('1.1 first')
    expect(pick(manager, BOB)).toBe('2.0 first')
  })

  test('goes on with the piece that the peer was asked for last, though another was begun before', () => {
    const manager = managerOf(2)
    expect(pick(manager, ALICE, bits('10'))).toBe('0.0 first')
    expect(pick(manager, BOB, bits('01'))).toBe('1.0 first')
    expect([pick(manager, BOB), pick(manager, BOB)]).toEqual(['1.1 first', '0.1 first'])
  })

  test('takes the rarest missing piece that the peer has', () => {
    const manager = managerOf(3)
    for (const has of ['111', '110', '100']) manager.peerHasThese(bits(has))
    expect([pick(manager, ALICE), pick(manager, ALICE)]).toEqual(['2.0 first', '2.1 first'])
    expect(pick(manager, BOB, bits('100'))).toBe('0.0 first')
    manager.peerGone(bits('110'))
    manager.peerHas(1 as PieceIndex)
    expect(pick(manager, CAROL, bits('010'))).toBe('1.0 first')
  })

  test('takes a random one of equally rare pieces', () => {
    const first = new Set(Array.from({ length: 40 }, (_, seed) => pick(managerOf(4, seed), ALICE)))
    expect(first).toEqual(new Set(['0.0 first', '1.0 first', '2.0 first', '3.0 first']))
  })

  test('takes what was given up again, before anything new', () => {
    const manager = managerOf(2)
    const begun = [pick(manager, ALICE, bits('10')), pick(manager, ALICE, bits('10'))]
    expect(begun).toEqual(['0.0 first', '0.1 first'])
    manager.release(ALICE, [range(manager, '0.1'), range(manager, '0.0')])
    expect([pick(manager, BOB), pick(manager, BOB), pick(manager, BOB)]).toEqual([
      '0.0 again',
      '0.1 again',
      '1.0 first',
    ])
  })

  test('gives a peer nothing of pieces that it does not have', () => {
    const manager = managerOf(2)
    pick(manager, ALICE, bits('10'))
    expect(pick(manager, BOB, bits('00'), true)).toBeNull()
    expect(pick(manager, BOB, bits('01'), true)).toBe('1.0 first')
  })
})

describe('a fast peer', () => {
  test('begins a piece of its own before it helps with others; a slow one helps with what is not its own', () => {
    const manager = managerOf(4)
    expect(pick(manager, ALICE, bits('1000'))).toBe('0.0 first')
    expect(askFast(manager, BOB, bits('0100'))).toBe('1.0 first')
    expect(askFast(manager, CAROL, bits('1110'))).toBe('2.0 first')
    expect(pick(manager, ALICE, bits('0110'))).toBe('1.1 first')
    expect(pick(manager, 4)).toBe('0.1 first')
    expect(pick(manager, 4)).toBe('3.0 first')
  })

  test('helps with shared pieces, then with those of other fast ones, when none is left to begin', () => {
    const manager = managerOf(2)
    expect(askFast(manager, BOB, bits('10'))).toBe('0.0 first')
    expect(pick(manager, ALICE, bits('01'))).toBe('1.0 first')
    expect([askFast(manager, CAROL), askFast(manager, CAROL)]).toEqual(['1.1 first', '0.1 first'])
  })

  test.each([
    ['is slow now', (manager: PieceManager) => pick(manager, BOB, bits('010'))],
    ['chokes', (manager: PieceManager) => manager.release(BOB, [range(manager, '0.0')])],
    ['goes', (manager: PieceManager) => manager.release(BOB, [])],
  ])('that %s has no piece for itself any more', (_, change) => {
    const manager = managerOf(3)
    expect(askFast(manager, BOB, bits('100'))).toBe('0.0 first')
    change(manager)
    expect(pick(manager, ALICE, bits('101'))).toMatch(/^0/)
  })

  test('that chokes has none of those for itself either that it was asked for before its last', () => {
    const manager = managerOf(3)
    const asked = [askFast(manager, BOB, bits('100')), askFast(manager, BOB, bits('100'))]
    asked.push(askFast(manager, BOB, bits('010')))
    expect(asked).toEqual(['0.0 first', '0.1 first', '1.0 first'])
    manager.release(BOB, [range(manager, '0.0'), range(manager, '1.0')])
    expect([pick(manager, ALICE), pick(manager, CAROL)]).toEqual(['0.0 again', '1.0 again'])
  })

  test('has none for itself where pieces are asked for in their order', () => {
    const manager = managerOf(3, 1, { strategy: 'sequential' })
    const asked = [BOB, CAROL, BOB, CAROL].map((peer) => askFast(manager, peer))
    expect(asked).toEqual(['0.0 first', '0.1 first', '1.0 first', '1.1 first'])
  })

  test('begins no other piece while 128 MiB are kept of pieces that are not whole, and one block less is not as much', () => {
    const pieceBlocks = HELD_BLOCKS_MAX / 2 + 1
    const geometry = new Geometry(5 * pieceBlocks * BLOCK_BYTES, pieceBlocks * BLOCK_BYTES)
    const manager = new PieceManager(geometry, seeded(1), { randomFirstPieces: 0 })
    const fast = { nowMs: 0, isIdle: false, isFast: true }
    const only = (piece: number) => bits(`${'00000'.slice(0, piece)}1${'0000'.slice(piece)}`)
    const keep = (piece: number, blocks: number) => {
      for (let block = 0; block < blocks; block++) {
        const { range } = manager.pick(piece, only(piece), fast)!
        expect(manager.received(range, piece, data('')).kind).toBe('kept')
      }
    }
    keep(0, pieceBlocks - 1)
    keep(1, pieceBlocks - 2)
    expect(manager.pick(2, only(2), fast)?.range.piece).toBe(2)
    keep(1, 1)
    expect(manager.pick(3, only(3), fast)).toBeNull()
    expect(manager.pick(3, bits('01010'), fast)?.range.piece).toBe(1)
    expect(manager.pick(4, only(4), { ...fast, isIdle: true })?.range.piece).toBe(4)
    keep(0, 1)
    expect(manager.pick(3, only(3), fast)?.range.piece).toBe(3)
    expect(HELD_BLOCKS_MAX * BLOCK_BYTES).toBe(128 * 1024 * 1024)
  })
})

describe('the order in which pieces are begun', () => {
  /** The pieces that a peer that has all of eight is asked for, one after another. */
  const orderOf = (options: PieceManagerOptions, seed = 1) => {
    const manager = managerOf(8, seed, options)
    // The higher the index, the rarer.
    for (let peer = 0; peer < 8; peer++) manager.peerHasThese(bits('1'.repeat(peer).padEnd(8, '0')))
    return Array.from({ length: 16 }, () => Number(pick(manager, ALICE)![0])).filter((_, block) => block % 2 === 0)
  }

  test('is by rarity after four pieces at random', () => {
    const orders = Array.from({ length: 20 }, (_, seed) => orderOf({}, seed))
    for (const order of orders) expect(order.slice(4)).toEqual(order.slice(4).sort((a, b) => b - a))
    for (let nth = 0; nth < 4; nth++) expect(new Set(orders.map((order) => order[nth])).size).toBeGreaterThan(4)
    expect(orderOf({ randomFirstPieces: 0 })).toEqual([7, 6, 5, 4, 3, 2, 1, 0])
  })

  test('is by rarity at once where four pieces were on the disk', () => {
    const manager = managerOf(8, 1, {})
    for (let peer = 0; peer < 8; peer++) manager.peerHasThese(bits('1'.repeat(peer).padEnd(8, '0')))
    for (const piece of [0, 1, 2, 3]) manager.stored(piece as PieceIndex)
    expect(pick(manager, ALICE)).toBe('7.0 first')
  })

  test('is that of the index, the lowest that the peer has; and what is open of lower ones comes first', () => {
    expect(orderOf({ strategy: 'sequential' })).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const manager = managerOf(4, 1, { strategy: 'sequential' })
    expect(pick(manager, ALICE, bits('0011'))).toBe('2.0 first')
    expect(pick(manager, BOB, bits('0101'))).toBe('1.0 first')
    expect(pick(manager, CAROL)).toBe('1.1 first')
    manager.release(BOB, [range(manager, '1.0')])
    expect([pick(manager, CAROL), pick(manager, CAROL), pick(manager, CAROL)]).toEqual([
      '1.0 again',
      '2.1 first',
      '0.0 first',
    ])
  })

  test('is any', () => {
    const orders = Array.from({ length: 40 }, (_, seed) => orderOf({ strategy: 'random' }, seed))
    for (let nth = 0; nth < 8; nth++) expect(new Set(orders.map((order) => order[nth])).size).toBeGreaterThan(5)
    for (const order of orders) expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('is, by rarity, behind what the peer suggests, where that is untouched and it has it', () => {
    const manager = managerOf(4)
    manager.peerHasThese(bits('1110'))
    const suggested = [0, 1, 2].map((piece) => piece as PieceIndex)
    expect(pick(manager, ALICE, bits('0111'), false, { suggested })).toBe('1.0 first')
    expect(pick(manager, BOB, bits('0101'), false, { suggested })).toBe('1.1 first')
    expect(pick(manager, BOB, bits('0101'), false, { suggested })).toBe('3.0 first')
    const inOrder = managerOf(4, 1, { strategy: 'sequential' })
    expect(pick(inOrder, ALICE, bits('0111'), false, { suggested: [3 as PieceIndex] })).toBe('1.0 first')
  })
})

describe('a whole piece (web seeds)', () => {
  const names = (ranges: readonly { piece: number; offsetBytes: number }[]) =>
    ranges.map((each) => `${each.piece}.${each.offsetBytes / BLOCK_BYTES}`)

  test('is the rarest that is untouched, all of it asked of one; begun ones are left to those that began them', () => {
    const manager = managerOf(3)
    manager.peerHasThese(bits('110'))
    expect(pick(manager, ALICE, bits('100'))).toBe('0.0 first')
    expect(names(manager.pickWhole(-1, everything(manager)))).toEqual(['2.0', '2.1'])
    expect(names(manager.pickWhole(-1, bits('101')))).toEqual([])
    expect(names(manager.pickWhole(-2, everything(manager)))).toEqual(['1.0', '1.1'])
    expect(pick(manager, BOB)).toBe('0.1 first')
    expect([manager.isEndgame, names(manager.pickWhole(-2, everything(manager)))]).toEqual([true, []])
    expect(receive(manager, '2.1', -1)).toMatchObject({ kind: 'kept' })
    expect(pick(manager, BOB, everything(manager), true)).toBe('0.0 endgame')
  })

  test('is one first that failed, or was given up whole', () => {
    const manager = managerOf(3)
    for (const name of ['0.0', '0.1']) {
      pick(manager, ALICE, bits('100'))
      receive(manager, name, ALICE)
    }
    pick(manager, BOB, bits('010'))
    manager.release(BOB, [range(manager, '1.0')])
    manager.failed(0 as PieceIndex)
    const asked = [-1, -2, -3].map((seed) => names(manager.pickWhole(seed, everything(manager))))
    expect(asked).toEqual([
      ['0.0', '0.1'],
      ['1.0', '1.1'],
      ['2.0', '2.1'],
    ])
    manager.release(-1, [range(manager, '0.0'), range(manager, '0.1')])
    expect(pick(manager, CAROL)).toBe('0.0 again')
  })
})
