/**
 * Swarms drawn from a seed: one honest peer among some that misbehave as they like, over all kinds of links. Every
 * download ends with every byte, no honest peer is banned, and the judge finds nothing wrong on the way.
 *
 * A seed that fails prints its whole swarm; run it alone with `-t 'seed N'`.
 */
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import type { Random } from '../client/ports/random.ts'
import type { Link } from '../links/link.ts'
import type { ScriptStep } from '../seeder/script.ts'
import { PURPOSE, seededRandom } from '../simulator/random.ts'
import { BLOCK_RATE, type PeerSpec, peerName, Swarm, type SwarmSpec } from './swarm-stage.testing.ts'

const SEEDS = Array.from({ length: 80 }, (_, index) => index + 1)
/** Bad peers may hold a piece of the end for ten seconds, each in turn, several times. */
const LIMIT_MS = 600_000

function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.below(items.length)]!
}

function drawLink(random: Random): Partial<Link> {
  return {
    upBytesPerSecond: BLOCK_RATE * oneOf(random, [0.02, 0.05, 0.2, 1]),
    rttMs: oneOf(random, [0, 1, 20, 20, 100]),
    jitterMs: oneOf(random, [0, 0, 15]),
    lossRate: oneOf(random, [0, 0, 0.02]),
  }
}

function drawStep(random: Random): ScriptStep {
  const forMs = oneOf(random, [50, 500, 12_000])
  return {
    when: oneOf(random, [
      { afterStartMs: oneOf(random, [0, 100, 300, 1_000]) },
      { bytesServed: random.below(15 * BLOCK_BYTES) },
      { received: 'request', count: 1 + random.below(15) },
    ]),
    do: oneOf(random, [
      { behaviour: 'drop', how: oneOf(random, ['fin', 'reset']) },
      { behaviour: 'drop', how: oneOf(random, ['fin', 'reset']), comeBackAfterMs: forMs },
      { behaviour: 'stall' },
      { behaviour: 'stall', forMs },
      { behaviour: 'choke' },
      { behaviour: 'choke', forMs, flap: random.below(2) === 1 },
      { behaviour: 'corrupt', share: oneOf(random, [0.1, 0.5, 1]) },
      { behaviour: 'corrupt', share: oneOf(random, [0.1, 0.5, 1]) },
      { behaviour: 'slow-down', upBytesPerSecond: BLOCK_RATE * oneOf(random, [0.01, 5]) },
      { behaviour: 'refuse', how: oneOf(random, ['port-closed', 'reset']) },
    ]),
  }
}

function drawSwarm(seed: number): SwarmSpec {
  const random = seededRandom(seed, -1, PURPOSE.swarm)
  const peers = Array.from({ length: 1 + random.below(6) }, () => ({
    link: drawLink(random),
    script: Array.from({ length: random.below(4) }, () => drawStep(random)),
  }))
  const honest = { link: drawLink(random), script: [] }
  return {
    peers: peers.toSpliced(random.below(peers.length + 1), 0, honest),
    totalBytes: 1 + random.below(oneOf(random, [10, 100, 500]) * BLOCK_BYTES),
    pieceLengthBytes: oneOf(random, [BLOCK_BYTES, 40_000, 4 * BLOCK_BYTES, 16 * BLOCK_BYTES]),
    settings: { pipelineDepth: oneOf(random, [1, 5, 5, 20]) },
    seed,
  }
}

/** What all of them together have seen, so that they cannot all be idle. */
const seen = { snubbed: 0, choked: 0, lost: 0, failed: 0, banned: 0, endgame: 0, again: 0 }

function tally({ judge }: Swarm): void {
  seen.snubbed += judge.all('peer-snubbed').length
  seen.choked += judge.all('peer-choked').length
  seen.lost += judge.all('peer-closed').filter(({ requestsLost }) => requestsLost > 0).length
  seen.failed += judge.all('piece-failed').length
  seen.banned += judge.all('peer-banned').length
  for (const { why } of judge.all('block-requested')) if (why !== 'first') seen[why]++
}

function isLiar({ script = [] }: PeerSpec): boolean {
  return script.some((step) => step.do.behaviour === 'corrupt')
}

describe('a download among peers that do as they like ends, and wrongs nobody', () => {
  test.each(SEEDS)('seed %d', (seed) => {
    const spec = drawSwarm(seed)
    const swarm = new Swarm(spec).start()
    try {
      swarm.complete(LIMIT_MS)
    } catch (error) {
      console.error(`seed ${seed}: ${JSON.stringify(spec)}`)
      throw error
    }
    const liars = spec.peers.flatMap((peer, index) => (isLiar(peer) ? [peerName(index)] : []))
    for (const { peer } of swarm.judge.all('peer-banned')) expect(liars).toContain(peer)
    tally(swarm)
  })

  test('and all of that happened', () => {
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(5)
  })
})
