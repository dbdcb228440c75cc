import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PickStrategy } from './pick-strategy.ts'
import { type PeerSpec, TestSwarm } from './swarm.testing.ts'

const DEPTH = 4
const PIECES_MAX = 5

const deeds = [
  'ask',
  'ask',
  'ask',
  'deliver',
  'deliver',
  'lie',
  'lie',
  'late',
  'lie late',
  'choke',
  'unchoke',
  'drop',
  'come',
  'check',
  'check',
  'wait',
  'select',
  'lose',
  'change',
] as const

interface Step {
  readonly peer: number
  readonly deed: (typeof deeds)[number]
  readonly nth: number
}

const anyPeer: fc.Arbitrary<PeerSpec> = fc.record({
  pieces: fc.array(fc.nat(PIECES_MAX - 1), { maxLength: 12 }),
  liar: fc.boolean(),
  fast: fc.boolean(),
})
const anyStory = fc.record({
  pieceCount: fc.integer({ min: 1, max: PIECES_MAX }),
  others: fc.array(anyPeer, { minLength: 1, maxLength: 4 }),
  seed: fc.nat(),
  strategy: fc.constantFrom<PickStrategy>('rarest-first', 'sequential', 'random'),
  steps: fc.array(fc.record<Step>({ peer: fc.nat(4), deed: fc.constantFrom(...deeds), nth: fc.nat(7) }), {
    maxLength: 150,
    size: 'max',
  }),
})

function perform(swarm: TestSwarm, { peer: index, deed, nth }: Step): void {
  const peer = swarm.peers[index % swarm.peers.length]!
  if (deed === 'ask' && peer.owes.length < DEPTH) swarm.ask(peer)
  else if (deed === 'deliver') swarm.deliver(peer, nth, false)
  else if (deed === 'lie') swarm.deliver(peer, nth, true)
  else if (deed === 'late') swarm.deliverLate(peer, nth, false)
  else if (deed === 'lie late') swarm.deliverLate(peer, nth, true)
  else if (deed === 'choke') swarm.choke(peer)
  else if (deed === 'unchoke') swarm.unchoke(peer)
  else if (deed === 'drop') swarm.drop(peer)
  else if (deed === 'come') swarm.connect(peer)
  else if (deed === 'check') swarm.checkPiece()
  else if (deed === 'wait') swarm.wait((nth + 1) * 10_000)
  else if (deed === 'select') swarm.want(new Set(all(swarm).filter((piece) => (nth * index + piece) % 3 !== 0)))
  else if (deed === 'lose') swarm.lose(nth % swarm.statuses.length)
  // The honest peer, the last, keeps what it has.
  else if (deed === 'change' && index % swarm.peers.length < swarm.peers.length - 1) swarm.change(peer, nth)
}

const all = (swarm: TestSwarm) => Array.from(swarm.statuses.keys())

/**
 * Everybody is connected and unchoked, fills its pipeline and answers one block a round, honest peers only every so many
 * rounds; liars lie. Gives the rounds it took.
 */
function finish(swarm: TestSwarm, roundsMax: number, honestEvery = 1): number {
  for (const peer of swarm.peers) {
    swarm.connect(peer)
    swarm.unchoke(peer)
  }
  for (let round = 1; round <= roundsMax; round++) {
    for (const peer of swarm.peers) {
      if (peer.liar || round % honestEvery === 0) swarm.deliver(peer, 0, true)
      while (peer.owes.length < DEPTH && swarm.ask(peer));
    }
    while (swarm.statuses.includes('checking')) swarm.checkPiece()
    if (swarm.manager.isComplete) return round
  }
  return expect.fail(`not complete: ${swarm.statuses}`)
}

test('whatever peers do, a download with an honest peer that has everything ends, though liars lie to the end', () => {
  const seen: Record<string, number> = {}
  fc.assert(
    fc.property(anyStory, ({ pieceCount, others, seed, strategy, steps }) => {
      const honest = { pieces: Array.from({ length: pieceCount }, (_, piece) => piece), liar: false }
      const swarm = new TestSwarm(pieceCount, [...others, honest], seed, strategy)
      for (const step of steps) perform(swarm, step)
      swarm.want(new Set(all(swarm)))
      // Every round brings a block from every peer that has work. A piece fails at most once without a conviction after
      // these steps, and each conviction costs at most one more copy of it: 15 blocks, six times.
      finish(swarm, 6 * PIECES_MAX * 3)
      expect(swarm.statuses).toEqual(Array.from({ length: pieceCount }, () => 'complete'))
      for (const [name, count] of Object.entries(swarm.seen)) seen[name] = (seen[name] ?? 0) + count
    }),
    { numRuns: 300, seed: 5 },
  )
  // The stories were worth telling. Takeovers have their own, below.
  for (const [name, count] of Object.entries(seen)) if (name !== 'takeover') expect(count, name).toBeGreaterThan(5)
})

test.each([
  [1, 2],
  [1, 9],
  [5, 9],
])(
  'of %i pieces %i liars, five times as fast as the honest peer, cannot spoil every copy for ever',
  (pieceCount, liars) => {
    const pieces = Array.from({ length: pieceCount }, (_, piece) => piece)
    const peers = Array.from({ length: liars + 1 }, (_, key) => ({ pieces, liar: key < liars }))
    const swarm = new TestSwarm(pieceCount, peers, 1)
    // A failed copy costs each source a piece, 3 blocks; then the honest one needs 5 rounds a block.
    expect(finish(swarm, liars * 3 * pieceCount + pieceCount * 3 * 5 * 2, 5)).toBeGreaterThan(0)
    expect(swarm.peers[liars]!.banned).toBe(false)
    expect(swarm.seen.failed).toBeGreaterThan(0)
  },
)

test.each([false, true])(
  'sources that send a block every ten seconds do not keep failed pieces for ever (honest peer fast: %s)',
  (isFast) => {
    const seen = { takeover: 0, failed: 0 }
    for (let seed = 0; seed < 20; seed++) {
      const pieces = Array.from({ length: PIECES_MAX }, (_, piece) => piece)
      const slow = Array.from({ length: 4 }, () => ({ pieces, liar: false }))
      const swarm = new TestSwarm(
        PIECES_MAX,
        [...slow, { pieces, liar: true }, { pieces, liar: false, fast: isFast }],
        seed,
      )
      const seconds = finishInTime(swarm, 4)
      for (const name of ['takeover', 'failed'] as const) seen[name] += swarm.seen[name]
      // Each slow peer has every failed piece once, at worst, and each tenure is a step longer than the one before:
      // (1 + 2 + 3 + 4) of 20 s for those that are held at once, and as long again for what fails while they are.
      expect(seconds).toBeLessThan(2 * 200 + 60)
    }
    expect(seen.takeover).toBeGreaterThan(5)
    expect(seen.failed).toBeGreaterThan(20)
  },
)

/** A round is a second; the first `slowCount` peers answer every tenth, the others every one. Gives the seconds. */
function finishInTime(swarm: TestSwarm, slowCount: number): number {
  for (let second = 1; second <= 1_000; second++) {
    for (const [index, peer] of swarm.peers.entries()) {
      while (peer.owes.length < DEPTH && swarm.ask(peer));
      if (index >= slowCount || second % 10 === 0) swarm.deliver(peer, 0, true)
    }
    while (swarm.statuses.includes('checking')) swarm.checkPiece()
    if (swarm.manager.isComplete) return second
    swarm.wait(1_000)
  }
  return expect.fail(`not complete: ${swarm.statuses}`)
}
