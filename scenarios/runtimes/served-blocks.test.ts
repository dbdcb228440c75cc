import { expect, test } from 'vitest'
import { ServedBlocks, seederResult } from './served-blocks.ts'

const BLOCK = 16_384

test('one copy is out with the last block that was not sent before; what came twice by then is counted', () => {
  const served = new ServedBlocks(2 * BLOCK + 1)
  served.read(10, 0, BLOCK)
  served.read(20, 0, BLOCK)
  served.read(30, 2 * BLOCK, 1)
  expect(seederResult(served.served, 5)).toEqual({
    bytes: 2 * BLOCK + 1,
    againBytes: BLOCK,
    copySeconds: null,
    firstSeconds: 0.005,
    lastSeconds: 0.025,
  })
  served.read(1_005, BLOCK, BLOCK)
  expect(seederResult(served.served, 5)).toEqual({
    bytes: 3 * BLOCK + 1,
    againBytes: BLOCK,
    copySeconds: 1,
    firstSeconds: 0.005,
    lastSeconds: 1,
  })
})

test('after the first copy nothing counts as sent again', () => {
  const served = new ServedBlocks(BLOCK)
  served.read(1, 0, BLOCK)
  served.read(2, 0, BLOCK)
  expect(served.served).toEqual({ bytes: 2 * BLOCK, againBytes: 0, copyMs: 1, firstMs: 1, lastMs: 2 })
})
