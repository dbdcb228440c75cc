import { expect, test } from 'vitest'
import { inLanes } from './lanes.ts'

const never = new AbortController().signal
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('items are taken in their order, and no more at once than there are lanes', async () => {
  const taken: number[] = []
  let atOnce = 0
  let most = 0
  await inLanes(3, [1, 2, 3, 4, 5, 6, 7], never, async (item) => {
    taken.push(item)
    most = Math.max(most, ++atOnce)
    await turn()
    atOnce--
  })
  expect([taken, most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3])
})

test('the first failure aborts the others, nothing more is begun, and it is thrown', async () => {
  const begun: number[] = []
  const aborted: number[] = []
  const running = inLanes(2, [1, 2, 3, 4], never, async (item, signal) => {
    begun.push(item)
    await turn()
    if (item === 1) throw new Error('one broke')
    await turn()
    if (signal.aborted) aborted.push(item)
    signal.throwIfAborted()
  })
  await expect(running).rejects.toThrow('one broke')
  expect([begun, aborted]).toEqual([[1, 2], [2]])
})

test('an abort from outside begins nothing more', async () => {
  const controller = new AbortController()
  const begun: number[] = []
  await inLanes(1, [1, 2, 3], controller.signal, async (item) => {
    begun.push(item)
    if (item === 2) controller.abort()
  })
  expect(begun).toEqual([1, 2])
})
