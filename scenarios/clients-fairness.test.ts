/** What a whole swarm of our clients comes to: who is served, for how long, and who is done when. Virtual time. */
import { describe, expect, test } from 'vitest'
import { type ClientSpec, Clients, clientAddress } from './clients-stage.testing.ts'
import { BLOCK_RATE } from './swarm-stage.testing.ts'

const BLOCKS_PER_PIECE = 4
/** An uplink that sends a block in so many ms. */
const blockMs = (ms: number) => ({ upBytesPerSecond: (BLOCK_RATE * 10) / ms })

/** A seed, and leechers that know all who come before them; all uplinks are alike. */
function crowd(uplinkMs: number, count: number): ClientSpec[] {
  const link = blockMs(uplinkMs)
  const leechers = Array.from({ length: count }, (_, at): ClientSpec => {
    return { link, knows: Array.from({ length: at + 1 }, (_other, before) => before) }
  })
  return [{ has: 'all', link }, ...leechers]
}

/** Runs until all are complete; gives when each was, the seed left out. */
function completedMs(swarm: Clients, limitMs: number): number[] {
  const leechers = swarm.clients.map((_, index) => index).slice(1)
  const areDone = () => leechers.every((index) => swarm.all(index, 'completed').length > 0)
  for (let atMs = 5_000; atMs <= limitMs && !areDone(); atMs += 5_000) swarm.runUntil(atMs)
  return leechers.map((index) => swarm.all(index, 'completed')[0]?.atMs ?? expect.fail(`${index} is not complete`))
}

/** How long each peer of this client was unchoked until now, by host. */
function servedMs(swarm: Clients, index: number): Map<string, number> {
  const served = new Map<string, number>()
  const since = new Map<string, number>()
  const end = (peer: string, atMs: number) => {
    const fromMs = since.get(peer)
    if (fromMs === undefined) return
    since.delete(peer)
    const host = peer.split(':')[0]!
    served.set(host, (served.get(host) ?? 0) + atMs - fromMs)
  }
  for (const { atMs, event } of swarm.clients[index]!.events) {
    if (event.type === 'we-unchoked') since.set(event.peer, atMs)
    else if (event.type === 'we-choked' || event.type === 'peer-closed') end(event.peer, atMs)
  }
  for (const peer of [...since.keys()]) end(peer, swarm.simulation.nowMs)
  return served
}

describe('a seed', () => {
  const HOURS_MS = 3_600_000

  // A block a second: of 600 blocks nobody has all by then. A turn is 30 s: 1.3 % of a share.
  test('gives eight leechers that know nobody else the same time, within 5 % over an hour (T7)', () => {
    const leechers = Array.from({ length: 8 }, (): ClientSpec => ({ knows: [0] }))
    const clients: ClientSpec[] = [{ has: 'all', link: blockMs(1_000) }, ...leechers]
    const swarm = new Clients({ clients, private: true, pieceCount: 600 / BLOCKS_PER_PIECE }).start().runUntil(HOURS_MS)
    const served = servedMs(swarm, 0)
    const shareMs = (HOURS_MS * 5) / 8
    for (const [index] of leechers.entries()) {
      expect(Math.abs(served.get(clientAddress(index + 1).host)! / shareMs - 1)).toBeLessThan(0.05)
    }
    // The uplink was never idle for long, and nothing was sent for nothing.
    const receivedCount = leechers.reduce((sum, _, index) => sum + swarm.all(index + 1, 'block-received').length, 0)
    expect(receivedCount).toBeGreaterThan(0.98 * (HOURS_MS / 1_000))
  })

  test('gives a slot that frees to the next at the same instant', () => {
    // Six that want what it has, and five slots.
    const leechers = Array.from({ length: 6 }, (): ClientSpec => ({ knows: [0] }))
    const clients: ClientSpec[] = [{ has: 'all', link: blockMs(1_000) }, ...leechers]
    const swarm = new Clients({ clients, private: true, pieceCount: 100 }).start().runUntil(5_000)
    const hosts = () => [...new Set(swarm.all(0, 'we-unchoked').map(({ peer }) => peer.split(':')[0]))]
    expect(hosts()).toHaveLength(5)
    swarm.stop(leechers.findIndex((_, index) => hosts().includes(clientAddress(index + 1).host)) + 1)
    swarm.runUntil(6_000)
    expect(hosts()).toHaveLength(6)
    expect(swarm.all(0, 'we-unchoked').at(-1)!.atMs).toBe(swarm.all(0, 'peer-closed')[0]!.atMs)
  })
})

describe('leechers with equal uplinks', () => {
  // 192 blocks of 100 ms; twelve copies of them by thirteen uplinks.
  test('never beat the minimum distribution time (T3)', () => {
    const swarm = new Clients({
      clients: crowd(100, 12),
      private: true,
      pieceCount: 192 / BLOCKS_PER_PIECE,
    }).start()
    const doneMs = completedMs(swarm, 100_000)
    const minimumMs = (12 / 13) * 192 * 100
    const tookMs = Math.max(...doneMs)
    console.log(
      `T3: ${Math.round(minimumMs)} ms at least, ${Math.round(tookMs)} ms, efficiency ${(minimumMs / tookMs).toFixed(2)}`,
    )
    expect(tookMs).toBeGreaterThan(minimumMs)
  })
})
