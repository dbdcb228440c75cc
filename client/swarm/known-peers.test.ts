import { describe, expect, test } from 'vitest'
import { KnownPeers, RETRY_MS_MAX, USELESS_RETRY_MS_MAX } from './known-peers.ts'

const at = (port: number) => ({ host: '127.0.0.1', port })

/** The ports of all that may be dialled now, in that order. */
function takeAll(known: KnownPeers, nowMs: number): number[] {
  const ports: number[] = []
  for (let peer = known.take(nowMs); peer !== null; peer = known.take(nowMs)) ports.push(peer.address.port)
  return ports
}

describe('who is dialled first', () => {
  test('those the user gave, then in the order they were heard of, each once', () => {
    const known = new KnownPeers()
    for (const port of [1, 2]) known.add(at(port), false)
    for (const port of [3, 4]) known.add(at(port), true)
    expect(known.add(at(1), true)).toBeNull()
    expect(known.deadlineMs()).toBe(0)
    expect(takeAll(known, 0)).toEqual([3, 4, 1, 2])
    expect([known.deadlineMs(), known.count]).toEqual([null, 4])
  })

  test('those with the higher priority first (BEP 40), but a stranger before one that failed', () => {
    const known = new KnownPeers(({ port }) => port % 10)
    for (const port of [11, 19, 15]) known.add(at(port), false)
    expect(known.take(0)?.address.port).toBe(19)
    known.closed(1, 0, false)
    expect(takeAll(known, 1_000)).toEqual([15, 11, 19])
  })

  test('one that other peers speak of after each that a tracker does', () => {
    const known = new KnownPeers()
    for (const port of [1, 2, 3]) known.addFromPeer(at(port), false)
    for (const port of [4, 5]) known.add(at(port), false)
    expect(takeAll(known, 0)).toEqual([4, 1, 5, 2, 3])
    expect([0, 3].map((key) => known.sourceOf(key))).toEqual(['peer', 'tracker'])
  })
})

describe('who is dialled again', () => {
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

  test('one that shook hands and was of no use, later each time', () => {
    const known = new KnownPeers()
    const { key } = known.add(at(1), false)!
    let nowMs = 0
    const meet = (wasUseful: boolean) => {
      expect(takeAll(known, nowMs)).toEqual([1])
      known.handshaken(key)
      const retryInMs = known.closed(key, nowMs, wasUseful)!
      nowMs += retryInMs
      return retryInMs
    }
    expect([1, 2, 3, 4, 5, 6].map(() => meet(false))).toEqual([1_000, 4_000, 16_000, 64_000, 240_000, 240_000])
    expect([meet(true), meet(false)]).toEqual([1_000, 2_000])
    expect(USELESS_RETRY_MS_MAX).toBe(240_000)
  })

  test('one of no use that the user gave, each minute nevertheless', () => {
    const known = new KnownPeers()
    const { key } = known.add(at(1), true)!
    const retries = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
      known.take(1e9)
      known.handshaken(key)
      return known.closed(key, 0, false)
    })
    expect(retries.at(-1)).toBe(RETRY_MS_MAX)
  })

  test('that it failed to connect does not count as shaking hands, whatever it did before', () => {
    const known = new KnownPeers()
    const { key } = known.add(at(1), false)!
    known.take(0)
    known.handshaken(key)
    known.closed(key, 0, true)
    const retries = [1, 2, 3].map(() => [known.take(1e9), known.closed(key, 0, false)][1])
    expect(retries).toEqual([2_000, 4_000, 8_000])
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

describe('seeds', () => {
  test('are left out while we are one: those that peers call so, and those that we found out', () => {
    const known = new KnownPeers()
    known.addFromPeer(at(1), true)
    known.addFromPeer(at(2), false)
    const [three, four] = [known.add(at(3), false)!, known.add(at(4), false)!]
    known.markSeed(three.key)
    known.wantSeeds(false)
    known.markSeed(four.key)
    expect(takeAll(known, 0)).toEqual([2])
    expect(known.deadlineMs()).toBeNull()
    known.addFromPeer(at(5), true)
    expect(takeAll(known, 0)).toEqual([])
    known.wantSeeds(false)
    known.wantSeeds(true)
    expect(takeAll(known, 0).toSorted()).toEqual([1, 3, 4, 5])
  })

  test('that are connected wait when they have gone, and are dialled when they are wanted again', () => {
    const known = new KnownPeers()
    const { key } = known.add(at(1), true)!
    known.take(0)
    known.markSeed(key)
    known.wantSeeds(false)
    expect([known.closed(key, 0, true), known.deadlineMs()]).toEqual([null, null])
    known.wantSeeds(true)
    expect([known.deadlineMs(), takeAll(known, 1_000)]).toEqual([1_000, [1]])
  })

  test('are accepted all the same: what they want is theirs to know', () => {
    const known = new KnownPeers()
    const { key } = known.add(at(1), false)!
    known.markSeed(key)
    known.wantSeeds(false)
    expect(known.accept(at(1))?.key).toBe(key)
  })
})

test('while the deadline has come there is one to dial, and none before it', () => {
  const known = new KnownPeers()
  for (let port = 1; port <= 500; port++) known.add(at(port), port % 3 === 0)
  let dialled = 0
  for (let nowMs = 0; nowMs < 60_000; nowMs += 13) {
    for (let deadlineMs = known.deadlineMs()!; deadlineMs <= nowMs; deadlineMs = known.deadlineMs()!) {
      const peer = known.take(nowMs)!
      expect(peer).not.toBeNull()
      dialled++
      if (peer.key % 2 === 0) known.refused(peer.key, nowMs)
      else known.closed(peer.key, nowMs, peer.key % 7 === 0)
    }
    expect(known.take(nowMs)).toBeNull()
  }
  expect(dialled).toBeGreaterThan(500)
})
