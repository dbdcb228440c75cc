import { expect, test } from 'vitest'
import { request, Stage } from '../stage.testing.ts'

// What is sent takes 10 ms, and a block needs 10 ms to leave: one that is asked for at 60 ms is there at 90.

test('a peer that duplicates sends each block so often, right behind itself', () => {
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'duplicate', times: 3 } }] })
  const client = stage.unchoked()
  client.send(request(0, 0), request(1, 0))
  stage.runUntil(10_000)
  expect(client.take()).toEqual([
    '90: block 0:0+16384',
    '100: block 0:0+16384',
    '110: block 0:0+16384',
    '120: block 1:0+16384',
    '130: block 1:0+16384',
    '140: block 1:0+16384',
  ])
  expect(stage.peer.bytesServed).toBe(6 * 16_384)
})
