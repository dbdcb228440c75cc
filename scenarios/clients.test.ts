/** Clients of ours among themselves: what one gives, the other gets. Virtual time. */
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import { RateLimiter } from '../client/swarm/rate-limiter.ts'
import { Clients, clientName } from './clients-stage.testing.ts'
import { PIECE_BYTES } from './swarm-stage.testing.ts'

const TOTAL_BYTES = 16 * PIECE_BYTES

describe('a seed and a leecher', () => {
  test('the leecher has it all after 64 blocks of 10 ms and some round trips, and each block was sent once', () => {
    const swarm = new Clients({ clients: [{ has: 'all' }, { knows: [0] }] }).start()
    const tookMs = swarm.complete(1, 5_000)
    expect(tookMs).toBeGreaterThan(640)
    expect(tookMs).toBeLessThan(900)
    expect(swarm.sentBytes(0)).toBe(TOTAL_BYTES)
    swarm.runUntil(2_000)
    // Two seeds have nothing to say to each other.
    expect(swarm.status(0).connectedPeers).toBe(0)
    expect(swarm.all(1, 'peer-closed').map(({ reason, retryInMs }) => [reason, retryInMs])).toEqual([
      ['neither of us needs anything', null],
    ])
  })

  test('over a tracker, whoever came first', () => {
    const swarm = new Clients({ tracker: true, clients: [{ has: 'all' }, {}] }).start(0).runUntil(1_000).start(1)
    swarm.complete(1, 5_000)
  })

  test('from a magnet link: metadata first, then the content, over the same connection', () => {
    const swarm = new Clients({ clients: [{ has: 'all' }, { knows: [0], from: 'magnet' }] }).start()
    swarm.complete(1, 5_000)
    expect(swarm.all(1, 'metadata-received')).toHaveLength(1)
    expect(swarm.all(1, 'started')).toHaveLength(1)
    expect(swarm.all(1, 'peer-connected')).toHaveLength(1)
  })

  test('a limit of half the uplink takes twice as long, on either side', () => {
    for (const limited of [0, 1]) {
      const limiter = new RateLimiter(BLOCK_BYTES * 50)
      const choices = limited === 0 ? { upLimiters: [limiter] } : { downLimiters: [limiter] }
      const clients = [{ has: 'all' as const }, { knows: [0] }].map((client, index) => {
        return index === limited ? { ...client, choices } : client
      })
      const tookMs = new Clients({ clients }).start().complete(1, 5_000)
      expect(tookMs).toBeGreaterThan(64 * 20)
      expect(tookMs).toBeLessThan(64 * 20 + 200)
    }
  })

  test('paused it leaves and asks for nothing; resumed it goes on where it was', () => {
    const swarm = new Clients({ clients: [{ has: 'all' }, { knows: [0] }] }).start().runUntil(400)
    swarm.pause(1)
    swarm.runUntil(1_000)
    const sentBytes = swarm.sentBytes(0)
    expect(swarm.status(1)).toMatchObject({ isPaused: true, connectedPeers: 0 })
    swarm.runUntil(20_000)
    expect(swarm.sentBytes(0)).toBe(sentBytes)
    swarm.resume(1)
    swarm.complete(1, 30_000)
    expect(swarm.status(1).isPaused).toBe(false)
  })
})

describe('a swarm', () => {
  test('one seed and eight leechers: all complete, and together faster than the seed alone could serve them', () => {
    const leechers = Array.from({ length: 8 }, () => ({ knows: [0] }))
    const swarm = new Clients({ clients: [{ has: 'all' }, ...leechers] }).start()
    const tookMs = Math.max(...leechers.map((_, index) => swarm.complete(index + 1, 30_000)))
    expect(tookMs).toBeLessThan(8 * 640)
    expect(swarm.sentBytes(0)).toBeLessThan(8 * TOTAL_BYTES)
  })

  test('peers learn of each other from a peer (BEP 11), but not in a private torrent (BEP 27)', () => {
    for (const isPrivate of [false, true]) {
      const clients = [{ has: 'all' as const }, { knows: [0] }, { knows: [0] }]
      const swarm = new Clients({ clients, private: isPrivate, pieceCount: 400 }).start(0, 1).runUntil(1_000).start(2)
      swarm.runUntil(5_000)
      expect(swarm.status(2).knownPeers).toBe(isPrivate ? 1 : 2)
    }
  })

  test('two that dial each other at the same time keep one connection', () => {
    const swarm = new Clients({ pieceCount: 400, clients: [{ has: 'all', knows: [1] }, { knows: [0] }] }).start()
    swarm.runUntil(5_000)
    expect([swarm.status(0).connectedPeers, swarm.status(1).connectedPeers]).toEqual([1, 1])
    expect(swarm.all(1, 'peer-closed').map(({ reason }) => reason)).not.toContain(clientName(0))
  })
})
