import { describe, expect, test } from 'vitest'
import { interested, request, Stage } from '../stage.testing.ts'

// What is sent takes 10 ms, and a block needs 10 ms to leave: one that is asked for at 60 ms is there at 90.

const BLOCK_BYTES = 16_384
const HEADER_BYTES = 13

describe.each(['fin', 'reset'])('a peer that cuts a block by a %s', (how) => {
  test('sends its head and half of its bytes, and ends the connection there', () => {
    const script = [{ when: { bytesServed: 1 }, do: { behaviour: 'cut-block', how } }]
    const stage = new Stage({ script })
    const client = stage.unchoked()
    const before = client.receivedBytes
    client.send(request(0, 0), request(1, 0), request(2, 0))
    stage.runUntil(10_000)
    // The second block is half sent: 5 ms.
    expect(client.take()).toEqual(['90: block 0:0+16384', `95: ${how}`])
    expect(client.receivedBytes - before).toBe(HEADER_BYTES + BLOCK_BYTES + HEADER_BYTES + BLOCK_BYTES / 2)
    expect(stage.peer.bytesServed).toBe(BLOCK_BYTES)
    expect(stage.peer.sessions.all).toEqual([])
  })

  test('does so to every connection', () => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'cut-block', how } }] })
    for (const dialMs of [0, 300]) {
      stage.runUntil(dialMs)
      const client = stage.dial()
      client.send(interested)
      stage.at(dialMs + 60, () => client.send(request(0, 0)))
      stage.runUntil(dialMs + 200)
      expect(client.take().slice(4)).toEqual([`${dialMs + 85}: ${how}`])
    }
  })
})

test.each([
  [0, 1],
  [0.25, 4_096],
  [1, 16_383],
])('of a block a share of %d is %d bytes: one at least, and never all', (share, bytes) => {
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'cut-block', share } }] })
  const client = stage.unchoked()
  const before = client.receivedBytes
  client.send(request(0, 0))
  stage.runUntil(10_000)
  expect(client.receivedBytes - before).toBe(HEADER_BYTES + bytes)
})
