import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Dialable, DialQueue, type Lane } from './dial-queue.ts'

interface Waiting extends Dialable {
  readonly name: string
}

let sequence = 0
function waiting(name: string, lane: Lane, of: { setbacks?: number; priority?: number; dueMs?: number } = {}): Waiting {
  const { setbacks = 0, priority = 0, dueMs = 0 } = of
  return { name, lane, setbacks, priority, dueMs, sequence: sequence++, isDue: false, heapIndex: undefined }
}

function takeAll(queue: DialQueue<Waiting>, nowMs: number): string {
  const names: string[] = []
  for (let item = queue.take(nowMs); item !== null; item = queue.take(nowMs)) names.push(item.name)
  return names.join(' ')
}

describe('who is next', () => {
  const rows: readonly (readonly [claim: string, items: readonly Waiting[], order: string])[] = [
    ['in the order they were heard of', [waiting('a', 'tracker'), waiting('b', 'tracker')], 'a b'],
    [
      'the higher priority',
      [
        waiting('low', 'peer', { priority: 1 }),
        waiting('high', 'peer', { priority: 2 ** 32 - 1 }),
        waiting('mid', 'peer', { priority: 7 }),
      ],
      'high mid low',
    ],
    [
      'fewer setbacks before priority',
      [waiting('twice', 'tracker', { setbacks: 2, priority: 9 }), waiting('once', 'tracker', { setbacks: 1 })],
      'once twice',
    ],
    [
      'whoever the user gave and nobody tried yet',
      [waiting('t', 'tracker', { priority: 9 }), waiting('p', 'peer'), waiting('u1', 'user'), waiting('u2', 'user')],
      'u1 u2 t p',
    ],
    [
      'one from each source in turn, those that failed too',
      [
        ...['u1', 'u2'].map((name) => waiting(name, 'user', { setbacks: 1 })),
        ...['t1', 't2', 't3', 't4'].map((name) => waiting(name, 'tracker')),
        ...['p1', 'p2'].map((name) => waiting(name, 'peer')),
      ],
      't1 p1 u1 t2 p2 u2 t3 t4',
    ],
  ]

  test.each(rows)('%s', (_, items, order) => {
    const queue = new DialQueue<Waiting>()
    for (const item of items) queue.add(item)
    expect(takeAll(queue, 0)).toBe(order)
    expect(queue.deadlineMs()).toBeNull()
  })

  test('nobody before it is due', () => {
    const queue = new DialQueue<Waiting>()
    queue.add(waiting('late', 'user', { dueMs: 2_000 }))
    queue.add(waiting('early', 'tracker', { dueMs: 1_000, setbacks: 9 }))
    expect([queue.deadlineMs(), takeAll(queue, 999), takeAll(queue, 1_000)]).toEqual([1_000, '', 'early'])
    expect([queue.deadlineMs(), takeAll(queue, 2_000), queue.deadlineMs()]).toEqual([2_000, 'late', null])
  })
})

test('what is removed is not taken: resting, due, taken already', () => {
  const queue = new DialQueue<Waiting>()
  const [due, resting, taken] = [
    waiting('due', 'tracker'),
    waiting('resting', 'peer', { dueMs: 1_000 }),
    waiting('taken', 'user'),
  ]
  for (const item of [due, resting, taken]) queue.add(item)
  expect(queue.take(0)).toBe(taken)
  expect([due, resting, taken].map((item) => queue.has(item))).toEqual([true, true, false])
  expect(queue.deadlineMs()).toBe(0)
  queue.remove(due)
  queue.remove(resting)
  expect([queue.deadlineMs(), queue.take(1e9), queue.has(due)]).toEqual([null, null, false])
})

test('each is taken once, none early, and while the deadline has come there always is one', () => {
  const anyItem = fc.record({
    lane: fc.constantFrom<Lane>('user', 'tracker', 'peer'),
    setbacks: fc.nat(3),
    priority: fc.nat(5),
    dueMs: fc.nat(50),
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(10), anyItem)), (steps) => {
      const queue = new DialQueue<Waiting>()
      let nowMs = 0
      let left = 0
      for (const [stepMs, { lane, ...of }] of steps) {
        nowMs += stepMs
        queue.add(waiting('', lane, of))
        left++
        const deadlineMs = queue.deadlineMs()!
        const item = queue.take(nowMs)
        expect(item === null).toBe(deadlineMs > nowMs)
        if (item === null) continue
        expect(item.dueMs).toBeLessThanOrEqual(nowMs)
        left--
      }
      for (; left > 0; left--) expect(queue.take(1_000)).not.toBeNull()
      expect(queue.take(1_000)).toBeNull()
    }),
  )
})
