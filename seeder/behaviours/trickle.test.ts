import { describe, expect, test } from 'vitest'
import { interested, request, Stage } from '../stage.testing.ts'

describe('a peer that trickles', () => {
  test('sends everything a byte a second, in its order, and never catches up', () => {
    const script = [{ when: { sent: 'unchoke' as const }, do: { behaviour: 'trickle' } }]
    const stage = new Stage({ script })
    const client = stage.unchoked()
    const before = client.receivedBytes
    client.send(request(0, 0))
    // Asked for at 70; bytes are here from 80 on, one a second.
    stage.runUntil(70 + 99 * 1_000)
    expect(client.receivedBytes - before).toBe(99)
    expect(client.take()).toEqual([])
    expect(client.hexFrom(before).slice(0, 36)).toBe('00004009'.concat('07', '00000000', '00000000', '001f3e5d7c'))
  })

  test('so many bytes so often', () => {
    const script = [{ when: { afterStartMs: 0 }, do: { behaviour: 'trickle', bytes: 1_000, everyMs: 10 } }]
    const stage = new Stage({ script })
    const client = stage.dial()
    client.send(interested, request(0, 0))
    stage.runUntil(10_000)
    // The unchoke comes as it is, with a pause behind it; then 17 times 10 ms, the last one after 16 of them.
    expect(client.take().slice(3)).toEqual(['40: unchoke', '210: block 0:0+16384'])
  })

  test('what it was told to send when it is gone goes nowhere', () => {
    const script = [
      { when: { afterStartMs: 0 }, do: { behaviour: 'trickle' } },
      { when: { received: 'have' as const }, do: { behaviour: 'drop' } },
    ]
    const stage = new Stage({ script })
    const client = stage.dial()
    client.send(interested, { type: 'have', piece: 0 })
    stage.runUntil(100_000)
    expect(client.take().slice(3)).toEqual(['40: fin'])
  })
})

test('an end comes behind what trickles', () => {
  const script = [
    { when: { afterStartMs: 0 }, do: { behaviour: 'trickle', bytes: 1_000, everyMs: 100 } },
    { when: { afterStartMs: 0 }, do: { behaviour: 'cut-block', how: 'reset' } },
  ]
  const stage = new Stage({ script })
  const client = stage.dial()
  client.send(interested, request(0, 0))
  stage.runUntil(10_000)
  // Behind the unchoke and its pause, 13 + 8,192 bytes in nine parts, the last 800 ms after the first; then another pause.
  expect(client.take().slice(3)).toEqual(['40: unchoke', '1040: reset'])
  expect(client.receivedBytes).toBe(68 + 6 + 5 + 13 + 8_192)
})
