/**
 * What the order of pieces does to a swarm (Legout et al. 2006): until the seed has sent every piece once, its upload is
 * the bottleneck, and every piece that it sends a second time lengthens this *transient*. A tiny swarm, in rounds: all
 * know each other, each uploads one block a round to a random one that misses some of its pieces, a piece is one block.
 */
import { expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { Random } from '../ports/random.ts'
import { Bitfield } from '../wire/bitfield.ts'
import type { PickStrategy } from './pick-strategy.ts'
import { PieceManager } from './piece-manager.ts'
import { seeded } from './random.testing.ts'

const LEECHERS = 15
const PIECES = 60
const SEED_KEY = LEECHERS
const BLOCK = new Uint8Array(BLOCK_BYTES)

interface Outcome {
  /** Rounds until every piece is at one leecher at least. */
  readonly transient: number
  /** Rounds until the last leecher has all, and how many the first was earlier. */
  readonly last: number
  readonly spread: number
}

function runSwarm(strategy: PickStrategy, random: Random): Outcome {
  const geometry = new Geometry(PIECES * BLOCK_BYTES, BLOCK_BYTES)
  const leechers = Array.from({ length: LEECHERS }, () => new PieceManager(geometry, random, { strategy }))
  const has = [...leechers.map(({ complete }) => complete), Bitfield.full(PIECES)]
  for (const leecher of leechers) leecher.peerHasThese(has[SEED_KEY]!)
  const spreadPieces = new Set<PieceIndex>()
  const doneAt = new Map<PieceManager, number>()
  let transient = 0
  for (let round = 1; doneAt.size < LEECHERS; round++) {
    if (round > 100 * PIECES) return expect.fail(`${strategy}: not done`)
    const sent = has.flatMap((pieces, key) => {
      const [to, piece] = upload(leechers, pieces, key, random)
      return to === null ? [] : [{ key, to, piece }]
    })
    // Blocks arrive, and all hear of it, before the next round.
    for (const { key, to, piece } of sent) {
      to.received(geometry.block(piece, 0), key, BLOCK)
      to.stored(piece)
      for (const other of leechers) if (other !== to) other.peerHas(piece)
      spreadPieces.add(piece)
      if (to.isComplete) doneAt.set(to, round)
    }
    if (spreadPieces.size < PIECES) transient = round + 1
  }
  const times = [...doneAt.values()]
  return { transient, last: Math.max(...times), spread: Math.max(...times) - Math.min(...times) }
}

/** To a random leecher of those that can be asked for something. */
function upload(
  leechers: readonly PieceManager[],
  pieces: Bitfield,
  key: number,
  random: Random,
): [PieceManager, PieceIndex] | [null, null] {
  const left = leechers.filter((leecher, other) => other !== key && leecher.missingOf(pieces) > 0)
  while (left.length > 0) {
    const [to] = left.splice(random.below(left.length), 1)
    const pick = to!.pick(key, pieces, { nowMs: 0, isIdle: false, isFast: false })
    if (pick !== null) return [to!, pick.range.piece]
  }
  return [null, null]
}

const SEEDS = 8

/** Means over the same seeds. */
function outcomesOf(strategy: PickStrategy): Outcome {
  const outcomes = Array.from({ length: SEEDS }, (_, seed) => runSwarm(strategy, seeded(seed)))
  const mean = (of: keyof Outcome) => outcomes.reduce((sum, outcome) => sum + outcome[of], 0) / SEEDS
  return { transient: mean('transient'), last: mean('last'), spread: mean('spread') }
}

test('rarest first ends the transient as soon as the seed can; random and sequential order lengthen it (T7)', () => {
  const rarest = outcomesOf('rarest-first')
  const random = outcomesOf('random')
  const sequential = outcomesOf('sequential')
  // The seed sends a piece a round: 60 rounds are the least. The four random ones may be sent twice.
  expect(rarest.transient).toBeGreaterThanOrEqual(PIECES)
  expect(rarest.transient).toBeLessThanOrEqual(PIECES + 4)
  // At random, as soon as the others have most pieces, some of what the seed sends are among them.
  expect(random.transient).toBeGreaterThan(rarest.transient * 1.08)
  // In order, all wait for the same next piece, and the seed sends it to several of them.
  expect(sequential.transient).toBeGreaterThan(rarest.transient * 2)
  // Whoever ends the transient late ends late altogether, and the leechers end further apart.
  expect(rarest.last).toBeLessThanOrEqual(rarest.transient + 6)
  expect([random.last, sequential.last].map((last) => last > rarest.last * 1.08)).toEqual([true, true])
  expect([random.spread, sequential.spread].map((spread) => spread > rarest.spread * 1.2)).toEqual([true, true])
})
