import { describe, expect, test } from 'vitest'
import { rawHandshake } from '../raw-client.testing.ts'
import { CLIENT, type INFOHASH, interested, request, Stage } from '../stage.testing.ts'

const dial = (options: object) => ({ when: { afterStartMs: 0 }, do: { behaviour: 'dial', ...options } })
const TO_CLIENT = { address: '127.0.0.1:6881' }

describe('a peer that dials', () => {
  test('speaks first, then serves as one that was dialled, and listens too', () => {
    const stage = new Stage({ script: [dial(TO_CLIENT)] })
    const clients = stage.listen()
    const other = stage.dial()
    // There at 10 ms; the peer knows at 20, and its handshake is here at 30.
    stage.at(40, () => clients[0]!.send(interested))
    stage.at(80, () => clients[0]!.send(request(1, 0)))
    stage.runUntil(1_000)
    expect(clients.map((client) => client.take())).toEqual([
      ['30: handshake for 32687b', '30: bitfield 11110000', '60: unchoke', '110: block 1:0+16384'],
    ])
    expect(other.take()).toContain('40: bitfield 11110000')
  })

  test('dials the client that it was started for, when its step names nobody', () => {
    const stage = new Stage({ script: [dial({})], clientAddress: CLIENT })
    const clients = stage.listen()
    stage.runUntil(1_000)
    expect(clients.length).toBe(1)
  })

  test('nobody, when it was started for none: a mistake of the script', () => {
    const stage = new Stage({ script: [dial({})] })
    expect(() => stage.runUntil(1_000)).toThrow('a step dials nobody: it names no address, and the peer was given none')
  })

  test('so many connections at once', () => {
    const stage = new Stage({ script: [dial({ ...TO_CLIENT, connections: 7 })] })
    const clients = stage.listen()
    stage.runUntil(1_000)
    expect([clients.length, stage.peer.sessions.open.length]).toEqual([7, 7])
  })

  test('again after each end, refused or closed, until it stops', () => {
    const stage = new Stage({ script: [dial({ ...TO_CLIENT, againAfterMs: 100 })] })
    // Refused at 20 ms, and at 140.
    stage.runUntil(130)
    const clients = stage.listen()
    // At 240 + 10 it comes, and is closed at 300: 10 ms later the peer knows.
    stage.at(300, () => clients[0]!.connection.close())
    stage.runUntil(450)
    expect(clients.map((client) => client.take()[0])).toEqual([
      '270: handshake for 32687b',
      '440: handshake for 32687b',
    ])
    stage.peer.stop()
    stage.runUntil(10_000)
    expect(clients.length).toBe(2)
  })

  test('once only, where it is not told to', () => {
    const stage = new Stage({ script: [dial(TO_CLIENT)] })
    const clients = stage.listen()
    stage.at(100, () => clients[0]!.connection.close())
    stage.runUntil(100_000)
    expect(clients.length).toBe(1)
  })

  test('closes on an answer for another torrent', () => {
    const stage = new Stage({ script: [dial(TO_CLIENT)] })
    const [answer] = [stage.listen(rawHandshake('ff'.repeat(20) as typeof INFOHASH))]
    stage.runUntil(1_000)
    expect(answer[0]!.take()).toEqual(['30: handshake for 32687b', '30: fin'])
    expect(stage.peer.sessions.all).toEqual([])
  })
})
