import { describe, expect, test } from 'vitest'
import { ALL_BLOCKS, interested, request, Stage } from '../stage.testing.ts'

// What is sent takes 10 ms, and a block needs 10 ms to leave: those asked for at 60 ms are there at 90, 100 and so on.

const AT_75_MS = { afterHandshakeMs: 45 }

describe('a peer that chokes', () => {
  test('for ever drops what it owes, behind the block that is leaving, and unchokes nobody again', () => {
    const stage = new Stage({ script: [{ when: AT_75_MS, do: { behaviour: 'choke' } }] })
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS)
    stage.at(200, () => client.send({ type: 'not-interested' }, interested, request(0, 0)))
    stage.runUntil(300)
    const later = stage.dial()
    later.send(interested)
    stage.runUntil(100_000)
    expect(client.take()).toEqual(['90: block 0:0+16384', '90: choke'])
    expect(later.take().slice(1)).toEqual(['340: handshake for 32687b', '340: bitfield 11110000'])
  })

  test('for a while unchokes who is interested then, and serves what is asked for anew', () => {
    const stage = new Stage({ script: [{ when: AT_75_MS, do: { behaviour: 'choke', forMs: 100 } }] })
    const client = stage.unchoked()
    const [came, left] = [stage.dial(), stage.dial()]
    came.send(interested)
    left.send(interested)
    stage.at(140, () => left.send({ type: 'not-interested' }))
    stage.at(200, () => client.send(request(1, 0)))
    stage.runUntil(10_000)
    expect(client.take()).toEqual(['85: choke', '185: unchoke', '230: block 1:0+16384'])
    // It dialled at 60 ms, and was interested at 90.
    expect(came.take().slice(3)).toEqual(['185: unchoke'])
    expect(left.take().slice(3)).toEqual([])
  })

  test('that flaps chokes and unchokes, each for as long, for ever', () => {
    const stage = new Stage({ script: [{ when: AT_75_MS, do: { behaviour: 'choke', forMs: 100, flap: true } }] })
    const client = stage.unchoked()
    stage.runUntil(580)
    expect(client.take()).toEqual(['85: choke', '185: unchoke', '285: choke', '385: unchoke', '485: choke'])
    stage.runUntil(100_070)
    expect(client.take().length).toBe(995)
    stage.peer.stop()
    stage.runUntil(101_000)
    expect(client.take()).toEqual(['100080: fin'])
  })
})
