import { beforeEach, describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { PartialPiece, type PeerKey } from '../pieces/partial-piece.ts'
import { PieceManager } from '../pieces/piece-manager.ts'
import { seeded } from '../pieces/random.testing.ts'
import type { StorageFault } from '../ports/storage.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import { type CheckOutcome, PieceChecker } from './piece-checker.ts'

const FAULT: StorageFault = { code: 'disk-full', detail: 'a.bin: no space left' }
const [HONEST, LIAR] = [4, 7]

/** Hasher and disk that answer when the test says so, the longest asked first. */
class Bench {
  readonly pieces: PieceManager
  readonly checker: PieceChecker
  readonly outcomes: CheckOutcome[] = []
  readonly #geometry: Geometry
  readonly #hashing: ((nowMs: number, matches: boolean) => void)[] = []
  readonly #writing: ((nowMs: number, fault: StorageFault | null) => void)[] = []

  constructor(geometry: Geometry) {
    this.#geometry = geometry
    this.pieces = new PieceManager(geometry, seeded(1))
    const torrent = { pieceHashes: new Uint8Array(20 * geometry.pieceCount) } as TorrentFile
    const store: Pick<PieceStore, 'write'> = {
      write: (_piece, _parts, done) => {
        this.#writing.push(done)
      },
    }
    const hasher = {
      verify: (_check: unknown, done: (nowMs: number, matches: boolean) => void) => this.#hashing.push(done),
    }
    this.checker = new PieceChecker(torrent, this.pieces, { hasher, store: store as PieceStore }, (_, outcome) =>
      this.outcomes.push(outcome),
    )
  }

  /** A piece whose blocks come from these peers; those of the liar are wrong. */
  check(piece: number, ...senders: readonly PeerKey[]): void {
    const whole = new PartialPiece(this.#geometry, piece as PieceIndex, false)
    for (const [index, sender] of senders.entries()) {
      const { range } = whole.askOpen(sender)!
      whole.receive(range, sender, new Uint8Array(range.lengthBytes).fill(sender === LIAR ? 0xff : index))
    }
    this.checker.check(whole)
  }

  hashed(matches: boolean): void {
    this.#hashing.shift()!(0, matches)
  }

  written(fault: StorageFault | null = null): void {
    this.#writing.shift()!(0, fault)
  }

  takeOutcomes(): CheckOutcome[] {
    return this.outcomes.splice(0)
  }
}

let bench: Bench
beforeEach(() => {
  bench = new Bench(new Geometry(4 * BLOCK_BYTES, 2 * BLOCK_BYTES))
})

describe('a piece', () => {
  test('that matches is told as verified, then written, and complete when it is on the disk', () => {
    bench.check(0, HONEST, HONEST)
    expect([bench.takeOutcomes(), bench.checker.isIdle]).toEqual([[], false])
    bench.hashed(true)
    expect(bench.takeOutcomes()).toEqual([{ kind: 'verified', piece: 0, guilty: [] }])
    expect([bench.pieces.complete.setCount, bench.checker.isIdle]).toEqual([0, false])
    bench.written()
    expect(bench.takeOutcomes()).toEqual([{ kind: 'stored', piece: 0 }])
    expect([bench.pieces.complete.setCount, bench.checker.isIdle]).toEqual([1, true])
  })

  test('that does not match is open again, and convicts its sender where it has but one', () => {
    bench.check(1, LIAR, LIAR)
    bench.hashed(false)
    expect(bench.takeOutcomes()).toEqual([{ kind: 'failed', piece: 1, senders: [LIAR], guilty: [LIAR] }])
    expect([bench.pieces.statusOf(1 as PieceIndex), bench.checker.isIdle]).toEqual(['downloading', true])
  })

  test('of several senders convicts nobody until a good copy is here, and then the liar alone', () => {
    bench.check(0, HONEST, LIAR)
    bench.hashed(false)
    expect(bench.takeOutcomes()).toEqual([{ kind: 'failed', piece: 0, senders: [HONEST, LIAR], guilty: [] }])
    bench.check(0, HONEST, HONEST)
    bench.hashed(true)
    expect(bench.takeOutcomes()).toEqual([{ kind: 'verified', piece: 0, guilty: [LIAR] }])
  })

  test('that cannot be written is open again, with what the system said', () => {
    bench.check(0, HONEST, HONEST)
    bench.hashed(true)
    bench.takeOutcomes()
    bench.written(FAULT)
    expect(bench.takeOutcomes()).toEqual([{ kind: 'storage-failed', piece: 0, fault: FAULT }])
    expect([bench.pieces.statusOf(0 as PieceIndex), bench.checker.isIdle]).toEqual(['downloading', true])
  })

  test('is hashed and written beside others, and each is told for itself', () => {
    bench.check(0, HONEST, HONEST)
    bench.check(1, HONEST, LIAR)
    bench.hashed(true)
    bench.hashed(false)
    expect(bench.takeOutcomes().map(({ kind, piece }) => `${kind} ${piece}`)).toEqual(['verified 0', 'failed 1'])
    expect(bench.checker.isIdle).toBe(false)
    bench.written()
    expect(bench.checker.isIdle).toBe(true)
  })
})

test('64 MiB that are not on the disk yet are too many, a byte less is not', () => {
  const limitBytes = 64 * 1024 * 1024
  // A piece of all but a byte, then one of a byte. What they hold is not looked at.
  bench = new Bench(new Geometry(limitBytes, limitBytes - 1))
  const piece = (index: number) => ({ piece: index, parts: [], senders: [] }) as unknown as PartialPiece
  bench.checker.check(piece(0))
  expect(bench.checker.isBusy).toBe(false)
  bench.checker.check(piece(1))
  expect(bench.checker.isBusy).toBe(true)
  bench.hashed(true)
  bench.hashed(true)
  expect(bench.checker.isBusy).toBe(true)
  bench.written()
  expect([bench.checker.isBusy, bench.checker.isIdle]).toEqual([false, false])
  bench.written()
  expect(bench.checker.isIdle).toBe(true)
})
