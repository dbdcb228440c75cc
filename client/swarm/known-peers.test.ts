import { describe, expect, test } from 'vitest'
import { KNOWN_PEERS_MAX, KnownPeers, RETRY_MS_MAX } from './known-peers.ts'

const at = (port: number) => ({ host: '127.0.0.1', port })

/** The ports of all that may be dialled now, in that order. */
function takeAll(known: KnownPeers, nowMs: number): number[] {
  const ports: number[] = []
  for (let peer = known.take(nowMs); peer !== null; peer = known.take(nowMs)) ports.push(peer.address.port)
  return ports
}

describe('who is dialled', () => {
  test('those the user gave first, then in the order they were heard of, each once', () => {
    const known = new KnownPeers()
    for (const port of [1, 2]) known.add(at(port), false)
    for (const port of [3, 4]) known.add(at(port), true)
    expect(known.add(at(1), true)).toBeNull()
    expect(known.deadlineMs()).toBe(0)
    expect(takeAll(known, 0)).toEqual([3, 4, 1, 2])
    expect([known.deadlineMs(), known.count]).toEqual([null, 4])
  })

  test('one that failed again after 1 s, 2 s, 4 s… up to a minute, and no earlier', () => {
    const known = new KnownPeers()
    const { key } = known.add(at(1), false)!
    let nowMs = 0
    const delays = Array.from({ length: 8 }, () => {
      expect(takeAll(known, nowMs)).toEqual([1])
      const retryInMs = known.closed(key, nowMs, false)!
      nowMs += retryInMs
      expect(known.deadlineMs()).toBe(nowMs)
      expect(takeAll(known, nowMs - 1)).toEqual([])
      return retryInMs
    })
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000))
    expect(delays.at(-1)).toBe(RETRY_MS_MAX)
  })

  test('one that was useful before it went after 1 s again', () => {
    const known = new KnownPeers()
    const { key } = known.add(at(1), false)!
    const closed = (wasUseful: boolean) => [known.take(1e9), known.closed(key, 0, wasUseful)][1]
    expect([closed(false), closed(false), closed(true), closed(false)]).toEqual([1000, 2000, 1000, 2000])
  })

  test('nobody who is banned, connected or not', () => {
    const known = new KnownPeers()
    const [one, two] = [known.add(at(1), true)!, known.add(at(2), true)!]
    expect([known.ban(one.key), known.ban(one.key)]).toEqual([true, false])
    expect(takeAll(known, 0)).toEqual([2])
    known.ban(two.key)
    expect([known.closed(two.key, 0, true), known.deadlineMs(), takeAll(known, 1e9)]).toEqual([null, null, []])
  })
})

describe('who is accepted', () => {
  test('a stranger, not one that is connected or banned', () => {
    const known = new KnownPeers()
    const stranger = known.accept(at(1))
    expect(stranger?.name).toBe('127.0.0.1:1')
    expect(known.accept(at(1))).toBeNull()
    known.closed(stranger!.key, 0, false)
    expect(known.accept(at(1))).toBe(stranger)
    known.ban(stranger!.key)
    expect(known.accept(at(1))).toBeNull()
  })
})

describe('who dialled us', () => {
  test('is never dialled back: it came from a port that nobody listens on', () => {
    const known = new KnownPeers()
    const stranger = known.accept(at(50_000))!
    expect(known.closed(stranger.key, 0, true)).toBeNull()
    expect([known.deadlineMs(), takeAll(known, 1e9)]).toEqual([null, []])
  })

  test('is dialled once somebody else says that it listens there', () => {
    const known = new KnownPeers()
    const [one, two] = [known.accept(at(1))!, known.accept(at(2))!]
    known.closed(one.key, 0, false)
    for (const { address } of [one, two]) expect(known.add(address, false)).toBeNull()
    expect(takeAll(known, 0)).toEqual([1])
    expect(known.closed(two.key, 0, false)).toBe(1000)
  })

  test('from an address that we dial too is dialled again when it has gone', () => {
    const known = new KnownPeers()
    known.add(at(1), false)
    const peer = known.accept(at(1))!
    expect(known.closed(peer.key, 0, false)).toBe(1000)
    expect(takeAll(known, 1000)).toEqual([1])
  })
})

test(`at most ${KNOWN_PEERS_MAX} are kept, and whoever the user gives`, () => {
  const known = new KnownPeers()
  for (let port = 1; port <= KNOWN_PEERS_MAX; port++) expect(known.add(at(port), false)).not.toBeNull()
  expect([known.add(at(65_000), false), known.accept(at(65_001))]).toEqual([null, null])
  expect(known.add(at(65_002), true)).not.toBeNull()
  expect(known.count).toBe(KNOWN_PEERS_MAX + 1)
})
