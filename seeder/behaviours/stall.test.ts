import { describe, expect, test } from 'vitest'
import { ALL_BLOCKS, interested, request, Stage } from '../stage.testing.ts'

// What is sent takes 10 ms, and a block needs 10 ms to leave: those asked for at 60 ms are there at 90, 100 and so on.

describe('a peer that stalls', () => {
  test('for ever sends what is leaving, then no block to anybody, and stays connected', () => {
    const stage = new Stage({ script: [{ when: { bytesServed: 20_000 }, do: { behaviour: 'stall' } }] })
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS)
    stage.runUntil(200)
    expect(client.take()).toEqual(['90: block 0:0+16384', '100: block 0:16384+16384'])
    const other = stage.dial()
    other.send(interested)
    stage.at(300, () => other.send(request(0, 0)))
    stage.runUntil(1_000_000)
    expect(client.take()).toEqual([])
    expect(other.take().slice(1)).toEqual(['240: handshake for 32687b', '240: bitfield 11110000', '240: unchoke'])
  })

  test('for a while then sends what it owes, in order, and what was cancelled meanwhile it does not', () => {
    const stall = { behaviour: 'stall', forMs: 1_000 }
    const stage = new Stage({ script: [{ when: { afterHandshakeMs: 0 }, do: stall }] })
    const client = stage.unchoked()
    client.send(request(0, 0), request(1, 0), request(2, 0))
    stage.at(500, () => client.send({ type: 'cancel', piece: 1, offsetBytes: 0, lengthBytes: 16_384 }))
    stage.runUntil(5_000)
    // The handshake came at 30 ms.
    expect(client.take()).toEqual(['1050: block 0:0+16384', '1060: block 2:0+16384'])
    client.send(request(3, 0))
    stage.runUntil(6_000)
    expect(client.take()).toEqual(['5030: block 3:0+16384'])
  })
})
