/** A download from peers that misbehave, one way at a time: it ends, at a price that is bounded, and nobody is wronged. */
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import type { ScriptStep } from '../seeder/script.ts'
import { BLOCK_RATE, type PeerSpec, peerName, Swarm } from './swarm-stage.testing.ts'

const DEPTH = 5
const HONEST: PeerSpec = {}

/** From so many blocks on. */
const misbehavesAfter = (blocks: number, step: ScriptStep['do']): PeerSpec => ({
  script: [{ when: { bytesServed: blocks * BLOCK_BYTES }, do: step }],
})
const misbehaves = (step: ScriptStep['do']): PeerSpec => ({ script: [{ when: { afterStartMs: 0 }, do: step }] })

const requests = (swarm: Swarm, why: string) =>
  swarm.judge.all('block-requested').filter((event) => event.why === why).length
const banned = (swarm: Swarm) => swarm.judge.all('peer-banned').map(({ peer }) => peer)

describe('a peer that drops in the middle of a block', () => {
  test.each(['fin', 'reset'])('with a %s: the others send what it owed, and nothing else is asked for again', (how) => {
    const swarm = new Swarm({ peers: [HONEST, HONEST, misbehavesAfter(6, { behaviour: 'drop', how })] }).start()
    const endMs = swarm.complete(10_000)
    const lost = swarm.judge.all('peer-closed').find(({ peer }) => peer === peerName(2))!
    expect(lost.reason).toBe(how === 'fin' ? 'closed by the peer' : 'reset by the peer')
    // Of a block that was cut by the reset nothing counts; one that left before the fin was delivered.
    expect(lost.downloadedBytes).toBe((how === 'fin' ? 6 : 5) * BLOCK_BYTES)
    expect(lost.requestsLost).toBe(DEPTH)
    expect(requests(swarm, 'again')).toBe(DEPTH)
    // Six blocks by each, then 46 by two, and a round trip for the last.
    expect(endMs).toBeLessThan(90 + (6 + 23) * 10 + 40)
  })

  test('that comes back is found again after 1 s, 2 s, 4 s, and used', () => {
    const drop = { behaviour: 'drop', comeBackAfterMs: 5_000 }
    const swarm = new Swarm({ peers: [HONEST, misbehavesAfter(10, drop)], totalBytes: 1_000 * BLOCK_BYTES }).start()
    swarm.complete(20_000)
    const seen = swarm.seen(1)
    // The tenth block is there at 180 ms. A refusal takes a round trip.
    expect(seen.filter((line) => line.includes('closed')).slice(0, 3)).toEqual([
      '180: closed, closed by the peer, again in 1000 ms',
      '1200: closed, connection refused, again in 2000 ms',
      '3220: closed, connection refused, again in 4000 ms',
    ])
    expect(seen.filter((line) => line.includes('handshaken'))).toEqual(['40: handshaken', '7260: handshaken'])
    // From 7.3 s on both send, and 290 blocks are left.
    expect(swarm.receivedFrom(1)).toBeGreaterThan((10 + 130) * BLOCK_BYTES)
  })
})

describe('a peer that stalls', () => {
  test('is snubbed 10 s after its last block, and what it owed is asked of the others', () => {
    const swarm = new Swarm({
      peers: [HONEST, misbehavesAfter(6, { behaviour: 'stall' })],
      totalBytes: 1_500 * BLOCK_BYTES,
    }).start()
    swarm.complete(30_000)
    const lastMs = swarm.judge.all('block-received').findLast(({ peer }) => peer === peerName(1))!.atMs
    const [snubbed] = swarm.judge.all('peer-snubbed')
    expect([snubbed!.atMs - lastMs, snubbed!.peer, snubbed!.requestsReassigned]).toEqual([10_000, peerName(1), DEPTH])
    // It is given a chance now and then, one block at a time; what it owes is asked of another each time.
    const chances = swarm.judge.all('block-requested').filter(({ atMs, peer }) => peer === peerName(1) && atMs > lastMs)
    expect(chances.length).toBeLessThanOrEqual(1)
    expect(requests(swarm, 'again')).toBeLessThanOrEqual(DEPTH + chances.length)
  })

  test('near the end holds nobody up: who is idle is asked for what it owes', () => {
    const swarm = new Swarm({ peers: [HONEST, HONEST, misbehavesAfter(6, { behaviour: 'stall' })] }).start()
    // 58 blocks by two; five of them only when the two are idle, one each round trip and block.
    expect(swarm.complete(10_000)).toBeLessThan(90 + 29 * 10 + 3 * 30 + 40)
    expect(swarm.judge.all('peer-snubbed')).toEqual([])
  })

  test('alone, for 15 s, goes on as before; of what was asked for twice less than a pipeline is wasted', () => {
    const swarm = new Swarm({ peers: [misbehavesAfter(6, { behaviour: 'stall', forMs: 15_000 })] }).start()
    const endMs = swarm.complete(60_000)
    // As without it, but for the stall, blocks that come twice, and a pipeline that fills anew.
    expect(endMs).toBeLessThan(15_000 + 90 + 63 * 10 + DEPTH * 10 + 30)
    expect(swarm.judge.all('peer-snubbed').length).toBe(1)
    // The first that comes shows that it goes on, and the others are asked for before they are seen to come as well.
    expect(swarm.judge.bytes.wasted).toBeLessThanOrEqual((DEPTH - 1) * BLOCK_BYTES)
  })
})

describe('a peer that chokes', () => {
  test('for ever: the others send what it owed', () => {
    const swarm = new Swarm({ peers: [HONEST, HONEST, misbehavesAfter(6, { behaviour: 'choke' })] }).start()
    expect(swarm.complete(10_000)).toBeLessThan(90 + (6 + 23) * 10 + 60)
    expect(swarm.judge.all('peer-choked').map(({ requestsVoided }) => requestsVoided)).toEqual([DEPTH])
    expect(requests(swarm, 'again')).toBeLessThanOrEqual(DEPTH)
  })

  test('and unchokes again and again is used while it does not', () => {
    const flap = { behaviour: 'choke', forMs: 100, flap: true }
    const swarm = new Swarm({
      peers: [misbehavesAfter(3, flap), misbehavesAfter(9, flap)],
      totalBytes: 400 * BLOCK_BYTES,
    }).start()
    // Each sends half of the time, less 30 ms for the first block after each unchoke.
    expect(swarm.complete(20_000)).toBeLessThan(90 + (400 / 2) * 10 * (200 / 70) + 200)
    const voided = swarm.judge.all('peer-choked').reduce((sum, { requestsVoided }) => sum + requestsVoided, 0)
    expect(requests(swarm, 'again')).toBeLessThanOrEqual(voided)
    expect(Math.min(swarm.receivedFrom(0), swarm.receivedFrom(1))).toBeGreaterThan(100 * BLOCK_BYTES)
  })
})

describe('a peer that corrupts every block', () => {
  test('of pieces that it sends alone is banned at once: one piece is taken from it, and no more', () => {
    const swarm = new Swarm({
      peers: [misbehaves({ behaviour: 'corrupt' }), HONEST, HONEST],
      totalBytes: 64 * BLOCK_BYTES,
      pieceLengthBytes: BLOCK_BYTES,
    }).start()
    swarm.complete(10_000)
    expect(swarm.judge.all('piece-failed')).toMatchObject([{ peers: [peerName(0)] }])
    expect(banned(swarm)).toEqual([peerName(0)])
    expect(swarm.seen(0).at(-1)).toBe('90: closed, banned')
    expect(swarm.peers[0]!.sessions.all).toEqual([])
  })

  test('and is the only one: after its first piece there is nobody, which the user hears', () => {
    const swarm = new Swarm({ peers: [misbehaves({ behaviour: 'corrupt' })] }).start().runUntil(120_000)
    expect(swarm.judge.all('piece-failed').length).toBe(1)
    expect(swarm.seen(0).at(-1)).toBe('120: closed, banned')
    expect(swarm.judge.all('no-peers').map(({ atMs }) => Math.round(atMs))).toEqual([8_120, 38_120, 68_120, 98_120])
  })

  test('of pieces that all send is found by comparing, and nobody else is banned', () => {
    const swarm = new Swarm({ peers: [HONEST, misbehaves({ behaviour: 'corrupt' }), HONEST, HONEST] }).start()
    swarm.complete(10_000)
    expect(banned(swarm)).toEqual([peerName(1)])
  })
})

describe('peers that corrupt some blocks', () => {
  const liar = misbehaves({ behaviour: 'corrupt', share: 0.3 })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'are banned and no other, whoever sends the rest of their pieces (seed %d)',
    (seed) => {
      const swarm = new Swarm({
        peers: [HONEST, liar, HONEST, liar, HONEST],
        totalBytes: 150 * BLOCK_BYTES,
        seed,
      }).start()
      swarm.complete(30_000)
      expect(banned(swarm).toSorted()).toEqual([peerName(1), peerName(3)])
      expect(swarm.judge.all('piece-failed').length).toBeGreaterThan(0)
    },
  )

  test.each([1, 2, 3, 4])('do not keep one honest peer from finishing, four against one (seed %d)', (seed) => {
    const swarm = new Swarm({ peers: [liar, liar, HONEST, liar, liar], seed }).start()
    swarm.complete(60_000)
    expect(banned(swarm)).not.toContain(peerName(2))
  })
})

/** A piece that failed has one source at a time; when that stalls, the piece must find another. */
describe('a liar that then stalls does not keep the piece that it spoiled', () => {
  const cases = [1, 2, 3].flatMap((seed) => [2, 3, 4, 5, 6, 7, 8, 10, 12].map((blocks) => [blocks, seed] as const))

  test.each(cases)('after %d blocks (seed %d)', (blocks, seed) => {
    const script: ScriptStep[] = [
      { when: { afterStartMs: 0 }, do: { behaviour: 'corrupt', share: 0.5 } },
      { when: { bytesServed: blocks * BLOCK_BYTES }, do: { behaviour: 'stall' } },
    ]
    const swarm = new Swarm({ peers: [{ script }, HONEST], seed }).start()
    swarm.complete(60_000)
    expect(banned(swarm)).not.toContain(peerName(1))
  })
})

describe('a peer that refuses', () => {
  test.each([
    ['port-closed', 'connection refused'],
    ['reset', 'reset by the peer'],
  ])('(%s) is asked again after 1 s, 2 s, 4 s, and the others send all', (how, reason) => {
    const swarm = new Swarm({
      peers: [misbehaves({ behaviour: 'refuse', how }), HONEST],
      totalBytes: 1_000 * BLOCK_BYTES,
    }).start()
    swarm.complete(20_000)
    const closed = swarm.seen(0).filter((line) => line.includes('closed'))
    expect(closed).toEqual([
      `20: closed, ${reason}, again in 1000 ms`,
      `1040: closed, ${reason}, again in 2000 ms`,
      `3060: closed, ${reason}, again in 4000 ms`,
      `7080: closed, ${reason}, again in 8000 ms`,
    ])
    expect(swarm.receivedFrom(1)).toBe(1_000 * BLOCK_BYTES)
  })
})

test('when all peers go and come back, the download waits for them, says so, and ends', () => {
  const gone = (blocks: number) => misbehavesAfter(blocks, { behaviour: 'drop', how: 'reset', comeBackAfterMs: 20_000 })
  const swarm = new Swarm({ peers: [gone(5), gone(6), gone(7)], totalBytes: 100 * BLOCK_BYTES }).start()
  // The dials of 1, 3, 7 and 15 s after the loss are refused, those of 31 s are not.
  expect(swarm.complete(60_000)).toBeLessThan(33_000)
  const lostMs = swarm.judge.all('peer-closed')[2]!.atMs
  expect(swarm.judge.all('no-peers').map(({ atMs }) => atMs - lostMs)).toEqual([8_000])
  expect(swarm.judge.all('peer-handshaken').length).toBe(6)
})

describe('in the endgame', () => {
  test('a peer that is 100 times slower does not hold the end up, and what it owes is asked of others once or twice', () => {
    const slow = { link: { upBytesPerSecond: BLOCK_RATE / 100 } }
    const swarm = new Swarm({ peers: [HONEST, HONEST, slow] }).start()
    // 59 blocks by two; then the five, a round trip and a block each, in turn by whichever is idle.
    expect(swarm.complete(10_000)).toBeLessThan(90 + 30 * 10 + 3 * 30 + 40)
    expect(requests(swarm, 'endgame')).toBeLessThanOrEqual(2 * DEPTH)
    expect(requests(swarm, 'again')).toBe(0)
    expect(swarm.judge.bytes.wasted).toBeLessThanOrEqual(requests(swarm, 'endgame') * BLOCK_BYTES)
  })

  test('of twenty peers for two pieces every idle one helps with a block at a time: less than one each is wasted', () => {
    const swarm = new Swarm({ peers: Array.from({ length: 20 }, () => HONEST), totalBytes: 8 * BLOCK_BYTES }).start()
    swarm.complete(10_000)
    expect(swarm.judge.bytes.wasted).toBeLessThan(20 * BLOCK_BYTES)
  })
})
