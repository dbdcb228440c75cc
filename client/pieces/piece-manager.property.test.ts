import fc from 'fast-check'
import { expect, test } from 'vitest'
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
] as const

interface Step {
  readonly peer: number
  readonly deed: (typeof deeds)[number]
  readonly nth: number
}

const anyPeer: fc.Arbitrary<PeerSpec> = fc.record({
  pieces: fc.array(fc.nat(PIECES_MAX - 1), { maxLength: 12 }),
  liar: fc.boolean(),
})
const anyStory = fc.record({
  pieceCount: fc.integer({ min: 1, max: PIECES_MAX }),
  others: fc.array(anyPeer, { minLength: 1, maxLength: 4 }),
  seed: fc.nat(),
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
}

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
  const seen = { first: 0, again: 0, endgame: 0, wasted: 0, late: 0, failed: 0, convicted: 0 }
  fc.assert(
    fc.property(anyStory, ({ pieceCount, others, seed, steps }) => {
      const honest = { pieces: Array.from({ length: pieceCount }, (_, piece) => piece), liar: false }
      const swarm = new TestSwarm(pieceCount, [...others, honest], seed)
      for (const step of steps) perform(swarm, step)
      // Every round brings a block from every peer that has work. A piece fails at most once without a conviction after
      // these steps, and each conviction costs at most one more copy of it: 15 blocks, six times.
      finish(swarm, 6 * PIECES_MAX * 3)
      expect(swarm.statuses).toEqual(Array.from({ length: pieceCount }, () => 'complete'))
      for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += swarm.seen[name]
    }),
    { numRuns: 100, seed: 5 },
  )
  // The stories were worth telling.
  for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(5)
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
