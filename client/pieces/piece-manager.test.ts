import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { ALICE, BLOCKS, BOB, bits, CAROL, everything, managerOf, pick, range, receive } from './manager.testing.ts'
import { PieceManager, type PieceStatus } from './piece-manager.ts'
import { seeded } from './random.testing.ts'

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

test('a manager counts what a peer has that is missing here', () => {
  const manager = managerOf(3)
  manager.stored(0 as PieceIndex)
  const counts = ['111', '110', '100', '000'].map((has) => manager.missingOf(bits(has)))
  expect(counts).toEqual([2, 1, 0, 0])
  expect(manager.missingOf(new Bitfield(0))).toBe(0)
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

  test('asks duplicates of an idle peer only, of the last block that fewest owe', () => {
    const manager = managerOf(1)
    const all = everything(manager)
    for (let block = 0; block < BLOCKS; block++) pick(manager, ALICE)
    expect(pick(manager, BOB, all, false)).toBeNull()
    expect(pick(manager, BOB, all, true)).toBe('0.1 endgame')
    expect(pick(manager, CAROL, all, true)).toBe('0.0 endgame')
    expect(pick(manager, ALICE, all, true)).toBeNull()
    expect(pick(manager, CAROL, all, true)).toBe('0.1 endgame')
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
    expect(receive(manager, '0.1', BOB)).toEqual({ kind: 'kept', cancelAt: [ALICE], whole: null })
    expect(receive(manager, '0.1', ALICE)).toEqual({ kind: 'wasted' })
    expect(receive(manager, '0.0', ALICE)).toMatchObject({
      kind: 'kept',
      cancelAt: [],
      whole: { senders: [ALICE, BOB] },
    })
    expect(receive(manager, '0.0', ALICE)).toEqual({ kind: 'wasted' })
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
    manager.release(BOB, [range(manager, '0.1')])
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

describe('a selection of files', () => {
  test('keeps what is not wanted from being asked for, and from being missed', () => {
    const manager = managerOf(3)
    manager.setWanted(bits('010'))
    expect([manager.isComplete, manager.piecesLeft, manager.wantedCount]).toEqual([false, 1, 1])
    expect([manager.missingOf(bits('101')), manager.missingOf(everything(manager))]).toEqual([0, 1])
    expect(pick(manager, ALICE, bits('101'), true)).toBeNull()
    expect([pick(manager, ALICE), pick(manager, ALICE), pick(manager, ALICE)]).toEqual(['1.0 first', '1.1 first', null])
    expect(manager.isEndgame).toBe(true)
    for (const name of ['1.0', '1.1']) receive(manager, name, ALICE)
    manager.stored(1 as PieceIndex)
    expect([manager.isComplete, manager.complete.isFull]).toEqual([true, false])
  })

  test('drops what was begun of others and tells whose requests to cancel; blocks that come all the same are wasted', () => {
    const manager = managerOf(2)
    expect([pick(manager, ALICE, bits('10')), pick(manager, BOB, bits('10'))]).toEqual(['0.0 first', '0.1 first'])
    expect(pick(manager, BOB, bits('01'))).toBe('1.0 first')
    expect(manager.setWanted(bits('01'))).toEqual([
      { peer: ALICE, range: range(manager, '0.0') },
      { peer: BOB, range: range(manager, '0.1') },
    ])
    expect(receive(manager, '0.0', ALICE)).toEqual({ kind: 'wasted' })
    expect([pick(manager, ALICE), pick(manager, ALICE)]).toEqual(['1.1 first', null])
    expect(manager.setWanted(null)).toEqual([])
    expect([pick(manager, ALICE), pick(manager, ALICE)]).toEqual(['0.0 first', '0.1 first'])
  })

  test('leaves what is being checked, and begins it anew only when it is wanted', () => {
    const manager = managerOf(1)
    for (const name of ['0.0', '0.1']) {
      pick(manager, ALICE)
      receive(manager, name, ALICE)
    }
    manager.setWanted(bits('0'))
    expect(manager.statusOf(0 as PieceIndex)).toBe('checking')
    manager.failed(0 as PieceIndex)
    expect([manager.statusOf(0 as PieceIndex), pick(manager, ALICE)]).toEqual(['missing', null])
    manager.setWanted(null)
    expect(pick(manager, ALICE)).toBe('0.0 first')
  })

  test('is a copy: the caller may go on with the set', () => {
    const manager = managerOf(2)
    const wanted = bits('10')
    manager.setWanted(wanted)
    wanted.set(1 as PieceIndex)
    expect([manager.wantedCount, manager.isWanted(1 as PieceIndex)]).toEqual([1, false])
  })
})

test('a complete piece that is lost is missing again, and its peers still count', () => {
  const manager = managerOf(2)
  manager.peerHasThese(bits('01'))
  manager.stored(1 as PieceIndex)
  manager.lost(1 as PieceIndex)
  manager.lost(1 as PieceIndex)
  assertExclusive(manager, ['missing', 'missing'])
  expect([pick(manager, ALICE), pick(manager, ALICE), pick(manager, ALICE)]).toEqual([
    '0.0 first',
    '0.1 first',
    '1.0 first',
  ])
})

test('a peer that loses a piece (BEP 54) makes it rarer, also one that had everything', () => {
  const manager = managerOf(3)
  for (const has of ['111', '111', '100']) manager.peerHasThese(bits(has))
  manager.peerLost(2 as PieceIndex)
  expect(pick(manager, ALICE)).toBe('2.0 first')
  manager.peerGone(bits('110'))
  manager.peerGone(bits('100'))
  manager.peerLost(0 as PieceIndex)
  expect([pick(manager, ALICE), pick(manager, ALICE)]).toEqual(['2.1 first', '0.0 first'])
})
