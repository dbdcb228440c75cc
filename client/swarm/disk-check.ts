/**
 * At the start: which pieces are on the disk already? Every piece whose bytes are there is read and hashed, several side
 * by side, unless a resume state is believed (./disk-check-plan.ts). Of what is believed some pieces, drawn by chance,
 * are hashed all the same: one that is wrong though its files look untouched makes the state a liar, and nothing of it is
 * believed.
 *
 * Nothing is written. A piece that cannot be read is missing, not a fault: what is wrong with the disk shows when it is
 * written.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { PieceVerifier, Verdict } from '../ports/piece-verifier.ts'
import type { Random } from '../ports/random.ts'
import type { FileStat, StorageFault } from '../ports/storage.ts'
import type { ResumeState } from '../storage/resume-state.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { type CheckedContent, type DiskPlan, planDiskCheck } from './disk-check-plan.ts'

/** Pieces handed out together, so that short ones cost no more than long ones; progress is told as often. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_PIECES_MAX = 1_024

/** A state that is wrong about one piece in ten is found out with 81 %, about one in four with 99 %. */
export const SPOT_CHECK_PIECES = 16

export interface DiskCheckInput {
  readonly content: CheckedContent
  /** As the storage found them. */
  readonly files: readonly FileStat[]
  readonly verifier: PieceVerifier
  /** Null: nothing is believed. The state is of this content (`parseResumeState` saw to it). */
  readonly trust: { readonly state: Pick<ResumeState, 'complete' | 'files'>; readonly random: Random } | null
}

export interface DiskCheckOwner {
  /** After each batch. Of what is to be read; that grows once, when a state turns out to lie. */
  progressed(nowMs: number, progress: DiskCheckProgress): void
  /** Once, and not after `abort`. During `start` where nothing is to be read. */
  checked(nowMs: number, result: DiskCheckResult): void
}

export interface DiskCheckProgress {
  readonly pieces: number
  readonly ofPieces: number
  readonly bytes: number
  readonly ofBytes: number
}

export interface DiskCheckResult {
  /** Believed or verified. */
  readonly complete: Bitfield
  /** Complete on the word of the state alone. */
  readonly trustedCount: number
  /** Read, and as they should be. */
  readonly verifiedCount: number
  /** Read, and not as they should be, or not readable. */
  readonly failedCount: number
  /** What the state claimed and is not so, in ascending order. */
  readonly claimedWrongly: readonly PieceIndex[]
  /** It claimed a piece wrongly in files that have not changed since. */
  readonly stateLies: boolean
  /** Why a piece could not be read, of the first that could not. */
  readonly fault: StorageFault | null
}

type Phase = 'new' | 'spot-check' | 'reading' | 'over'

export class DiskCheck {
  readonly #input: DiskCheckInput
  readonly #owner: DiskCheckOwner
  readonly #plan: DiskPlan
  readonly #complete: Bitfield
  readonly #verified: Bitfield
  readonly #claimedWrongly: PieceIndex[] = []
  #phase: Phase = 'new'
  #queue: readonly PieceIndex[] = []
  #queueAt = 0
  #underWay = 0
  #stateLies = false
  #fault: StorageFault | null = null
  #failedCount = 0
  #progress: DiskCheckProgress = { pieces: 0, ofPieces: 0, bytes: 0, ofBytes: 0 }

  constructor(input: DiskCheckInput, owner: DiskCheckOwner) {
    const { content, files, trust } = input
    this.#input = input
    this.#owner = owner
    this.#plan = planDiskCheck(content, files, trust?.state ?? null)
    this.#complete = new Bitfield(content.geometry.pieceCount)
    this.#verified = new Bitfield(content.geometry.pieceCount)
  }

  /** To be called once. */
  start(nowMs: number): void {
    const { brokenPromises, believed } = this.#plan
    for (const { piece, isLie } of brokenPromises) {
      this.#claimedWrongly.push(piece)
      if (isLie) this.#stateLies = true
    }
    this.#phase = 'spot-check'
    this.#enqueue(this.#stateLies ? [] : drawn(believed, SPOT_CHECK_PIECES, this.#input.trust?.random))
    this.#proceed(nowMs)
  }

  /** Nothing is told any more. */
  abort(): void {
    this.#phase = 'over'
  }

  #proceed(nowMs: number): void {
    if (this.#phase === 'over') return
    const { verifier } = this.#input
    while (this.#underWay < verifier.lanes && this.#queueAt < this.#queue.length) this.#verifyBatch(this.#takeBatch())
    if (this.#underWay > 0) return
    if (this.#phase === 'spot-check') this.#afterSpotCheck(nowMs)
    else this.#finish(nowMs)
  }

  #verifyBatch(pieces: readonly PieceIndex[]): void {
    this.#underWay++
    this.#input.verifier.verify(pieces, (nowMs, verdict) => {
      if (this.#phase === 'over') return
      this.#underWay--
      this.#judge(pieces, verdict)
      this.#owner.progressed(nowMs, this.#progress)
      this.#proceed(nowMs)
    })
  }

  #judge(pieces: readonly PieceIndex[], { matches, fault }: Verdict): void {
    this.#fault ??= fault
    const claims = this.#input.trust?.state.complete
    for (const [index, piece] of pieces.entries()) {
      if (matches[index] === true) {
        this.#complete.set(piece)
        this.#verified.set(piece)
        continue
      }
      this.#failedCount++
      if (claims?.has(piece) === true) this.#claimedWrongly.push(piece)
      if (this.#phase === 'spot-check') this.#stateLies = true
    }
    const bytes = this.#progress.bytes + this.#bytesOf(pieces)
    this.#progress = { ...this.#progress, pieces: this.#progress.pieces + pieces.length, bytes }
  }

  #afterSpotCheck(nowMs: number): void {
    const { believed, believedMissing, unsure } = this.#plan
    this.#phase = 'reading'
    if (this.#stateLies) {
      const spotted = new Set(this.#queue)
      const all = [...believed.filter((piece) => !spotted.has(piece)), ...believedMissing, ...unsure]
      this.#enqueue(all.sort((a, b) => a - b))
    } else {
      for (const piece of believed) this.#complete.set(piece)
      this.#enqueue(unsure)
    }
    this.#proceed(nowMs)
  }

  #finish(nowMs: number): void {
    this.#phase = 'over'
    this.#owner.checked(nowMs, {
      complete: this.#complete,
      trustedCount: this.#complete.setCount - this.#verified.setCount,
      verifiedCount: this.#verified.setCount,
      failedCount: this.#failedCount,
      claimedWrongly: this.#claimedWrongly.sort((a, b) => a - b),
      stateLies: this.#stateLies,
      fault: this.#fault,
    })
  }

  #enqueue(pieces: readonly PieceIndex[]): void {
    this.#queue = pieces
    this.#queueAt = 0
    const { ofPieces, ofBytes } = this.#progress
    this.#progress = {
      ...this.#progress,
      ofPieces: ofPieces + pieces.length,
      ofBytes: ofBytes + this.#bytesOf(pieces),
    }
  }

  #takeBatch(): readonly PieceIndex[] {
    const { pieceLengthBytes } = this.#input.content.geometry
    const count = Math.min(Math.max(1, Math.floor(BATCH_BYTES / pieceLengthBytes)), BATCH_PIECES_MAX)
    const batch = this.#queue.slice(this.#queueAt, this.#queueAt + count)
    this.#queueAt += batch.length
    return batch
  }

  #bytesOf(pieces: readonly PieceIndex[]): number {
    return pieces.reduce((sum, piece) => sum + this.#input.content.geometry.pieceBytes(piece), 0)
  }
}

/** Some of them, each as likely as another, in ascending order. */
function drawn(pieces: readonly PieceIndex[], countMax: number, random: Random | undefined): readonly PieceIndex[] {
  if (random === undefined) return []
  const left = [...pieces]
  const taken: PieceIndex[] = []
  while (taken.length < countMax && left.length > 0) {
    const at = random.below(left.length)
    taken.push(left[at]!)
    left[at] = left.at(-1)!
    left.pop()
  }
  return taken.sort((a, b) => a - b)
}
