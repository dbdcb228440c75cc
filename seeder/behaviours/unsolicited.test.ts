import { expect, test } from 'vitest'
import { Stage } from '../stage.testing.ts'

test.each([
  ['right', /^\d+: block [0-3]:(0|16384)\+(16384|3616)$/],
  ['wrong', /^\d+: block [0-3]:(0|16384)\+(16384|3616), (16384|3616) wrong$/],
])('a peer sends %s blocks that nobody asked for, choking: so many a second, so many in all', (content, line) => {
  const options = { content, perSecond: 10, count: 30 }
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'unsolicited', ...options } }] })
  const client = stage.dial()
  stage.runUntil(1_035)
  // At 30 ms the first, and ten a second: the eleventh at 1,030 is not here yet.
  const first = client.take().slice(3)
  stage.runUntil(100_000)
  const all = [...first, ...client.take()]
  expect([first.length, all.length]).toEqual([10, 30])
  expect(all.filter((each) => !line.test(each))).toEqual([])
  expect(new Set(all.map((each) => each.replace(/^\d+: /, ''))).size).toBe(8)
})
