import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { PieceManager, type PieceStatus } from './piece-manager.ts'
import { seeded } from './random.testing.ts'

const [ALICE, BOB, CAROL] = [1, 2, 3] as const
const BLOCKS = 2
const data = (text: string) => new TextEncoder().encode(text)

function managerOf(pieceCount: number, seed = 1): PieceManager {
  return new PieceManager(new Geometry(pieceCount * BLOCKS * BLOCK_BYTES, BLOCKS * BLOCK_BYTES), seeded(seed))
}

const everything = (manager: PieceManager) => Bitfield.full(manager.geometry.pieceCount)

function bits(text: string): Bitfield {
  const bitfield = new Bitfield(text.length)
  for (const [piece, bit] of [...text].entries()) if (bit === '1') bitfield.set(piece as PieceIndex)
  return bitfield
}

/** `piece.block why`, or null. */
function pick(manager: PieceManager, peer: number, pieces = everything(manager), idle = false): string | null {
  const picked = manager.pick(peer, pieces, idle)
  return picked === null ? null : `${picked.range.piece}.${picked.range.offsetBytes / BLOCK_BYTES} ${picked.why}`
}

const range = (manager: PieceManager, name: string) => {
  const [piece, block] = name.split('.').map(Number)
  return manager.geometry.block(piece as PieceIndex, block!)
}
const receive = (manager: PieceManager, name: string, peer: number) =>
  manager.received(range(manager, name), peer, data(name))

/** Every piece has one status, and what else the manager tells agrees with it. */
function assertExclusive(manager: PieceManager, statuses: readonly PieceStatus[]): void {
  const told = statuses.map((_, piece) => manager.statusOf(piece as PieceIndex))
  expect(told).toEqual(statuses)
  const complete = statuses.map((_, piece) => manager.complete.has(piece as PieceIndex))
  expect(complete).toEqual(told.map((status) => status === 'complete'))
  const left = told.filter((status) => status !== 'complete').length
  expect([manager.piecesLeft, manager.isComplete]).toEqual([left, left === 0])
  if (manager.isEndgame) {
    expect(told).toContain('downloading')
    expect(told).not.toContain('missing')
  }
}

test('a piece is missing, then downloading, then checking, then complete', () => {
  const manager = managerOf(2)
  assertExclusive(manager, ['missing', 'missing'])
  const only = bits('10')
  expect(pick(manager, ALICE, only)).toBe('0.0 first')
  assertExclusive(manager, ['downloading', 'missing'])
  expect(pick(manager, ALICE, only)).toBe('0.1 first')
  expect(receive(manager, '0.1', ALICE)).toEqual({ kind: 'kept', cancelAt: [], whole: null })
  assertExclusive(manager, ['downloading', 'missing'])
  const last = receive(manager, '0.0', ALICE)
  expect(last).toMatchObject({ kind: 'kept', cancelAt: [], whole: { piece: 0, senders: [ALICE, ALICE] } })
  assertExclusive(manager, ['checking', 'missing'])
  expect(pick(manager, ALICE, only)).toBeNull()
  manager.stored(0 as PieceIndex)
  assertExclusive(manager, ['complete', 'missing'])
  expect(pick(manager, ALICE, only)).toBeNull()
})

test('a piece that failed is downloading again, from its first block on', () => {
  const manager = managerOf(1)
  for (const name of ['0.0', '0.1']) {
    pick(manager, ALICE)
    receive(manager, name, ALICE)
  }
  assertExclusive(manager, ['checking'])
  manager.failed(0 as PieceIndex)
  assertExclusive(manager, ['downloading'])
  expect([pick(manager, BOB), pick(manager, BOB), pick(manager, BOB)]).toEqual(['0.0 again', '0.1 again', null])
})

test('a piece that was on the disk is complete without ever being asked for', () => {
  const manager = managerOf(2)
  manager.stored(1 as PieceIndex)
  assertExclusive(manager, ['missing', 'complete'])
  expect([pick(manager, ALICE), pick(manager, ALICE), pick(manager, ALICE)]).toEqual(['0.0 first', '0.1 first', null])
})

test('a torrent without a piece is complete, and nothing is asked', () => {
  const manager = new PieceManager(new Geometry(0, BLOCK_BYTES), seeded(1))
  assertExclusive(manager, [])
  expect([manager.isEndgame, pick(manager, ALICE, new Bitfield(0), true)]).toEqual([false, null])
})

describe('picking', () => {
  test('takes open blocks of a piece already begun first, though another piece is rarer', () => {
    const manager = managerOf(3)
    manager.peerHasThese(bits('110'))
    expect(pick(manager, ALICE, bits('010'))).toBe('1.0 first')
    expect(pick(manager, BOB)).toBe('1.1 first')
    expect(pick(manager, BOB)).toBe('2.0 first')
  })

  test('takes the rarest missing piece that the peer has', () => {
    const manager = managerOf(3)
    for (const has of ['111', '110', '100']) manager.peerHasThese(bits(has))
    expect([pick(manager, ALICE), pick(manager, ALICE)]).toEqual(['2.0 first', '2.1 first'])
    expect(pick(manager, BOB, bits('100'))).toBe('0.0 first')
    manager.peerGone(bits('110'))
    manager.peerHas(1 as PieceIndex, false)
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

  test('counts what a peer has that is not complete here', () => {
    const manager = managerOf(3)
    manager.stored(0 as PieceIndex)
    const counts = ['111', '110', '100', '000'].map((has) => manager.missingOf(bits(has)))
    expect(counts).toEqual([2, 1, 0, 0])
  })
})

describe('the endgame', () => {
  test('begins when all that is missing is asked of somebody, and not before', () => {
    const manager = managerOf(2)
    const seen: boolean[] = []
    for (let block = 0; block < 4; block++) {
      expect(pick(manager, ALICE)).toMatch(/first$/)
      seen.push(manager.isEndgame)
    }
    expect(seen).toEqual([false, false, false, true])
    manager.release(ALICE, [range(manager, '0.0')])
    expect(manager.isEndgame).toBe(false)
    expect(pick(manager, BOB, everything(manager), true)).toBe('0.0 again')
    expect(manager.isEndgame).toBe(true)
  })

  test('asks duplicates of an idle peer only, of the block that fewest owe', () => {
    const manager = managerOf(1)
    const all = everything(manager)
    for (let block = 0; block < BLOCKS; block++) pick(manager, ALICE)
    expect(pick(manager, BOB, all, false)).toBeNull()
    expect(pick(manager, BOB, all, true)).toBe('0.0 endgame')
    expect(pick(manager, CAROL, all, true)).toBe('0.1 endgame')
    expect(pick(manager, ALICE, all, true)).toBeNull()
    expect(pick(manager, CAROL, all, true)).toBe('0.0 endgame')
    expect(pick(manager, CAROL, all, true)).toBeNull()
    expect(pick(manager, 4, bits('0'), true)).toBeNull()
  })

  test('asks them of the piece, too, of which the block is that fewest owe', () => {
    const manager = managerOf(2)
    for (let block = 0; block < 4; block++) pick(manager, ALICE)
    const duplicates = [BOB, CAROL, 4, 5].map((peer) => pick(manager, peer, everything(manager), true)?.slice(0, 3))
    expect(duplicates.sort()).toEqual(['0.0', '0.1', '1.0', '1.1'])
  })

  test('cancels a block at the others that owe it when it comes; a second copy is wasted', () => {
    const manager = managerOf(1)
    const all = everything(manager)
    for (let block = 0; block < BLOCKS; block++) pick(manager, ALICE)
    pick(manager, BOB, all, true)
    expect(receive(manager, '0.0', BOB)).toEqual({ kind: 'kept', cancelAt: [ALICE], whole: null })
    expect(receive(manager, '0.0', ALICE)).toEqual({ kind: 'wasted' })
    expect(receive(manager, '0.1', ALICE)).toMatchObject({
      kind: 'kept',
      cancelAt: [],
      whole: { senders: [BOB, ALICE] },
    })
    expect(receive(manager, '0.1', ALICE)).toEqual({ kind: 'wasted' })
    manager.stored(0 as PieceIndex)
    expect(receive(manager, '0.1', ALICE)).toEqual({ kind: 'wasted' })
  })
})

describe('giving up', () => {
  test('a duplicate opens nothing while another owes the block', () => {
    const manager = managerOf(1)
    const all = everything(manager)
    for (let block = 0; block < BLOCKS; block++) pick(manager, ALICE)
    pick(manager, BOB, all, true)
    manager.release(BOB, [range(manager, '0.0')])
    expect([manager.isEndgame, pick(manager, CAROL)]).toEqual([true, null])
    manager.release(ALICE, [range(manager, '0.0'), range(manager, '0.1')])
    expect([pick(manager, CAROL), pick(manager, CAROL)]).toEqual(['0.0 again', '0.1 again'])
  })

  test('what belongs to a piece that is checked or complete changes nothing', () => {
    const manager = managerOf(1)
    for (const name of ['0.0', '0.1']) {
      pick(manager, ALICE)
      receive(manager, name, ALICE)
    }
    manager.release(ALICE, [range(manager, '0.0')])
    assertExclusive(manager, ['checking'])
    manager.stored(0 as PieceIndex)
    manager.release(ALICE, [range(manager, '0.0')])
    assertExclusive(manager, ['complete'])
    expect(pick(manager, BOB)).toBeNull()
  })

  test('and a block that comes late all the same is kept', () => {
    const manager = managerOf(1)
    pick(manager, ALICE)
    manager.release(ALICE, [range(manager, '0.0')])
    expect(receive(manager, '0.0', ALICE)).toEqual({ kind: 'kept', cancelAt: [], whole: null })
    expect([pick(manager, BOB), pick(manager, BOB)]).toEqual(['0.1 first', null])
  })

  test('and the late block comes while another was asked: that one is told to forget it', () => {
    const manager = managerOf(1)
    pick(manager, ALICE)
    manager.release(ALICE, [range(manager, '0.0')])
    expect(pick(manager, BOB)).toBe('0.0 again')
    expect(receive(manager, '0.0', ALICE)).toEqual({ kind: 'kept', cancelAt: [BOB], whole: null })
  })
})

describe('a piece that failed', () => {
  function failOnce(): PieceManager {
    const manager = managerOf(1)
    for (const name of ['0.0', '0.1']) {
      pick(manager, ALICE)
      receive(manager, name, ALICE)
    }
    manager.failed(0 as PieceIndex)
    return manager
  }

  test('is asked of one peer at a time, and in the endgame too', () => {
    const manager = failOnce()
    const all = everything(manager)
    expect(pick(manager, BOB)).toBe('0.0 again')
    expect(pick(manager, CAROL, all, true)).toBeNull()
    expect(pick(manager, BOB)).toBe('0.1 again')
    expect(manager.isEndgame).toBe(true)
    expect(pick(manager, CAROL, all, true)).toBeNull()
    manager.release(BOB, [range(manager, '0.0'), range(manager, '0.1')])
    expect([pick(manager, CAROL), pick(manager, BOB)]).toEqual(['0.0 again', null])
  })

  test('does not wait for a source that owes nothing and will not be asked again (choked just then)', () => {
    const manager = failOnce()
    expect(pick(manager, BOB)).toBe('0.0 again')
    receive(manager, '0.0', BOB)
    manager.release(BOB, [])
    expect(pick(manager, CAROL)).toBe('0.1 again')
  })
})
