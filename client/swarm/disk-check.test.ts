/** What is read, what is believed, what comes out: against a verifier that knows which pieces are good. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { seeded } from '../pieces/random.testing.ts'
import type { Verdict } from '../ports/piece-verifier.ts'
import type { FileStat, StorageFault } from '../ports/storage.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { DiskCheck, type DiskCheckProgress, type DiskCheckResult, SPOT_CHECK_PIECES } from './disk-check.ts'

const PIECE_BYTES = 10

interface Case {
  /** Negative: padding. */
  readonly lengths: readonly number[]
  /** How long the files are; the whole by default. */
  readonly found?: readonly number[]
  /** Pieces whose bytes are right. */
  readonly good: readonly number[]
  /** `claims` pieces, and files as they were; a file that is not named has not changed. */
  readonly state?: { readonly claims: readonly number[]; readonly was?: Readonly<Record<number, Partial<FileStat>>> }
  readonly pieceBytes?: number
  readonly lanes?: number
  /** Where reading fails. */
  readonly unreadable?: readonly number[]
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
const IO_FAULT: StorageFault = { code: 'broken', detail: 'a: i/o error' }

/** Each call is answered when the test says so. */
class Bench {
  readonly reads: number[][] = []
  readonly progress: DiskCheckProgress[] = []
  readonly results: DiskCheckResult[] = []
  readonly check: DiskCheck
  readonly #good: ReadonlySet<number>
  readonly #unreadable: ReadonlySet<number>
  readonly #waiting: (() => void)[] = []

  constructor({ lengths, found, good, state, pieceBytes = PIECE_BYTES, lanes = 2, unreadable = [] }: Case) {
    this.#good = new Set(good)
    this.#unreadable = new Set(unreadable)
    let offsetBytes = 0
    const files = lengths.map((length, index) => {
      const file = { path: ['t', `${index}`], lengthBytes: Math.abs(length), offsetBytes, pad: length < 0 }
      offsetBytes += file.lengthBytes
      return file
    })
    const geometry = new Geometry(offsetBytes, pieceBytes)
    const stats = lengths.map((length, index) => ({
      lengthBytes: length < 0 ? 0 : (found?.[index] ?? length),
      modifiedMs: length < 0 ? 0 : 1_000 + index,
    }))
    const complete = new Bitfield(geometry.pieceCount)
    for (const piece of state?.claims ?? []) complete.set(piece as PieceIndex)
    const trusted = { complete, files: stats.map((stat, index) => ({ ...stat, ...state?.was?.[index] })) }
    this.check = new DiskCheck(
      {
        content: { geometry, files },
        files: stats,
        verifier: { lanes, verify: (pieces, done) => this.#verify(pieces, done) },
        trust: state === undefined ? null : { state: trusted, random: seeded(7) },
      },
      {
        progressed: (_, progress) => this.progress.push(progress),
        checked: (_, result) => this.results.push(result),
      },
    )
  }

  #verify(pieces: readonly number[], done: (nowMs: number, verdict: Verdict) => void): void {
    this.reads.push([...pieces])
    const matches = pieces.map((piece) => this.#good.has(piece) && !this.#unreadable.has(piece))
    const fault = pieces.some((piece) => this.#unreadable.has(piece)) ? IO_FAULT : null
    this.#waiting.push(() => done(0, { matches, fault }))
  }

  /** The call that was made last is answered first. */
  answer(): boolean {
    const answer = this.#waiting.pop()
    answer?.()
    return answer !== undefined
  }

  get underWay(): number {
    return this.#waiting.length
  }

  run(): DiskCheckResult {
    this.check.start(0)
    while (this.answer()) {}
    expect(this.results).toHaveLength(1)
    return this.results[0]!
  }

  get read(): number[] {
    return this.reads.flat().sort((a, b) => a - b)
  }
}

function piecesIn(complete: Bitfield): number[] {
  return range(0, complete.pieceCount).filter((piece) => complete.has(piece as PieceIndex))
}

function checked(given: Case) {
  const bench = new Bench(given)
  const { complete, ...result } = bench.run()
  return { complete: piecesIn(complete), read: bench.read, ...result }
}

const NOTHING_WRONG = { failedCount: 0, claimedWrongly: [], stateLies: false, fault: null }

describe('without a state', () => {
  test('every piece whose bytes are there is read, and only what matches is complete', () => {
    expect(checked({ lengths: [50], good: [0, 2, 4] })).toEqual({
      ...NOTHING_WRONG,
      complete: [0, 2, 4],
      read: range(0, 5),
      trustedCount: 0,
      verifiedCount: 3,
      failedCount: 2,
    })
  })

  test.each<[string, Case, number[]]>([
    ['an empty file: nothing is read', { lengths: [50], found: [0], good: range(0, 5) }, []],
    ['no content at all', { lengths: [], good: [] }, []],
    ['a file that ends within a piece', { lengths: [50], found: [29], good: range(0, 5) }, [0, 1]],
    ['a file that ends with a piece', { lengths: [50], found: [30], good: range(0, 5) }, [0, 1, 2]],
    ['a file that is a byte short', { lengths: [45], found: [44], good: range(0, 5) }, range(0, 4)],
    ['a piece that two files share, one of them empty', { lengths: [15, 25], found: [15, 0], good: range(0, 4) }, [0]],
    [
      'a file in the middle of a piece that is not there',
      { lengths: [3, 4, 13], found: [3, 0, 13], good: [0, 1] },
      [1],
    ],
    ['padding, which needs no bytes', { lengths: [5, -15, 5], good: [0, 1, 2] }, [0, 1, 2]],
    ['padding beside a file that is short', { lengths: [5, -15, 5], found: [4, 0, 5], good: [0, 1, 2] }, [1, 2]],
    ['empty files', { lengths: [0, 20, 0], good: [0, 1] }, [0, 1]],
    ['a file that is longer than it should be', { lengths: [20], found: [25], good: [0, 1] }, [0, 1]],
  ])('%s', (_, given, expected) => {
    const { read, complete } = checked(given)
    expect([read, complete]).toEqual([expected, expected])
  })

  test('a piece that cannot be read is missing, and the first reason is told', () => {
    const { complete, failedCount, fault } = checked({ lengths: [30], good: [0, 1, 2], unreadable: [1] })
    expect([complete, failedCount, fault]).toEqual([[0, 2], 1, IO_FAULT])
  })

  test('a 400,000-piece torrent of which nothing is there costs no read', () => {
    const bench = new Bench({ lengths: [4_000_000], found: [0], good: [] })
    expect(bench.run().complete.setCount).toBe(0)
    expect(bench.reads).toEqual([])
  })

  test('as many calls as the verifier has lanes are under way, never more', () => {
    const bench = new Bench({ lengths: [8], pieceBytes: 1, good: range(0, 8), lanes: 3 })
    bench.check.start(0)
    expect(bench.underWay).toBe(1) // 8 pieces of a byte are one batch
    const big = new Bench({ lengths: [80 * 2 ** 20], pieceBytes: 2 ** 24, good: range(0, 5), lanes: 3 })
    big.check.start(0)
    expect([big.underWay, big.reads]).toEqual([3, [[0], [1], [2]]])
    big.answer()
    expect(big.underWay).toBe(3)
    while (big.answer()) {}
    expect(piecesIn(big.results[0]!.complete)).toEqual(range(0, 5))
  })

  test('short pieces come together, 4 MiB or 1,024 of them at a time', () => {
    const bytes = new Bench({ lengths: [10 * 2 ** 20], pieceBytes: 2 ** 16, good: [] })
    bytes.run()
    expect(bytes.reads.map((pieces) => pieces.length)).toEqual([64, 64, 32])
    const pieces = new Bench({ lengths: [2_500], pieceBytes: 1, good: [] })
    pieces.run()
    expect(pieces.reads.map((batch) => batch.length)).toEqual([1_024, 1_024, 452])
  })
})

describe('progress and abort', () => {
  test('is told after each batch, of what is to be read, up to all of it', () => {
    const bench = new Bench({ lengths: [2_495], found: [2_400], pieceBytes: 10, good: range(0, 240), lanes: 1 })
    bench.run()
    expect(bench.progress).toEqual([{ pieces: 240, ofPieces: 240, bytes: 2_400, ofBytes: 2_400 }])
    const two = new Bench({ lengths: [2_045], pieceBytes: 1, good: [], lanes: 1 })
    two.run()
    expect(two.progress.map(({ pieces, ofPieces }) => `${pieces}/${ofPieces}`)).toEqual(['1024/2045', '2045/2045'])
  })

  test('after an abort nothing is asked for and nothing is told', () => {
    const bench = new Bench({ lengths: [9 * 2 ** 20], pieceBytes: 2 ** 20, good: [], lanes: 2 })
    bench.check.start(0)
    bench.answer()
    const { reads, progress } = bench
    const before = [reads.length, progress.length]
    bench.check.abort()
    while (bench.answer()) {}
    expect([reads.length, progress.length]).toEqual(before)
    expect(bench.results).toEqual([])
  })
})

describe('fast resume', () => {
  test('claimed pieces of files that have not changed are complete, others missing; some are read all the same', () => {
    const claims = range(0, 100).filter((piece) => piece % 3 !== 0)
    const result = checked({ lengths: [1_000], good: claims, state: { claims } })
    expect(result).toMatchObject({ ...NOTHING_WRONG, complete: claims })
    expect(result.read).toHaveLength(SPOT_CHECK_PIECES)
    expect(result.read.every((piece) => claims.includes(piece))).toBe(true)
    expect(new Set(result.read).size).toBe(SPOT_CHECK_PIECES)
    expect([result.trustedCount, result.verifiedCount]).toEqual([66 - SPOT_CHECK_PIECES, SPOT_CHECK_PIECES])
  })

  test.each<[string, Partial<FileStat>]>([
    ['a file of another size', { lengthBytes: 149 }],
    ['a file of another time', { modifiedMs: 1_001.5 }],
    ['a file that was not there', { lengthBytes: 0, modifiedMs: 0 }],
  ])('%s: every piece it touches is verified, claimed or not, the others are believed', (_, was) => {
    const state = { claims: range(0, 25), was: { 1: was } }
    const result = checked({ lengths: [100, 145, 105], good: range(0, 35), state })
    const touched = range(10, 25) // piece 24 has bytes of the last file too
    expect(result.complete).toEqual(range(0, 25))
    const believed = result.read.filter((piece) => !touched.includes(piece))
    expect(believed).toEqual(range(0, 10)) // fewer than the spot check draws
    expect(result.read.filter((piece) => touched.includes(piece))).toEqual(touched)
  })

  test('claims in a file that has changed and are wrong now are told, but are no lie', () => {
    const state = { claims: [0, 1, 2], was: { 0: { modifiedMs: 1 } } }
    expect(checked({ lengths: [30], good: [0, 2], state })).toMatchObject({
      complete: [0, 2],
      claimedWrongly: [1],
      stateLies: false,
    })
  })

  test('claims in a file that became shorter are told, but are no lie', () => {
    const state = { claims: [0, 1, 2], was: { 0: { lengthBytes: 30 } } }
    expect(checked({ lengths: [30], found: [20], good: [0, 1, 2], state })).toMatchObject({
      complete: [0, 1],
      read: [0, 1],
      claimedWrongly: [2],
      stateLies: false,
    })
  })
})

describe('a state that lies', () => {
  test('a claim beyond the end of a file as the state has it is a lie: all is verified', () => {
    const state = { claims: [0, 2] }
    expect(checked({ lengths: [30], found: [20], good: [0, 1], state })).toMatchObject({
      complete: [0, 1],
      read: [0, 1],
      claimedWrongly: [2],
      stateLies: true,
      trustedCount: 0,
    })
  })

  test('one lie among the pieces that were drawn: all are verified, each once, claimed or not', () => {
    const good = range(0, 40).filter((piece) => piece % 2 === 1)
    const claims = range(0, 30)
    expect(checked({ lengths: [400], good, state: { claims } })).toMatchObject({
      complete: good,
      read: range(0, 40),
      claimedWrongly: range(0, 30).filter((piece) => piece % 2 === 0),
      stateLies: true,
      trustedCount: 0,
      verifiedCount: 20,
      failedCount: 20,
    })
  })

  test('a state that claims nothing of content that has not changed is believed too', () => {
    expect(checked({ lengths: [40], good: range(0, 4), state: { claims: [] } })).toMatchObject({
      ...NOTHING_WRONG,
      complete: [],
      read: [],
    })
  })

  test('progress grows once, when all has to be read', () => {
    const bench = new Bench({ lengths: [400], good: [], state: { claims: range(0, 40) }, lanes: 1 })
    bench.run()
    expect(bench.progress.map(({ pieces, ofPieces }) => `${pieces}/${ofPieces}`)).toEqual(['16/16', '40/40'])
  })
})

test('whatever lies there: what is complete and was read is good, and without a state all that is good is found', () => {
  const cases = fc.record({
    lengths: fc.array(fc.integer({ min: -20, max: 40 }), { minLength: 1, maxLength: 8 }),
    cuts: fc.array(fc.nat(40), { minLength: 8, maxLength: 8 }),
    seed: fc.nat(1_000),
    lanes: fc.integer({ min: 1, max: 4 }),
    believes: fc.boolean(),
  })
  fc.assert(
    fc.property(cases, ({ lengths, cuts, seed, lanes, believes }) => {
      const found = lengths.map((length, index) => Math.max(0, length - (index % 2 === 0 ? 0 : cuts[index]!)))
      const pieceCount = Math.ceil(lengths.reduce((sum, length) => sum + Math.abs(length), 0) / PIECE_BYTES)
      const good = range(0, pieceCount).filter((piece) => (piece * 7 + seed) % 3 !== 0)
      const state = { claims: range(0, pieceCount).filter((piece) => (piece * 5 + seed) % 4 !== 0) }
      const result = checked({ lengths, found, good, lanes, ...(believes ? { state } : {}) })
      const isRead = new Set(result.read)
      expect(result.read.length).toBe(isRead.size)
      for (const piece of result.complete) if (isRead.has(piece)) expect(good).toContain(piece)
      if (!believes || result.stateLies) expect(result.complete).toEqual(result.read.filter((p) => good.includes(p)))
      expect(result.trustedCount + result.verifiedCount).toBe(result.complete.length)
      expect(result.verifiedCount + result.failedCount).toBe(result.read.length)
    }),
  )
})
