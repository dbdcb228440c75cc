import { describe, expect, test } from 'vitest'
import { KnownPeers } from './known-peers.ts'
import { GONE_PEERS_MAX } from './known-peers-roster.ts'

const at = (port: number, host = '127.0.0.1') => ({ host, port })

/** The ports of all that may be dialled now, in that order. */
function takeAll(known: KnownPeers, nowMs: number): number[] {
  const ports: number[] = []
  for (let peer = known.take(nowMs); peer !== null; peer = known.take(nowMs)) ports.push(peer.address.port)
  return ports
}

describe('a host that is banned', () => {
  const HOST = '192.0.2.7'

  test('is banned with all its ports: waiting, connected, new, coming in', () => {
    const known = new KnownPeers()
    const [liar, waiting, other] = [1, 2, 3].map((port) => known.add(at(port, HOST), false)!)
    known.take(0)
    const incoming = known.accept(at(50_000, HOST))!
    const honest = known.add(at(1, '192.0.2.8'), false)!
    expect(known.banHost(liar!.key)).toEqual([liar!.key, incoming.key])
    expect([known.closed(liar!.key, 0, true), known.closed(incoming.key, 0, true)]).toEqual([null, null])
    expect([known.add(at(4, HOST), false), known.addFromPeer(at(5, HOST), false)]).toEqual([null, null])
    expect([2, 60_000].map((port) => known.accept(at(port, HOST)))).toEqual([null, null])
    expect([known.take(1e9), known.take(1e9)]).toEqual([honest, null])
    expect([liar, waiting, other].flatMap((peer) => known.banHost(peer!.key))).toEqual([])
  })

  test('may still be one that the user gave, on another port', () => {
    const known = new KnownPeers()
    const [given, liar] = [known.add(at(1, HOST), true)!, known.add(at(2, HOST), false)!]
    expect(known.banHost(liar.key)).toEqual([liar.key])
    expect(takeAll(known, 0)).toEqual([1])
    expect(known.add(at(3, HOST), true)).not.toBeNull()
    expect(known.banHost(given.key)).toEqual([given.key])
    expect(known.closed(given.key, 0, true)).toBeNull()
    expect(takeAll(known, 1e9)).toEqual([3])
  })

  test('is one port on loopback', () => {
    const known = new KnownPeers()
    const [liar] = [known.add(at(1), false)!, known.add(at(2), false)!]
    expect(known.banHost(liar.key)).toEqual([liar.key])
    expect([known.accept(at(1)), takeAll(known, 0)]).toEqual([null, [2]])
  })

  test('stays banned when its peers are forgotten', () => {
    const known = new KnownPeers()
    const liar = known.accept(at(1, HOST))!
    known.banHost(liar.key)
    known.closed(liar.key, 0, false)
    for (let port = 1; port <= GONE_PEERS_MAX; port++) known.closed(known.accept(at(port))!.key, 0, false)
    expect([known.get(liar.key).name, known.sourceOf(liar.key)]).toEqual(['(forgotten)', null])
    expect([known.accept(at(1, HOST)), known.ban(liar.key), known.banHost(liar.key)]).toEqual([null, false, []])
  })
})

test('our own address is banned without the others of its host', () => {
  const known = new KnownPeers()
  const [self] = [known.add(at(1, '192.0.2.7'), false)!, known.add(at(2, '192.0.2.7'), false)!]
  expect([known.ban(self.key), takeAll(known, 0)]).toEqual([true, [2]])
})
