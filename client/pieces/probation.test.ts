import { expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { ALICE, BOB, bits, CAROL, everything, managerOf, pick, range, receive } from './manager.testing.ts'
import { HELD_BLOCKS_MAX } from './picker.ts'
import { PieceManager } from './piece-manager.ts'
import { seeded } from './random.testing.ts'

function failOnce(): PieceManager {
  const manager = managerOf(1)
  for (const name of ['0.0', '0.1']) {
    pick(manager, ALICE)
    receive(manager, name, ALICE)
  }
  manager.failed(0 as PieceIndex)
  return manager
}

const held = (manager: PieceManager, peer: number, nowMs: number, isIdle: boolean, isFast: boolean) =>
  pick(manager, peer, everything(manager), isIdle, { nowMs, isFast })

test('a piece that failed is asked of one peer at a time, and in the endgame too', () => {
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

test.each([
  ['20 s', 20_000, { isIdle: true, isFast: false, deliver: false }],
  ['2 s, where it is behind and the other is fast', 2_000, { isIdle: false, isFast: true, deliver: false }],
  ['more, where it is behind no sooner', 10_000, { isIdle: true, isFast: true, deliver: true }],
])(
  'a piece that failed is taken from its source after %s, and begins anew',
  (_, tenureMs, { isIdle, isFast, deliver }) => {
    const manager = failOnce()
    expect(held(manager, BOB, 1_000, true, false)).toBe('0.0 again')
    if (deliver) {
      // Half of it at once: ahead of 20 s a piece until 10 s are over. The other half is asked, too.
      receive(manager, '0.0', BOB)
      expect(held(manager, BOB, 1_500, true, false)).toBe('0.1 again')
      expect(manager.nextPickMs(1_500)).toBe(11_001)
    }
    const dueMs = 1_000 + tenureMs + Number(deliver)
    expect(held(manager, CAROL, dueMs - 1, isIdle, isFast)).toBeNull()
    const hint = { nowMs: dueMs, isIdle, isFast }
    const taken = manager.pick(CAROL, everything(manager), hint)
    expect(taken).toEqual({
      range: range(manager, '0.0'),
      why: 'again',
      takenFrom: { peer: BOB, ranges: [range(manager, deliver ? '0.1' : '0.0')] },
    })
    expect(receive(manager, deliver ? '0.1' : '0.0', BOB)).toEqual({ kind: 'wasted' })
    expect(pick(manager, CAROL)).toBe('0.1 again')
    receive(manager, '0.0', CAROL)
    expect(receive(manager, '0.1', CAROL)).toMatchObject({ whole: { senders: [CAROL, CAROL] } })
  },
)

test('a piece that failed is not taken by one that has other things to do, or has not the piece', () => {
  const manager = failOnce()
  pick(manager, BOB)
  expect(held(manager, CAROL, 1_000_000, false, false)).toBeNull()
  expect(pick(manager, CAROL, bits('0'), true, { nowMs: 1_000_000 })).toBeNull()
})

test('a piece that failed is left a step longer to each source than to the one before, and the time when it is due is told', () => {
  const manager = failOnce()
  expect(manager.nextPickMs(0)).toBeNull()
  const due: (number | null)[] = []
  let nowMs = 0
  for (const [source, next] of [
    [ALICE, BOB],
    [BOB, CAROL],
    [CAROL, ALICE],
  ] as const) {
    expect(held(manager, source, nowMs, true, false)).toBe(source === ALICE && nowMs === 0 ? '0.0 again' : '0.1 again')
    due.push(manager.nextPickMs(nowMs), manager.nextPickMs(nowMs + 2_000 * (due.length / 2 + 1)))
    nowMs = due.at(-1)!
    expect(held(manager, next, nowMs - 1, true, false)).toBeNull()
    expect(held(manager, next, nowMs, true, false)).toBe('0.0 again')
  }
  expect(due).toEqual([2_000, 20_000, 24_000, 60_000, 66_000, 120_000])
})

test('a source does not win time by sending a block before its time is over', () => {
  const manager = failOnce()
  expect(held(manager, BOB, 0, true, false)).toBe('0.0 again')
  receive(manager, '0.0', BOB)
  expect(held(manager, BOB, 19_000, true, false)).toBe('0.1 again')
  expect(held(manager, CAROL, 20_000, true, false)).toBe('0.0 again')
})

test('a piece that failed does not wait for a source that owes nothing and will not be asked again (choked just then)', () => {
  const manager = failOnce()
  expect(pick(manager, BOB)).toBe('0.0 again')
  receive(manager, '0.0', BOB)
  manager.release(BOB, [])
  expect(pick(manager, CAROL)).toBe('0.1 again')
})

test('a piece that failed and is whole is due no more', () => {
  const manager = failOnce()
  for (const name of ['0.0', '0.1']) {
    expect(held(manager, BOB, 0, true, false)).toBe(`${name} again`)
    receive(manager, name, BOB)
  }
  expect(manager.nextPickMs(0)).toBeNull()
})

test('what a source sent counts as kept no more once the piece is taken from it', () => {
  const pieceBlocks = HELD_BLOCKS_MAX + 1
  const geometry = new Geometry(2 * pieceBlocks * BLOCK_BYTES, pieceBlocks * BLOCK_BYTES)
  const manager = new PieceManager(geometry, seeded(1))
  const hint = { nowMs: 0, isIdle: false, isFast: false }
  manager.failed(0 as PieceIndex)
  for (let block = 0; block < HELD_BLOCKS_MAX; block++) {
    manager.received(manager.pick(ALICE, bits('10'), hint)!.range, ALICE, new Uint8Array(1))
  }
  expect(manager.pick(ALICE, bits('10'), hint)).not.toBeNull()
  expect(manager.pick(BOB, bits('01'), hint)).toBeNull()
  expect(manager.pick(CAROL, bits('10'), { nowMs: 20_000, isIdle: true, isFast: false })?.takenFrom?.peer).toBe(ALICE)
  expect(manager.pick(BOB, bits('01'), hint)?.range.piece).toBe(1)
})
