import { describe, expect, test } from 'vitest'
import { LATE_MAX, Pipeline } from './pipeline.ts'
import { at } from './wire-words.testing.ts'

describe('a block', () => {
  test('arrives once for each request', () => {
    const pipeline = new Pipeline(10)
    pipeline.requested(0, at(0, 0))
    expect(pipeline.isOutstanding(at(0, 0))).toBe(true)
    expect([pipeline.arrived(1, at(0, 0)), pipeline.arrived(1, at(0, 0))]).toEqual(['outstanding', 'unsolicited'])
    expect(pipeline.isOutstanding(at(0, 0))).toBe(false)
  })

  test('is late as often as its requests were given up', () => {
    const pipeline = new Pipeline(10)
    for (let request = 0; request < 3; request++) {
      pipeline.requested(0, at(0, 0))
      expect(pipeline.voidOne(at(0, 0))).toBe(true)
      expect(pipeline.voidOne(at(0, 0))).toBe(false)
    }
    pipeline.requested(0, at(0, 0))
    const arrivals = Array.from({ length: 5 }, () => pipeline.arrived(1, at(0, 0)))
    expect(arrivals).toEqual(['outstanding', 'late', 'late', 'late', 'unsolicited'])
  })

  test(`that was given up is remembered among ${LATE_MAX} others, and forgotten by one more`, () => {
    const pipeline = new Pipeline(2 * LATE_MAX)
    for (let index = 0; index <= LATE_MAX; index++) pipeline.requested(0, at(index, 0))
    const all = Array.from({ length: LATE_MAX + 1 }, (_, piece) => piece)
    expect(pipeline.voidAll().map(({ piece }) => piece as number)).toEqual(all)
    expect(pipeline.outstandingCount).toBe(0)
    const arrivals = [0, 1, LATE_MAX].map((piece) => pipeline.arrived(1, at(piece, 0)))
    expect(arrivals).toEqual(['unsolicited', 'late', 'late'])
  })

  test('that is given up again is remembered anew', () => {
    const pipeline = new Pipeline(2 * LATE_MAX)
    const giveUp = (piece: number) => {
      pipeline.requested(0, at(piece, 0))
      pipeline.voidAll()
    }
    for (let piece = 0; piece < LATE_MAX; piece++) giveUp(piece)
    giveUp(0)
    giveUp(LATE_MAX)
    expect([1, 0, 0, 0].map((piece) => pipeline.arrived(1, at(piece, 0)))).toEqual([
      'unsolicited',
      'late',
      'late',
      'unsolicited',
    ])
  })
})

describe('a reject', () => {
  test('answers one request: the one that is outstanding, else one that was given up', () => {
    const pipeline = new Pipeline(10)
    pipeline.requested(0, at(0, 0))
    pipeline.voidAll()
    pipeline.requested(0, at(0, 0))
    const answers = Array.from({ length: 3 }, () => pipeline.rejected(at(0, 0)))
    expect(answers).toEqual(['outstanding', 'late', 'unsolicited'])
  })

  test('leaves no block to be welcome after it', () => {
    const pipeline = new Pipeline(10)
    pipeline.requested(0, at(0, 0))
    pipeline.voidAll()
    expect([pipeline.rejected(at(0, 0)), pipeline.arrived(1, at(0, 0))]).toEqual(['late', 'unsolicited'])
  })
})

test('what is voided may leave some out, in order', () => {
  const pipeline = new Pipeline(10)
  for (const piece of [3, 1, 2]) pipeline.requested(0, at(piece, 0))
  expect(pipeline.voidAll(({ piece }) => piece === 1)).toEqual([at(3, 0), at(2, 0)])
  expect([pipeline.outstandingCount, pipeline.isOutstanding(at(1, 0))]).toEqual([1, true])
})

describe('a fixed depth', () => {
  test.each([
    [1, null, 1],
    [500, null, 500],
    [500, 500, 500],
    [500, 499, 499],
    [500, 1, 1],
  ])('of %i, where they queue %s requests, is %i', (setting, queueMax, depth) => {
    const pipeline = new Pipeline(setting)
    if (queueMax !== null) pipeline.setQueueMax(queueMax)
    for (let block = 0; block < 100; block++) {
      pipeline.requested(block, at(0, block))
      pipeline.arrived(block, at(0, block))
    }
    expect(pipeline.depth).toBe(depth)
  })
})

describe('requests go out together', () => {
  /** At a depth that so many blocks a second have brought it to. */
  const grown = (blocks: number) => {
    const pipeline = new Pipeline('auto')
    for (let block = 0; block < blocks; block++) {
      for (let more = block; pipeline.outstandingCount < pipeline.depth; more++) pipeline.requested(0, at(more, 0))
      pipeline.arrived(1, at(block, 0))
    }
    return pipeline
  }

  test('never more than four, and no more than a quarter of the depth', () => {
    const batches = [0, 3, 4, 7, 8, 11, 12, 40].map((blocks) => [grown(blocks).depth, grown(blocks).batch])
    expect(batches).toEqual([
      [4, 1],
      [7, 1],
      [8, 2],
      [11, 2],
      [12, 3],
      [15, 3],
      [16, 4],
      [44, 4],
    ])
  })

  test('one by one where the depth is given, since that is what experiments measure', () => {
    expect([1, 4, 64, 1_000].map((depth) => new Pipeline(depth).batch)).toEqual([1, 1, 1, 1])
  })
})
