import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { AnnounceRequest } from '../client/tracker/announce-request.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'
import { NUM_WANT_DEFAULT, NUM_WANT_MAX, PEERS_PER_SWARM_MAX, SWARMS_MAX, Tracker } from './tracker.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash
const OTHER = 'cd'.repeat(20) as InfoHash

/** A peer whose address and id follow from its number, 1 and up. */
const host = (peer: number) => `10.0.${peer >> 8}.${peer & 0xff}`
const request = (peer: number, more: Partial<AnnounceRequest> = {}): AnnounceRequest => ({
  infohash: INFOHASH,
  peerId: peerIdFromBytes(new TextEncoder().encode(`-XX0001-${String(peer).padStart(12, '0')}`)),
  port: 6881,
  uploadedBytes: 0,
  downloadedBytes: 0,
  leftBytes: 10,
  event: 'none',
  compact: true,
  noPeerId: true,
  numWant: null,
  key: null,
  trackerId: null,
  ip: null,
  ...more,
})

/** A tracker whose random numbers repeat from `seed`, and shorthands for asking it. */
function swarmOf(peers: number, seed = 1) {
  let state = seed
  const below = (bound: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % bound
  }
  const tracker = new Tracker({ below })
  const ask = (peer: number, nowMs = 0, more: Partial<AnnounceRequest> = {}) => {
    const answer = tracker.announce(request(peer, more), host(peer), nowMs)
    if (answer.kind === 'refusal') throw new Error(answer.reason)
    return answer
  }
  for (let peer = 1; peer <= peers; peer++) ask(peer, 0, { numWant: 0 })
  return { tracker, ask, counts: (nowMs = 0) => tracker.scrape([INFOHASH], nowMs).get(INFOHASH) }
}

const hosts = (answer: { peers: readonly { host: string }[] }) => answer.peers.map((peer) => peer.host).sort()

describe('a tracker hands out', () => {
  test('who announced, and never the asker', () => {
    const { ask } = swarmOf(3)
    expect(hosts(ask(2))).toEqual([host(1), host(3)])
    expect(hosts(ask(4))).toEqual([host(1), host(2), host(3)])
  })

  test('the asker to nobody else who is the same client at another address', () => {
    const { tracker } = swarmOf(2)
    const answer = tracker.announce(request(2), '::1', 0)
    expect(answer.kind === 'response' && hosts(answer)).toEqual([host(1)])
  })

  test('peers of the same torrent only', () => {
    const { ask } = swarmOf(2)
    expect(hosts(ask(9, 0, { infohash: OTHER }))).toEqual([])
  })

  test.each([
    [null, NUM_WANT_DEFAULT],
    [0, 0],
    [1, 1],
    [NUM_WANT_MAX, NUM_WANT_MAX],
    [NUM_WANT_MAX + 1, NUM_WANT_MAX],
  ])('to who wants %s peers %i of 300, each once', (numWant, count) => {
    const answer = swarmOf(300).ask(301, 0, { numWant })
    expect(answer.peers).toHaveLength(count)
    expect(new Set(hosts(answer)).size).toBe(count)
  })

  test('a selection by chance: the same numbers give the same peers, others give others, nobody is left out', () => {
    const asked = (seed: number) =>
      swarmOf(20, seed)
        .ask(21, 0, { numWant: 10 })
        .peers.map((peer) => peer.host)
    expect(asked(1)).toEqual(asked(1))
    expect(asked(1)).not.toEqual(asked(2))
    const ever = new Set(Array.from({ length: 20 }, (_, seed) => asked(seed + 1)).flat())
    expect(ever.size).toBe(20)
  })

  test('nothing to who leaves', () => expect(swarmOf(3).ask(1, 0, { event: 'stopped' }).peers).toEqual([]))
})

describe('a tracker forgets', () => {
  test('who stopped, at once', () => {
    const { ask, counts } = swarmOf(2)
    ask(1, 0, { event: 'stopped' })
    expect(hosts(ask(3))).toEqual([host(2)])
    expect(counts()).toEqual({ complete: 0, incomplete: 2, downloaded: 0, downloaders: 2 })
  })

  test('who was not heard of for two intervals, and not before', () => {
    const { ask, counts } = swarmOf(2)
    ask(1, 60_000)
    expect(hosts(ask(9, 119_999, { event: 'stopped' }))).toEqual([])
    expect(counts(119_999)).toMatchObject({ incomplete: 2 })
    expect(counts(120_000)).toMatchObject({ incomplete: 1 })
    expect(hosts(ask(3, 179_999))).toEqual([host(1)])
    expect(hosts(ask(4, 180_000))).toEqual([host(3)])
  })

  test('the longer the interval it told, the later', () => {
    const { tracker, counts } = swarmOf(0)
    expect(tracker.announce(request(1), host(1), 0, 1_000)).toMatchObject({ intervalSeconds: 1_000 })
    expect(counts(1_999_999)).toMatchObject({ incomplete: 1 })
    expect(counts(2_000_000)).toMatchObject({ incomplete: 0 })
  })

  test('nobody at once for an interval of zero or less, which it tells as it was told to', () => {
    const { tracker, counts } = swarmOf(0)
    expect(tracker.announce(request(1), host(1), 0, -5)).toMatchObject({ intervalSeconds: -5 })
    expect(counts(119_999)).toMatchObject({ incomplete: 1 })
  })
})

test('complete and incomplete peers are counted, and each download once', () => {
  const { ask, counts, tracker } = swarmOf(2)
  expect(ask(3, 0, { event: 'started', leftBytes: 0 })).toMatchObject({ complete: 1, incomplete: 2 })
  ask(1, 0, { event: 'completed', leftBytes: 0 })
  ask(1, 0, { event: 'completed', leftBytes: 0 })
  expect(counts()).toEqual({ complete: 2, incomplete: 1, downloaded: 1, downloaders: 1 })
  ask(1, 0, { infohash: OTHER })
  expect([...tracker.scrape([], 0).keys()]).toEqual([INFOHASH, OTHER])
  expect([...tracker.scrape(['00'.repeat(20) as InfoHash], 0)]).toEqual([])
})

describe('at its limits', () => {
  test(`a swarm takes ${PEERS_PER_SWARM_MAX} peers and refuses one more, but still hears the ones it has`, () => {
    const { tracker, ask } = swarmOf(PEERS_PER_SWARM_MAX)
    const more = request(PEERS_PER_SWARM_MAX + 1)
    expect(tracker.announce(more, '10.255.0.1', 0)).toEqual({ kind: 'refusal', reason: 'more than 10000 peers' })
    expect(ask(5).peers).toHaveLength(NUM_WANT_DEFAULT)
    ask(5, 0, { event: 'stopped' })
    expect(tracker.announce(more, '10.255.0.1', 0)).toMatchObject({ kind: 'response' })
  })

  test(`it takes ${SWARMS_MAX} torrents and refuses one more`, () => {
    const { tracker } = swarmOf(0)
    const infohash = (index: number) => index.toString(16).padStart(40, '0') as InfoHash
    for (let index = 0; index < SWARMS_MAX; index++)
      tracker.announce(request(1, { infohash: infohash(index) }), host(1), 0)
    const more = request(1, { infohash: infohash(SWARMS_MAX) })
    expect(tracker.announce(more, host(1), 0)).toEqual({ kind: 'refusal', reason: 'more than 10000 torrents' })
    expect(tracker.announce(request(2, { infohash: infohash(0) }), host(2), 0)).toMatchObject({ incomplete: 2 })
  })
})

test('a partial seed is incomplete and no downloader, as long as it says so each time (BEP 21)', () => {
  const { ask, counts } = swarmOf(0)
  ask(1, 0, { event: 'paused', leftBytes: 5 })
  expect(counts()).toEqual({ complete: 0, incomplete: 1, downloaded: 0, downloaders: 0 })
  ask(1, 0, { event: 'none', leftBytes: 5 })
  expect(counts()).toEqual({ complete: 0, incomplete: 1, downloaded: 0, downloaders: 1 })
  ask(1, 0, { event: 'paused', leftBytes: 0 })
  expect(counts()).toEqual({ complete: 1, incomplete: 0, downloaded: 0, downloaders: 0 })
})
