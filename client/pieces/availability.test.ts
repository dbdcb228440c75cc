import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { Random } from '../ports/random.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { Availability, LOOKS_MAX } from './availability.ts'
import { seeded } from './random.testing.ts'

function bitsOf(pieceCount: number, pieces: Iterable<number>): Bitfield {
  const bitfield = new Bitfield(pieceCount)
  for (const piece of pieces) bitfield.set(piece as PieceIndex)
  return bitfield
}

const all = (pieceCount: number) => Array.from({ length: pieceCount }, (_, piece) => piece)

describe('the rarest piece', () => {
  test('is, of those a peer has, the one that fewest have', () => {
    const availability = new Availability(4)
    for (const pieces of [[0, 1, 2], [0, 1], [0]]) availability.addAll(bitsOf(4, pieces), 1)
    expect(all(4).map((piece) => availability.of(piece as PieceIndex))).toEqual([3, 2, 1, 0])
    const rarestOf = (...pieces: number[]) => availability.rarest(bitsOf(4, pieces), seeded(1))
    expect([rarestOf(0, 1, 2), rarestOf(0, 1), rarestOf(0), rarestOf(3, 2), rarestOf()]).toEqual([2, 1, 0, 3, null])
  })

  test('is not one that was taken, and is none when all were', () => {
    const availability = new Availability(3)
    const everything = Bitfield.full(3)
    availability.addAll(bitsOf(3, [0, 1]), 1)
    availability.addAll(everything, 1)
    const taken: (number | null)[] = []
    for (let left = 3; left >= 0; left--) {
      expect(availability.listedCount).toBe(left)
      const piece = availability.rarest(everything, seeded(left))
      taken.push(piece)
      if (piece !== null) availability.take(piece)
    }
    expect(taken[0]).toBe(2)
    expect(taken.slice(1, 3).sort()).toEqual([0, 1])
    expect(taken[3]).toBeNull()
  })

  test('can be taken from a bucket below empty ones: what moved stays where it is found', () => {
    const availability = new Availability(3)
    // A peer that came and went leaves the bucket of availability 1 behind, empty.
    availability.addAll(bitsOf(3, [0]), 1)
    availability.addAll(bitsOf(3, [0]), -1)
    availability.take(2 as PieceIndex)
    availability.addAll(bitsOf(3, [0]), 1)
    expect([availability.listedCount, availability.rarest(Bitfield.full(3), seeded(1))]).toEqual([2, 1])
  })

  test('may be taken twice', () => {
    const availability = new Availability(2)
    availability.take(0 as PieceIndex)
    availability.take(0 as PieceIndex)
    expect([availability.listedCount, availability.rarest(Bitfield.full(2), seeded(1))]).toEqual([1, 1])
  })

  test('is still right after seventy thousand peers that became complete and went', () => {
    const availability = new Availability(2)
    for (let peer = 0; peer < 70_000; peer++) {
      availability.addOne(0 as PieceIndex, 1)
      availability.addOne(1 as PieceIndex, 1)
      availability.addAll(Bitfield.full(2), -1)
    }
    availability.addAll(bitsOf(2, [0]), 1)
    expect([0, 1].map((piece) => availability.of(piece as PieceIndex))).toEqual([1, 0])
    expect(availability.rarest(Bitfield.full(2), seeded(1))).toBe(1)
  })

  test('of no pieces is none', () => {
    expect(new Availability(0).rarest(new Bitfield(0), seeded(1))).toBeNull()
  })
})

test('the rarest is right where counts fall below those of all peers before: one that had everything loses pieces', () => {
  const availability = new Availability(3)
  for (let peer = 0; peer < 2; peer++) availability.addAll(Bitfield.full(3), 1)
  for (const piece of [0, 0, 1]) availability.addOne(piece as PieceIndex, -1)
  expect(all(3).map((piece) => availability.of(piece as PieceIndex))).toEqual([0, 1, 2])
  const rarest = all(3).map(() => {
    const piece = availability.rarest(Bitfield.full(3), seeded(1))!
    availability.take(piece)
    return piece
  })
  expect(rarest).toEqual([0, 1, 2])
  availability.addOne(1 as PieceIndex, -1)
  for (const piece of rarest) availability.give(piece)
  expect(availability.rarest(bitsOf(3, [1, 2]), seeded(1))).toBe(1)
})

describe('of ten thousand pieces', () => {
  const PIECES = 10_000
  /** Piece p is had by p / 100 peers: a hundred pieces of each availability. */
  function graded(): Availability {
    const availability = new Availability(PIECES)
    for (let peer = 1; peer < 100; peer++) {
      availability.addAll(bitsOf(PIECES, all(PIECES).slice(peer * 100)), 1)
    }
    return availability
  }

  test('a peer that has none of the rarest gets one of the rarest that it has', () => {
    const availability = graded()
    const upperHalf = bitsOf(PIECES, all(PIECES).slice(PIECES / 2))
    const picked = Array.from({ length: 200 }, (_, seed) => availability.rarest(upperHalf, seeded(seed))!)
    // The rarest of some 32 that hit: 1/33 from the bottom on average, and past a fifth once in 0.8^32 = 1/1,262.
    const ranks = picked.map((piece) => (piece - PIECES / 2) / (PIECES / 2))
    expect(Math.min(...ranks)).toBeGreaterThanOrEqual(0)
    expect(ranks.reduce((sum, rank) => sum + rank, 0) / 200).toBeLessThan(0.06)
    expect(Math.max(...ranks)).toBeLessThan(0.35)
  })

  test('a peer that has few gets the rarest of those, wherever they are', () => {
    const availability = graded()
    for (const pieces of [[9_999], [5_000, 9_000], [4_321, 4_444, 9_000], [0, 9_999], [77, 300]]) {
      const rarest = availability.rarest(bitsOf(PIECES, pieces), seeded(1))
      expect(rarest).toBe(pieces[0])
      expect(pieces).toContain(availability.any(bitsOf(PIECES, pieces), seeded(1)))
    }
    expect(availability.rarest(new Bitfield(PIECES), seeded(1))).toBeNull()
  })

  test('one is looked at a few times a choice, as of a hundred thousand, whatever the peer has', () => {
    for (const pieceCount of [PIECES, 10 * PIECES]) {
      const availability = new Availability(pieceCount)
      for (let peer = 0; peer < 9; peer++) {
        const some = new Bitfield(pieceCount)
        for (let piece = 0; piece < pieceCount; piece++)
          if ((piece * 7 + peer) % 9 < peer) some.set(piece as PieceIndex)
        availability.addAll(some, 1)
      }
      for (const pieces of [all(pieceCount), all(pieceCount).filter((piece) => piece % 2 === 0), [5], []]) {
        const bits = new CountingBitfield(pieceCount)
        for (const piece of pieces) bits.set(piece as PieceIndex)
        bits.looks = 0
        for (let choice = 0; choice < 20; choice++) availability.rarest(bits, seeded(choice))
        expect(bits.looks / 20).toBeLessThan(LOOKS_MAX * 2)
        if (pieces.length > 1) expect(bits.looks / 20).toBeLessThan(10)
      }
    }
  })
})

/** Counts how often a piece is looked up. */
class CountingBitfield extends Bitfield {
  looks = 0
  override has(piece: PieceIndex): boolean {
    this.looks++
    return super.has(piece)
  }
}

describe('between equals, chance decides, and evenly', () => {
  const DRAWS = 4_000
  test.each([
    ['of one that has everything', 64, all(64)],
    ['of one that has half, in a row', 64, all(32)],
    ['of one that has a few, far apart', 64, [0, 1, 2, 50]],
    ['of one that has two among many', 1_000, [3, 4]],
  ])('%s (%i pieces)', (_, pieceCount, pieces) => {
    const availability = new Availability(pieceCount)
    const drawn = new Map<number, number>()
    for (let seed = 0; seed < DRAWS; seed++) {
      const piece = availability.rarest(bitsOf(pieceCount, pieces), seeded(seed))!
      drawn.set(piece, (drawn.get(piece) ?? 0) + 1)
    }
    expect([...drawn.keys()].sort((a, b) => a - b)).toEqual(pieces)
    // A share is binomial; five standard deviations are never seen by chance.
    const share = DRAWS / pieces.length
    for (const count of drawn.values()) expect(Math.abs(count - share)).toBeLessThan(5 * Math.sqrt(share))
  })

  test('the same seed draws the same pieces', () => {
    const drawAll = (seed: number) => {
      const availability = new Availability(50)
      const random = seeded(seed)
      return all(50).map(() => {
        const piece = availability.rarest(Bitfield.full(50), random)!
        availability.take(piece)
        return piece as number
      })
    }
    expect(drawAll(7)).toEqual(drawAll(7))
    expect(drawAll(7)).not.toEqual(drawAll(8))
    expect([...drawAll(7)].sort((a, b) => a - b)).toEqual(all(50))
  })
})

/** The same, counted afresh each time. */
interface Model {
  readonly peers: Map<number, Set<number>>
  readonly listed: Set<number>
}
interface Real {
  readonly availability: Availability
  readonly pieces: Map<number, Bitfield>
}

const availabilityIn = ({ peers }: Model, piece: number) =>
  [...peers.values()].reduce((count, pieces) => count + Number(pieces.has(piece)), 0)

function check(model: Model, real: Real, pieceCount: number, random: Random): void {
  for (const piece of all(pieceCount)) {
    if (real.availability.of(piece as PieceIndex) !== availabilityIn(model, piece)) expect.fail(`count of ${piece}`)
  }
  expect(real.availability.listedCount).toBe(model.listed.size)
  for (const [peer, pieces] of [...model.peers, [-1, new Set(all(pieceCount))] as const]) {
    const candidates = [...model.listed].filter((piece) => pieces.has(piece))
    const fewest = Math.min(...candidates.map((piece) => availabilityIn(model, piece)))
    const rarest = candidates.filter((piece) => availabilityIn(model, piece) === fewest)
    const bits = real.pieces.get(peer) ?? Bitfield.full(pieceCount)
    expect(real.availability.first(bits)).toBe(candidates.length === 0 ? null : Math.min(...candidates))
    const any = real.availability.any(bits, random)
    if (any === null ? candidates.length > 0 : !candidates.includes(any)) expect.fail(`${any} is not of ${candidates}`)
    const picked = real.availability.rarest(bits, random)
    if (picked === null ? rarest.length > 0 : !rarest.includes(picked)) expect.fail(`${picked} is not of ${rarest}`)
  }
}

type Step =
  | { readonly do: 'come'; readonly peer: number; readonly pieces: readonly number[]; readonly full: boolean }
  | { readonly do: 'have'; readonly peer: number; readonly piece: number }
  | { readonly do: 'go'; readonly peer: number }
  | { readonly do: 'lose'; readonly peer: number; readonly piece: number }
  | { readonly do: 'take'; readonly piece: number }
  | { readonly do: 'give'; readonly piece: number }

const PEERS = 5
const stepOf = (pieceCount: number): fc.Arbitrary<Step> => {
  const piece = fc.nat(pieceCount - 1)
  const peer = fc.nat(PEERS - 1)
  const come = { do: fc.constant('come' as const), peer, pieces: fc.array(piece), full: fc.nat(4).map((n) => n === 0) }
  return fc.oneof(
    { weight: 3, arbitrary: fc.record(come) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('have' as const), peer, piece }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('go' as const), peer }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('lose' as const), peer, piece }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), piece }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('give' as const), piece }) },
  )
}
const anySteps = fc
  .integer({ min: 1, max: 12 })
  .chain((pieceCount) =>
    fc.tuple(fc.constant(pieceCount), fc.array(stepOf(pieceCount), { maxLength: 60, size: 'max' })),
  )

/** As the owner of an Availability behaves: a peer comes once, and tells of a piece once. */
function perform(step: Step, model: Model, real: Real, pieceCount: number): void {
  if (step.do === 'take') {
    model.listed.delete(step.piece)
    return real.availability.take(step.piece as PieceIndex)
  }
  if (step.do === 'give') {
    model.listed.add(step.piece)
    return real.availability.give(step.piece as PieceIndex)
  }
  const { peer } = step
  const known = model.peers.get(peer)
  if (step.do === 'come' && known === undefined) {
    const pieces = new Set(step.full ? all(pieceCount) : step.pieces)
    const bits = bitsOf(pieceCount, pieces)
    model.peers.set(peer, pieces)
    real.pieces.set(peer, bits)
    real.availability.addAll(bits, 1)
  } else if (step.do === 'have' && known !== undefined && !known.has(step.piece)) {
    const bits = real.pieces.get(peer)!
    known.add(step.piece)
    bits.set(step.piece as PieceIndex)
    real.availability.addOne(step.piece as PieceIndex, 1)
  } else if (step.do === 'lose' && known?.delete(step.piece)) {
    real.pieces.get(peer)!.clear(step.piece as PieceIndex)
    real.availability.addOne(step.piece as PieceIndex, -1)
  } else if (step.do === 'go' && known !== undefined) {
    model.peers.delete(peer)
    real.availability.addAll(real.pieces.get(peer)!, -1)
    real.pieces.delete(peer)
  }
}

test('however peers come, get pieces and go, and pieces are taken: counts are right, and the rarest is the rarest', () => {
  fc.assert(
    fc.property(anySteps, ([pieceCount, steps]) => {
      const model: Model = { peers: new Map(), listed: new Set(all(pieceCount)) }
      const real: Real = { availability: new Availability(pieceCount), pieces: new Map() }
      const random = seeded(steps.length)
      for (const step of steps) {
        perform(step, model, real, pieceCount)
        check(model, real, pieceCount, random)
      }
    }),
    { numRuns: 150 },
  )
})
