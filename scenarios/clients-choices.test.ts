/** What users choose, among whole clients: files, limits, addresses of either family. Virtual time. */
import { describe, expect, test } from 'vitest'
import type { FileSelection } from '../client/metainfo/file-selection.ts'
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import { RateLimiter } from '../client/swarm/rate-limiter.ts'
import { askedPieces, eventsOf, expectFiles, World } from './clients-world.testing.ts'
import { PIECE_BYTES, Swarm } from './swarm-stage.testing.ts'

const only = (...files: readonly number[]): FileSelection => ({
  kind: 'files',
  ranges: files.map((file) => ({ first: file, last: file })),
})
const closeReasons = (client: Parameters<typeof eventsOf>[0]) =>
  eventsOf(client, 'peer-closed').map(({ reason }) => reason)

describe('one limit over two torrents', () => {
  // 64 blocks each at 50 blocks a second: 2.56 s, where each alone would take half of that, and its link a quarter.
  test.each(['upLimiters', 'downLimiters'] as const)('%s: both together have its rate', (which) => {
    const world = new World()
    const [a, b] = [world.torrent(1, 16), world.torrent(2, 16)]
    const limits = { [which]: [new RateLimiter(50 * BLOCK_BYTES)] }
    const seeds = [a, b].map((of, index) => {
      const choices = which === 'upLimiters' ? limits : {}
      return world.client({ host: '127.0.3.1', port: 6881 + index, of, hasAll: true, choices })
    })
    const leechers = [a, b].map((of, index) => {
      const choices = which === 'downLimiters' ? limits : {}
      return world.client({ host: '127.0.3.2', port: 6881 + index, of, choices, knows: [seeds[index]!] })
    })
    const tookMs = world.complete(leechers, 5_000)
    expect(tookMs).toBeGreaterThan(127 * 20)
    expect(tookMs).toBeLessThan(128 * 20 + 250)
  })
})

describe('chosen files', () => {
  /** Of the second and the fourth. */
  const WANTED = [3, 4, 9, 10, 11]

  test('are all that is asked for; the download is complete with them, of which no tracker hears', () => {
    const world = new World()
    const content = world.torrent(1, 3, 2, 4, 3)
    world.client({ host: '127.0.3.1', of: content, hasAll: true, choices: { useTrackers: true } })
    world.runUntil(100)
    const choices = { selectedFiles: only(1, 3), useTrackers: true }
    const client = world.client({ host: '127.0.3.2', of: content, choices })
    world.complete([client], 10_000)
    expect(askedPieces(client)).toEqual(WANTED)
    expect(eventsOf(client, 'completed')).toMatchObject([{ bytes: 5 * PIECE_BYTES }])
    world.stop(client)
    world.runUntil(20_000)
    const announces = world.announces.filter((line) => line.startsWith('127.0.3.2'))
    expect(announces).toEqual(['127.0.3.2 started', '127.0.3.2 stopped'])
  })

  test('that are all of them are a whole download: the tracker hears of it', () => {
    const world = new World()
    const content = world.torrent(1, 3, 2)
    const seed = world.client({ host: '127.0.3.1', of: content, hasAll: true })
    const choices = { selectedFiles: only(0, 1), useTrackers: true }
    const client = world.client({ host: '127.0.3.2', of: content, knows: [seed], choices })
    world.complete([client], 10_000)
    world.runUntil(20_000)
    expect(world.announces).toEqual(['127.0.3.2 started', '127.0.3.2 completed'])
  })

  test('of who has them are shared on: it stays with who misses something, and leaves who needs nothing', () => {
    const world = new World()
    const content = world.torrent(1, 3, 2, 4, 3)
    const seed = world.client({ host: '127.0.3.1', of: content, hasAll: true })
    const partial = world.client({
      host: '127.0.3.2',
      of: content,
      knows: [seed],
      choices: { selectedFiles: only(1, 3) },
    })
    world.complete([partial], 10_000)
    expectFiles(partial, content, 1, 3)
    expect(askedPieces(partial)).toEqual(WANTED)
    world.runUntil(11_000)
    expect([closeReasons(partial), closeReasons(seed)]).toEqual([
      ['neither of us needs anything'],
      [expect.stringMatching(/neither of us needs anything|closed by the peer/)],
    ])
    // Nobody but the partial seed is known to who comes now.
    const leecher = world.client({ host: '127.0.3.3', of: content, knows: [partial], choices: { usePex: false } })
    world.runUntil(20_000)
    expect(askedPieces(leecher)).toEqual(WANTED)
    expectFiles(leecher, content, 1, 3)
    expect([closeReasons(leecher), world.status(leecher).connectedPeers]).toEqual([[], 1])
  })

  test('two who chose the same, and are complete, leave each other', () => {
    const world = new World()
    const content = world.torrent(1, 3, 2)
    const seed = world.client({ host: '127.0.3.1', of: content, hasAll: true })
    const choices = { selectedFiles: only(1) }
    const first = world.client({ host: '127.0.3.2', of: content, knows: [seed], choices })
    const second = world.client({ host: '127.0.3.3', of: content, knows: [seed, first], choices })
    world.complete([first, second], 10_000)
    world.runUntil(12_000)
    expect([first, second, seed].map((client) => world.status(client).connectedPeers)).toEqual([0, 0, 0])
  })
})

describe('IPv6', () => {
  test('a swarm of IPv6 hosts: dialled, told by peer exchange, and complete', () => {
    const world = new World()
    const content = world.torrent(1, 64)
    const seed = world.client({ host: 'fd00::1', of: content, hasAll: true })
    const first = world.client({ host: 'fd00::2', of: content, knows: [seed] })
    world.runUntil(200)
    const second = world.client({ host: 'fd00::3', of: content, knows: [first] })
    expect(world.complete([first, second], 20_000)).toBeGreaterThan(64 * 40)
    for (const client of [first, second]) expectFiles(client, content, 0)
    // The seed's address came from a peer.
    expect(eventsOf(second, 'peer-connecting').map(({ peer }) => peer)).toContain('[fd00::1]:6881')
  })
})

describe('a magnet link', () => {
  test.each(['wrong-hash', 'too-large', 'ignores', 'rejects'])(
    'of three peers, of which two give metadata that is %s: the honest one’s is taken',
    (how) => {
      const script = [{ when: { afterStartMs: 0 }, do: { behaviour: 'metadata', how } }] as never
      const honest = { script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'speak' } }] as never }
      const swarm = new Swarm({ fromMagnet: true, peers: [{ script }, { script }, honest] }).start()
      swarm.complete(20_000)
      expect(swarm.judge.all('metadata-received').map(({ peer }) => peer)).toEqual(['127.0.2.3:6881'])
      const banned = swarm.judge.all('peer-banned').map(({ peer }) => peer)
      expect(banned).not.toContain('127.0.2.3:6881')
    },
  )
})
