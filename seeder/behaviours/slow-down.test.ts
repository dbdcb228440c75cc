import { describe, expect, test } from 'vitest'
import { request, Stage, UP_BYTES_PER_SECOND } from '../stage.testing.ts'

// What is sent takes 10 ms, and a block needs 10 ms to leave: those asked for at 60 ms are there at 90, 100 and so on.

describe('a peer that slows down', () => {
  test('sends at the new rate at once, the rest of the block that is leaving too', () => {
    const slowDown = { behaviour: 'slow-down', upBytesPerSecond: UP_BYTES_PER_SECOND / 4 }
    // At 75 ms, when the first block is half way out.
    const stage = new Stage({ script: [{ when: { afterHandshakeMs: 45 }, do: slowDown }] })
    const client = stage.unchoked()
    client.send(request(0, 0), request(1, 0), request(2, 0))
    stage.runUntil(10_000)
    expect(client.take()).toEqual(['105: block 0:0+16384', '145: block 1:0+16384', '185: block 2:0+16384'])
  })

  test('is farther away from then on, both ways, and as fast as before', () => {
    const stage = new Stage({
      script: [{ when: { afterHandshakeMs: 45 }, do: { behaviour: 'slow-down', rttMs: 220 } }],
    })
    const client = stage.unchoked()
    client.send(request(0, 0), request(1, 0))
    stage.at(1_000, () => client.send(request(2, 0)))
    stage.runUntil(10_000)
    // Out at 80 and 90 ms, then 110 ms on the way; asked for at 1,000: there at 1,110, out at 1,120, here at 1,230.
    expect(client.take()).toEqual(['190: block 0:0+16384', '200: block 1:0+16384', '1230: block 2:0+16384'])
  })

  test('may become faster again', () => {
    const change = (afterHandshakeMs: number, share: number) => ({
      when: { afterHandshakeMs },
      do: { behaviour: 'slow-down', upBytesPerSecond: UP_BYTES_PER_SECOND * share },
    })
    const stage = new Stage({ script: [change(0, 0.1), change(1_000, 2)] })
    const client = stage.unchoked()
    client.send(request(0, 0))
    stage.at(2_000, () => client.send(request(0, 0)))
    stage.runUntil(10_000)
    expect(client.take()).toEqual(['180: block 0:0+16384', '2025: block 0:0+16384'])
  })
})
