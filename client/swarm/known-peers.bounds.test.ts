import { describe, expect, test } from 'vitest'
import { DIALS_PER_SECOND, DIALS_PER_SECOND_MAX } from './dial-budget.ts'
import { HALF_OPEN_MAX, KnownPeers } from './known-peers.ts'
import { GONE_PEERS_MAX, HEARSAY_PEERS_MAX, KNOWN_PEERS_MAX } from './known-peers-roster.ts'

const at = (port: number, host = '127.0.0.1') => ({ host, port })

const fill = (count: number, add: (port: number) => unknown, from = 1) => {
  for (let port = from; port < from + count; port++) expect(add(port)).not.toBeNull()
}

function takeSome(known: KnownPeers, count: number): number[] {
  return Array.from({ length: count }, () => known.take(0)!.address.port)
}

describe('how many are known', () => {
  test(`${KNOWN_PEERS_MAX} of trackers, and whoever the user gives or comes by itself`, () => {
    const known = new KnownPeers()
    fill(KNOWN_PEERS_MAX, (port) => known.add(at(port), false))
    expect([known.add(at(65_000), false), known.addFromPeer(at(65_000), false)]).toEqual([null, null])
    expect([known.accept(at(65_001)), known.add(at(65_002), true)]).not.toContain(null)
    expect(known.count).toBe(KNOWN_PEERS_MAX + 2)
  })

  test(`${HEARSAY_PEERS_MAX} that only peers speak of: there is room for a tracker's`, () => {
    const known = new KnownPeers()
    fill(HEARSAY_PEERS_MAX, (port) => known.addFromPeer(at(port), false))
    expect(known.addFromPeer(at(65_000), false)).toBeNull()
    fill(KNOWN_PEERS_MAX - HEARSAY_PEERS_MAX, (port) => known.add(at(port), false), 10_000)
    expect(known.add(at(65_000), false)).toBeNull()
  })

  test('where it is full one that failed makes room: hearsay first, then the longest ago', () => {
    const known = new KnownPeers()
    fill(KNOWN_PEERS_MAX - 1, (port) => known.add(at(port), false))
    fill(1, (port) => known.addFromPeer(at(port), false), 10_000)
    const ports = [takeSome(known, 4), known.count]
    expect(ports).toEqual([[1, 10_000, 2, 3], KNOWN_PEERS_MAX])
    for (const key of [1, 0, KNOWN_PEERS_MAX - 1]) known.closed(key, 0, false)
    // Port 10,000, then 2, then 1; what is connected stays.
    fill(3, (port) => known.add(at(port), false), 20_000)
    expect([known.add(at(30_000), false), known.count]).toEqual([null, KNOWN_PEERS_MAX])
    expect([KNOWN_PEERS_MAX - 1, 1, 0].map((key) => known.sourceOf(key))).toEqual([null, null, null])
    expect(known.closed(2, 0, false)).toBe(1_000)
    expect(known.add(at(2), false)).not.toBeNull()
  })

  test('one that was of use makes no room', () => {
    const known = new KnownPeers()
    fill(KNOWN_PEERS_MAX, (port) => known.add(at(port), false))
    const [port] = takeSome(known, 1)
    known.closed(port! - 1, 0, true)
    expect(known.add(at(65_000), false)).toBeNull()
  })

  test(`banned ones count, until ${GONE_PEERS_MAX} others are banned or gone`, () => {
    const known = new KnownPeers()
    fill(KNOWN_PEERS_MAX, (port) => known.add(at(port), false))
    for (let key = 0; key < GONE_PEERS_MAX; key++) known.ban(key)
    expect(known.add(at(65_000), false)).toBeNull()
    known.ban(GONE_PEERS_MAX)
    expect([known.sourceOf(0), known.sourceOf(1)]).toEqual([null, 'tracker'])
    expect([known.add(at(1), false), known.add(at(65_000), false)]).toEqual([null, expect.anything()])
    expect(known.add(at(65_001), false)).toBeNull()
  })

  test(`of those that came by themselves and went, the last ${GONE_PEERS_MAX}`, () => {
    const known = new KnownPeers()
    const first = known.accept(at(1))!
    known.closed(first.key, 0, true)
    const visit = (port: number) => known.closed(known.accept(at(port))!.key, 0, false)
    fill(GONE_PEERS_MAX - 1, (port) => visit(port) === null, 2)
    expect([known.get(first.key).name, known.count]).toEqual([first.name, GONE_PEERS_MAX])
    visit(60_000)
    expect([known.get(first.key).name, known.count]).toEqual(['(forgotten)', GONE_PEERS_MAX])
    fill(5_000, (port) => visit(port) === null, 2)
    expect(known.count).toBe(GONE_PEERS_MAX)
  })
})

const COUNT = KNOWN_PEERS_MAX
const [DEAD, ALIVE] = ['198.51.100.1', '192.0.2.1']

interface World {
  /** How long a dead address takes to say so. */
  readonly refusalMs: number
  readonly aliveAt: number
  readonly isToldRefused: boolean
}

/** When the living one is found, in ms; how many dials began in the busiest second, and were under way at most. */
function search({ refusalMs, aliveAt, isToldRefused }: World) {
  const known = new KnownPeers()
  for (let index = 0; index < COUNT; index++) {
    known.add(index === aliveAt ? at(6881, ALIVE) : at(1 + index, DEAD), false)
  }
  const underWay: { key: number; endsMs: number }[] = []
  const begunMs: number[] = []
  let underWayMax = 0
  for (let nowMs = 0; nowMs < 600_000; nowMs++) {
    while (underWay[0] !== undefined && underWay[0].endsMs <= nowMs) {
      const { key } = underWay.shift()!
      if (isToldRefused) known.refused(key, nowMs)
      else known.closed(key, nowMs, false)
    }
    while (underWay.length < HALF_OPEN_MAX) {
      const peer = known.take(nowMs)
      if (peer === null) break
      begunMs.push(nowMs)
      if (peer.address.host === ALIVE) return { foundMs: nowMs, busiest: busiestSecond(begunMs), underWayMax }
      underWay.push({ key: peer.key, endsMs: nowMs + refusalMs })
      underWayMax = Math.max(underWayMax, underWay.length)
    }
  }
  throw new Error('not found in 10 minutes')
}

function busiestSecond(begunMs: readonly number[]): number {
  let [from, most] = [0, 0]
  for (const [index, ms] of begunMs.entries()) {
    while (begunMs[from]! <= ms - 1000) from++
    most = Math.max(most, index - from + 1)
  }
  return most
}

describe('3,000 addresses of which one is alive', () => {
  // 200 dials a second where a refusal takes less than 150 ms; 30 under way for `refusalMs` each where it takes longer.
  test.each([
    [0, 15],
    [3, 15],
    [50, 15],
    [200, 20],
    [500, 50],
  ])('it is found within a minute, a refusal taking %i ms: %i s', (refusalMs, seconds) => {
    const { foundMs, busiest, underWayMax } = search({ refusalMs, aliveAt: COUNT - 1, isToldRefused: true })
    expect(foundMs).toBeLessThanOrEqual(seconds * 1000)
    expect(foundMs).toBeGreaterThan((seconds - 2) * 1000)
    expect(busiest).toBeLessThanOrEqual(DIALS_PER_SECOND_MAX)
    expect(underWayMax).toBeLessThanOrEqual(HALF_OPEN_MAX)
  })

  test(`which takes 100 s at ${DIALS_PER_SECOND} a second`, () => {
    const { foundMs, busiest } = search({ refusalMs: 3, aliveAt: COUNT - 1, isToldRefused: false })
    expect(Math.round(foundMs / 1000)).toBe(99)
    expect(busiest).toBe(DIALS_PER_SECOND)
  })

  test('wherever it stands on the list', () => {
    for (const aliveAt of [0, 1, 777, 1_500, 2_998]) {
      const { foundMs } = search({ refusalMs: 3, aliveAt, isToldRefused: true })
      expect(foundMs).toBeLessThanOrEqual(Math.floor(aliveAt / DIALS_PER_SECOND_MAX) * 1000 + 1000)
    }
  })
})
