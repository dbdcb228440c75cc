import { describe, expect, test } from 'vitest'
import { ALL_BLOCKS, interested, request, Stage } from '../stage.testing.ts'

// What is sent takes 10 ms, and a block needs 10 ms to leave: those asked for at 60 ms are there at 90, 100 and so on.

const THIRD_BLOCK = { bytesServed: 40_000 }

describe('a peer that drops', () => {
  test('with a fin does so after the block that is leaving, and is refused from then on', () => {
    const stage = new Stage({ script: [{ when: THIRD_BLOCK, do: { behaviour: 'drop' } }] })
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS)
    stage.runUntil(1_000)
    expect(stage.begun).toEqual(['90: drop'])
    expect(client.take()).toEqual([
      '90: block 0:0+16384',
      '100: block 0:16384+16384',
      '110: block 1:0+16384',
      '110: fin',
    ])
    const later = stage.dial()
    stage.runUntil(100_000)
    expect(later.take()).toEqual(['1020: refused'])
  })

  test('with a reset does so in the middle of a block, which never comes whole', () => {
    const stage = new Stage({ script: [{ when: THIRD_BLOCK, do: { behaviour: 'drop', how: 'reset' } }] })
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS)
    stage.runUntil(1_000)
    expect(client.take()).toEqual(['90: block 0:0+16384', '100: block 0:16384+16384', '100: reset'])
    expect(stage.peer.sessions.all).toEqual([])
  })

  test('leaves everybody, and who is on the way to it', () => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 100 }, do: { behaviour: 'drop', how: 'reset' } }] })
    const clients = [stage.dial(), stage.dial()]
    stage.at(95, () => clients.push(stage.dial()))
    stage.runUntil(1_000)
    expect(clients.map((client) => client.take().at(-1))).toEqual(['110: reset', '110: reset', '115: refused'])
  })
})

describe('after a drop the peer', () => {
  test('comes back after the time it was told, at the same port, and serves as before', () => {
    const drop = { behaviour: 'drop', comeBackAfterMs: 500 }
    const stage = new Stage({ script: [{ when: THIRD_BLOCK, do: drop }] })
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS)
    // Gone from 90 to 590 ms.
    stage.runUntil(579)
    const early = stage.dial()
    stage.runUntil(581)
    const late = stage.dial()
    late.send(interested)
    stage.at(700, () => late.send(request(3, 0)))
    stage.runUntil(1_000)
    expect(early.take()).toEqual(['599: refused'])
    expect(late.take().slice(1)).toEqual([
      '621: handshake for 32687b',
      '621: bitfield 11110000',
      '621: unchoke',
      '730: block 3:0+16384',
    ])
    expect(stage.failed).toEqual([])
  })

  test('drops again when a second step says so', () => {
    const stage = new Stage({
      script: [
        { when: { bytesServed: 1 }, do: { behaviour: 'drop', comeBackAfterMs: 100 } },
        { when: { bytesServed: 16_385 }, do: { behaviour: 'drop' } },
      ],
    })
    for (const dialMs of [0, 300]) {
      stage.runUntil(dialMs)
      const client = stage.dial()
      client.send(interested)
      stage.at(dialMs + 60, () => client.send(request(0, 0), request(1, 0)))
      stage.runUntil(dialMs + 200)
      expect(client.take().slice(4)).toEqual([`${dialMs + 90}: block 0:0+16384`, `${dialMs + 90}: fin`])
    }
    expect(stage.begun).toEqual(['70: drop', '370: drop'])
  })
})
