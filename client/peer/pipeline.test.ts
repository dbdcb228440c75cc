import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { AUTO_DEPTH_MAX, Pipeline, type PipelineDepth } from './pipeline.ts'
import { at } from './transcript.testing.ts'

const FAST = 10_000 * BLOCK_BYTES

/** Asks for blocks and gets them, at this measured rate. */
function deliver(pipeline: Pipeline, blocks: number, rateBytesPerSecond: number): number {
  for (let index = 0; index < blocks; index++) {
    pipeline.requested(at(0, index))
    expect(pipeline.arrived(at(0, index), rateBytesPerSecond)).toBe('outstanding')
  }
  return pipeline.depth
}

describe('the depth', () => {
  test.each<readonly [PipelineDepth, number, number, number]>([
    [1, 100, FAST, 1],
    [500, 100, 0, 500],
    ['auto', 0, 0, 4],
    ['auto', 1, FAST, 5],
    ['auto', 96, FAST, 100],
    ['auto', 100, 10 * BLOCK_BYTES, 14],
    ['auto', 100, 10 * BLOCK_BYTES + 1, 15],
    ['auto', 100, 0, 4],
    ['auto', AUTO_DEPTH_MAX - 5, FAST, AUTO_DEPTH_MAX - 1],
    ['auto', AUTO_DEPTH_MAX - 4, FAST, AUTO_DEPTH_MAX],
    ['auto', AUTO_DEPTH_MAX, FAST, AUTO_DEPTH_MAX],
  ])('%s, after %i blocks at %i bytes/s, is %i', (setting, blocks, rate, depth) => {
    expect(deliver(new Pipeline(setting), blocks, rate)).toBe(depth)
  })

  test('auto doubles each round trip while the path is not full: one more for every block that comes', () => {
    const pipeline = new Pipeline('auto')
    const depths = Array.from({ length: 5 }, () => deliver(pipeline, pipeline.depth, FAST))
    expect(depths).toEqual([8, 16, 32, 64, 128])
  })

  test('auto follows the rate down at once and up again block by block', () => {
    const pipeline = new Pipeline('auto')
    deliver(pipeline, 200, 100 * BLOCK_BYTES)
    expect(pipeline.depth).toBe(104)
    expect(deliver(pipeline, 1, 10 * BLOCK_BYTES)).toBe(14)
    expect(deliver(pipeline, 3, 100 * BLOCK_BYTES)).toBe(17)
  })

  test('auto does not grow by blocks that were given up, or that nobody asked for', () => {
    const pipeline = new Pipeline('auto')
    pipeline.requested(at(0, 0))
    pipeline.voidAll()
    expect([pipeline.arrived(at(0, 0), FAST), pipeline.arrived(at(0, 1), FAST)]).toEqual(['late', 'unsolicited'])
    expect(pipeline.depth).toBe(4)
  })
})

describe('a block', () => {
  test('arrives once for each request', () => {
    const pipeline = new Pipeline(10)
    pipeline.requested(at(0, 0))
    expect(pipeline.isOutstanding(at(0, 0))).toBe(true)
    expect([pipeline.arrived(at(0, 0), 0), pipeline.arrived(at(0, 0), 0)]).toEqual(['outstanding', 'unsolicited'])
    expect(pipeline.isOutstanding(at(0, 0))).toBe(false)
  })

  test('is late as often as its requests were given up', () => {
    const pipeline = new Pipeline(10)
    for (let request = 0; request < 3; request++) {
      pipeline.requested(at(0, 0))
      expect(pipeline.voidOne(at(0, 0))).toBe(true)
      expect(pipeline.voidOne(at(0, 0))).toBe(false)
    }
    pipeline.requested(at(0, 0))
    const arrivals = Array.from({ length: 5 }, () => pipeline.arrived(at(0, 0), 0))
    expect(arrivals).toEqual(['outstanding', 'late', 'late', 'late', 'unsolicited'])
  })

  test('that was given up is remembered among 4096 others, and forgotten by one more', () => {
    const pipeline = new Pipeline(10_000)
    for (let index = 0; index <= 4096; index++) pipeline.requested(at(index, 0))
    expect(pipeline.voidAll().map(({ piece }) => piece as number)).toEqual(Array.from({ length: 4097 }, (_, i) => i))
    expect(pipeline.outstandingCount).toBe(0)
    expect([0, 1, 4096].map((piece) => pipeline.arrived(at(piece, 0), 0))).toEqual(['unsolicited', 'late', 'late'])
  })

  test('that is given up again is remembered anew', () => {
    const pipeline = new Pipeline(10_000)
    const giveUp = (piece: number) => {
      pipeline.requested(at(piece, 0))
      pipeline.voidAll()
    }
    for (let piece = 0; piece < 4096; piece++) giveUp(piece)
    giveUp(0)
    giveUp(4096)
    expect([1, 0, 0, 0].map((piece) => pipeline.arrived(at(piece, 0), 0))).toEqual([
      'unsolicited',
      'late',
      'late',
      'unsolicited',
    ])
  })
})
