/** The choker judged by what becomes of its peers in hours: equal shares, bounded waits, and who finds whom. */
import { describe, expect, test } from 'vitest'
import { seeded } from '../pieces/random.testing.ts'
import type { Random } from '../ports/random.ts'
import { ChokerStage, numbers, worstDeviationMs } from './choker.testing.ts'
import { Choker, type ChokerMode, type ChokerPeer } from './choker.ts'
import { TURN_MS } from './choker-ledger.ts'

describe('20 interested peers, one slot, 20 × 90 s: each is unchoked within 1.5 s of an equal share', () => {
  const PEERS = numbers(20)
  const SHARE_MS = 90_000
  const TOLERANCE_MS = 1_500

  test.each(['leeching', 'seeding'] as const)('while %s', (mode) => {
    const stage = new ChokerStage(0)
    stage.mode = mode
    stage.come(...PEERS)
    stage.runTo(PEERS.length * SHARE_MS)
    expect(PEERS.map((key) => stage.servedMs.get(key))).toEqual(PEERS.map(() => SHARE_MS))
  })

  test('also where they come one by one in the first second, and wake-ups are late', () => {
    const stage = new ChokerStage(0)
    for (const key of PEERS) {
      stage.runTo(key * 50)
      stage.come(key)
    }
    while (stage.nowMs < PEERS.length * SHARE_MS) stage.runTo(stage.nowMs + 7)
    expect(worstDeviationMs([...stage.servedMs.values()])).toBeLessThan(TOLERANCE_MS)
  })

  test('which a random draw every 30 s misses by 60 times and more', () => {
    const worst = numbers(100).map((seed) => worstDeviationMs(drawn(seeded(seed))))
    expect(Math.min(...worst)).toBeGreaterThanOrEqual(2 * TURN_MS)
    const meanMs = worst.reduce((a, b) => a + b) / worst.length
    expect(meanMs).toBeGreaterThan(100_000)
    expect(meanMs).toBeLessThan(120_000)
  })

  function drawn(random: Random): number[] {
    const servedMs = PEERS.map(() => 0)
    for (let turn = 0; turn < (PEERS.length * SHARE_MS) / TURN_MS; turn++) {
      servedMs[random.below(PEERS.length)]! += TURN_MS
    }
    return servedMs
  }
})

test('16 free riders share the optimistic slot equally beside 4 peers that give, who keep the regular ones', () => {
  const stage = new ChokerStage(4)
  for (const key of numbers(4)) stage.givesBytesPerSecond.set(key, 1_000 + key)
  stage.come(...numbers(20))
  const hourMs = 16 * 225_000
  stage.runTo(hourMs)
  const [givers, riders] = [numbers(4), numbers(16).map((key) => key + 4)]
  for (const key of givers) expect(stage.servedMs.get(key)).toBe(hourMs)
  // A whole number of turns each: one more or less than another at most.
  for (const key of riders) expect(Math.abs(stage.servedMs.get(key)! - 225_000)).toBeLessThanOrEqual(TURN_MS)
})

test('seeding with 5 slots to 37 peers: in four hours no two differ by more than one turn', () => {
  const stage = new ChokerStage(4)
  stage.mode = 'seeding'
  stage.come(...numbers(37))
  stage.runTo(4 * 3_600_000)
  const served = numbers(37).map((key) => stage.servedMs.get(key)!)
  expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(TURN_MS)
  expect(served.reduce((a, b) => a + b)).toBe(5 * 4 * 3_600_000)
})

describe('45 peers in three classes of upload, each with a choker of its own, all interested in all', () => {
  test('tit for tat: each class finds its own, and who gives more gets more', () => {
    const { ownShares, received } = outcome('leeching')
    // Four slots of five go to one's own class and a chance of the fifth at most: 0.8 + 0.2 × 0.32 = 0.86.
    expect(ownShares[0]).toBeGreaterThan(0.75)
    // An optimistic turn of a fast peer outbids the own class for 20 s: less than that, but more than chance.
    expect(ownShares[1]).toBeGreaterThan(0.5)
    expect(ownShares[2]).toBeGreaterThan(1.2 * CHANCE)
    expect(received[0]! / received[1]!).toBeGreaterThan(2)
    expect(received[1]! / received[2]!).toBeGreaterThan(1.5)
  })

  test('turns (seeding): all classes are served alike', () => {
    const { ownShares, received } = outcome('seeding')
    for (const share of ownShares) expect(Math.abs(share / CHANCE - 1)).toBeLessThan(0.15)
    for (const bytes of received) expect(Math.abs(bytes / received[0]! - 1)).toBeLessThan(0.15)
  })
})

const CLASSES = [1_000_000, 250_000, 60_000]
const PER_CLASS = 15
const ALL = numbers(CLASSES.length * PER_CLASS)
/** By chance: 14 of the 44 others. */
const CHANCE = (PER_CLASS - 1) / (ALL.length - 1)
const classOf = (peer: number) => Math.floor(peer / PER_CLASS)

/** Of the time that a class unchokes others, the share of its own class; and what a peer of it gets, in bytes. */
function outcome(mode: ChokerMode) {
  const chokers = ALL.map(() => new Choker(4))
  // Each met the others in an order of its own: all would be optimistic about the same one otherwise.
  const met = ALL.map((from) =>
    shuffled(
      ALL.filter((to) => to !== from),
      seeded(from),
    ),
  )
  const given = ALL.map(() => ALL.map(() => 0)) // [to][from], bytes
  const unchokedMs = CLASSES.map(() => ({ own: 0, all: 0 }))
  for (let nowMs = 0; nowMs < 900_000; nowMs += 1000) {
    for (const from of ALL) {
      const peers = met[from]!.map((to) => peer(to, given[from]![to]!))
      const unchoked = [...chokers[from]!.decide(nowMs, peers, mode).keys()]
      for (const to of unchoked) {
        given[to]![from]! += CLASSES[classOf(from)]! / unchoked.length
        unchokedMs[classOf(from)]!.all += 1000
        if (classOf(from) === classOf(to)) unchokedMs[classOf(from)]!.own += 1000
      }
    }
  }
  const received = given.map((froms) => froms.reduce((a, b) => a + b))
  return {
    ownShares: unchokedMs.map(({ own, all }) => own / all),
    received: CLASSES.map(
      (_, of) => received.filter((_, to) => classOf(to) === of).reduce((a, b) => a + b) / PER_CLASS,
    ),
  }
}

function shuffled(keys: readonly number[], random: Random): number[] {
  const order = [...keys]
  for (let count = order.length; count > 1; count--) {
    const at = random.below(count)
    ;[order[at], order[count - 1]] = [order[count - 1]!, order[at]!]
  }
  return order
}

const peer = (key: number, downloadedBytes: number): ChokerPeer => ({
  key,
  isInterested: true,
  isSnubbed: false,
  isUploadOnly: false,
  downloadedBytes,
  busyMs: Number.POSITIVE_INFINITY,
})
