import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { encodeMessage, type Message } from '../client/wire/messages.ts'
import { REQUESTS_QUEUED_MAX } from './conduct.ts'
import { rawHandshake } from './raw-client.testing.ts'
import { REQUEST_BYTES_MAX } from './serving.ts'
import { ALL_BLOCKS, INFOHASH, interested, request, Stage } from './stage.testing.ts'

// What is sent takes 10 ms, and a block needs 10 ms to leave: one that is asked for at 60 ms is there at 90.

describe('to who dials, an honest peer', () => {
  test('answers the handshake, shows that it has everything, and says no more until it is asked', () => {
    const stage = new Stage()
    const client = stage.dial()
    stage.runUntil(10_000)
    expect(client.take()).toEqual(['20: opened', '40: handshake for 32687b', '40: bitfield 11110000'])
  })

  test('unchokes who is interested, once', () => {
    const stage = new Stage()
    const client = stage.dial()
    stage.at(100, () => client.send(interested))
    stage.at(200, () => client.send({ type: 'not-interested' }, interested, interested))
    stage.runUntil(1_000)
    expect(client.take().slice(3)).toEqual(['120: unchoke'])
  })

  test('takes handshake and messages however they are cut', () => {
    const stage = new Stage()
    const client = stage.dialWith(new Uint8Array(0))
    const stream = [...rawHandshake(INFOHASH), ...encodeMessage(interested), ...encodeMessage(request(0, 0))]
    for (const byte of stream) client.connection.send(Uint8Array.of(byte))
    stage.runUntil(1_000)
    expect(client.take()).toEqual([
      '20: opened',
      '40: handshake for 32687b',
      '40: bitfield 11110000',
      '40: unchoke',
      '50: block 0:0+16384',
    ])
  })
})

describe('a peer that unchoked', () => {
  test('serves requests in their order, the short last block too', () => {
    const stage = new Stage()
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS.toReversed())
    stage.runUntil(1_000)
    expect(client.take()).toEqual([
      '82: block 3:16384+3616',
      '92: block 3:0+16384',
      '102: block 2:16384+16384',
      '112: block 2:0+16384',
      '122: block 1:16384+16384',
      '132: block 1:0+16384',
      '142: block 0:16384+16384',
      '152: block 0:0+16384',
    ])
    expect(stage.peer.bytesServed).toBe(118_304)
  })

  test('serves two as it serves one, each half as fast', () => {
    const stage = new Stage()
    const [one, other] = [stage.dial(), stage.dial()]
    for (const client of [one, other]) client.send(interested)
    stage.at(60, () => {
      for (const client of [one, other]) {
        client.take()
        client.send(request(0, 0), request(1, 0))
      }
    })
    stage.runUntil(1_000)
    expect([one.take(), other.take()]).toEqual([
      ['90: block 0:0+16384', '110: block 1:0+16384'],
      ['100: block 0:0+16384', '120: block 1:0+16384'],
    ])
  })

  test('serves a request as often as it is made', () => {
    const stage = new Stage()
    const client = stage.unchoked()
    client.send(request(2, 0), request(2, 0))
    stage.runUntil(1_000)
    expect(client.take()).toEqual(['90: block 2:0+16384', '100: block 2:0+16384'])
  })
})

describe('what is queued', () => {
  test('goes when it is cancelled, but not what is leaving', () => {
    const stage = new Stage()
    const client = stage.unchoked()
    client.send(request(0, 0), request(0, 16_384), request(1, 0), request(1, 16_384))
    // There at 71 ms, when the first is leaving and the second stands behind it.
    stage.at(61, () =>
      client.send(...[request(0, 0), request(1, 0)].map((each) => ({ ...each, type: 'cancel' }) as Message)),
    )
    stage.runUntil(1_000)
    expect(client.take()).toEqual(['90: block 0:0+16384', '100: block 0:16384+16384', '110: block 1:16384+16384'])
  })

  test('goes with a choke, and is not owed after the unchoke', () => {
    const stage = new Stage({ script: [{ when: { afterHandshakeMs: 45 }, do: { behaviour: 'choke', forMs: 100 } }] })
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS.slice(0, 6))
    stage.runUntil(1_000)
    // The choke, at 75 ms, stands behind the block that was leaving then, and nothing is asked for anew.
    expect(client.take()).toEqual(['90: block 0:0+16384', '90: choke', '185: unchoke'])
  })

  test('is nothing where the request came too early: before the interest, or while choked', () => {
    const stage = new Stage()
    const client = stage.dial()
    client.send(request(0, 0), interested)
    stage.runUntil(1_000)
    expect(client.take().slice(3)).toEqual(['40: unchoke'])
  })

  test.each([
    [REQUESTS_QUEUED_MAX, REQUESTS_QUEUED_MAX],
    [REQUESTS_QUEUED_MAX + 1, REQUESTS_QUEUED_MAX],
  ])('of %d requests is %d: more are ignored', (asked, served) => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'stall', forMs: 500 } }] })
    const client = stage.unchoked()
    for (let each = 0; each < asked; each++) client.send(request(0, each % 16_384, 1))
    stage.runUntil(499)
    expect(client.take()).toEqual([])
    stage.runUntil(5_000)
    expect(client.take().length).toBe(served)
    expect(client.blocks.map(([byte]) => byte)).toEqual(
      Array.from({ length: served }, (_, each) => stage.content[each]),
    )
  })
})

describe('a request for what is not there is ignored, and the connection goes on', () => {
  test.each([
    ['a piece behind the last', request(4, 0)],
    ['a piece of all ones', request(0xffff_ffff, 0)],
    ['an offset behind the piece', request(0, 32_768)],
    ['one byte behind the end of a piece', request(0, 16_385)],
    ['one byte behind the end of the content', request(3, 16_384, 3_617)],
    ['an offset of all ones', request(0, 0xffff_ffff)],
    ['no byte', request(0, 0, 0)],
    ['a length of all ones', request(0, 0, 0xffff_ffff)],
  ])('%s', (_, wrong) => {
    const stage = new Stage()
    const client = stage.unchoked()
    client.send(wrong, request(1, 0))
    stage.runUntil(1_000)
    expect(client.take()).toEqual(['90: block 1:0+16384'])
  })

  test('up to 128 KiB is served at once, one byte more is not', () => {
    const stage = new Stage({ totalBytes: 1_000_000, pieceLengthBytes: 262_144 })
    const client = stage.unchoked()
    const { receivedBytes } = client
    client.send(request(0, 0, REQUEST_BYTES_MAX + 1))
    stage.runUntil(1_000)
    expect(client.receivedBytes - receivedBytes).toBe(0)
    client.send(request(0, 0, REQUEST_BYTES_MAX))
    stage.runUntil(2_000)
    expect(client.receivedBytes - receivedBytes).toBe(13 + REQUEST_BYTES_MAX)
  })
})

describe('a peer closes', () => {
  const other = 'ffffffffffffffffffffffffffffffffffffffff' as InfoHash
  const garbage = new TextEncoder().encode('GET / HTTP/1.1\r\n')

  test.each([
    ['that wants another torrent', rawHandshake(other)],
    ['that speaks another protocol', garbage],
  ])('on somebody %s, without a word', (_, handshake) => {
    const stage = new Stage()
    const client = stage.dialWith(handshake)
    stage.runUntil(10_000)
    expect(client.take()).toEqual(['20: opened', '40: fin'])
    expect(stage.peer.sessions.all).toEqual([])
  })

  test('on a message that is none, and serves nothing more', () => {
    const stage = new Stage()
    const client = stage.unchoked()
    client.send(request(0, 0), request(0, 16_384))
    client.connection.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff))
    stage.runUntil(10_000)
    expect(client.take()).toEqual(['90: block 0:0+16384', '90: fin'])
  })

  test('when it stops, and does not come back, though its script had it so', () => {
    const stage = new Stage({
      script: [{ when: { afterStartMs: 50 }, do: { behaviour: 'drop', comeBackAfterMs: 100 } }],
    })
    stage.at(60, () => stage.peer.stop())
    const [before, after] = [60, 1_000].map((atMs) => {
      stage.runUntil(atMs)
      return stage.dial()
    })
    stage.runUntil(2_000)
    expect([before!.take(), after!.take()]).toEqual([['80: refused'], ['1020: refused']])
  })
})

test('what a peer has told of is counted: a bitfield in one, haves one by one', () => {
  const stage = new Stage({
    script: [3, 4].map((peerHasPieces) => ({ when: { peerHasPieces }, do: { behaviour: 'stall' } })),
  })
  const client = stage.unchoked()
  client.send({ type: 'bitfield', bits: Uint8Array.of(0b1100_0000) })
  stage.at(100, () => client.send({ type: 'have', piece: 2 }))
  stage.at(200, () => client.send({ type: 'have', piece: 3 }))
  stage.runUntil(1_000)
  expect(stage.begun).toEqual(['110: stall', '210: stall'])
})
