/**
 * The request pipeline: which blocks a peer owes us, and how many it may owe at once (its depth).
 *
 * A block is *outstanding* from its request until it arrives, or is voided (choke, time-out, cancel, reject). A voided
 * block may still be on its way; it is *late* then, and welcome. One that was voided and asked for again may come twice:
 * a peer that stalled and goes on answers both requests. With the fast extension (BEP 6) a reject may come in its place.
 *
 * Each call costs the same, however many are outstanding.
 */
import type { BlockRange } from '../metainfo/geometry.ts'
import { AutoDepth } from './auto-depth.ts'

/** A fixed depth is for experiments; `auto` follows the measured rate and round trip. */
export type PipelineDepth = number | 'auto'

/** `auto`, for a peer that does not say how many requests it queues (BEP 10 `reqq`): what libtorrent queues. */
export const AUTO_DEPTH_MAX = 2_000
/** `auto`, whatever it says: 128 MiB in flight are 1 GB/s over 130 ms. */
export const AUTO_DEPTH_LIMIT = 8_192
/** Late blocks remembered; a peer that answers older requests than this sends what nobody asked for. */
export const LATE_MAX = 2 * AUTO_DEPTH_LIMIT

/** Four requests are 68 bytes, and 64 KiB that come. */
const BATCH_MAX = 4

export type Arrival = 'outstanding' | 'late' | 'unsolicited'

interface Outstanding {
  readonly range: BlockRange
  readonly requestedMs: number
  readonly wasAlone: boolean
  /** What had come in all when it went out. */
  readonly deliveredBytes: number
}

export class Pipeline {
  readonly #fixedDepth: number
  readonly #auto: AutoDepth | null
  /** As their `reqq` says; null when they did not. */
  #queueMax: number | null = null
  readonly #outstanding = new Map<number, Outstanding>()
  /** How often each may still come. */
  #late: Map<number, number> = NONE_LATE
  #deliveredBytes = 0
  /** The last request that went out filled it. */
  #wasFilled = false

  constructor(setting: PipelineDepth) {
    this.#auto = setting === 'auto' ? new AutoDepth() : null
    this.#fixedDepth = setting === 'auto' ? 0 : setting
  }

  get depth(): number {
    return Math.min(this.#auto?.depth ?? this.#fixedDepth, this.#queueMax ?? Number.POSITIVE_INFINITY)
  }

  /** How many requests go out together, so that a block does not cost a message each way: fewer where few are owed. */
  get batch(): number {
    return this.#auto === null ? 1 : Math.max(1, Math.min(BATCH_MAX, this.depth >> 2))
  }

  get outstandingCount(): number {
    return this.#outstanding.size
  }

  /** How many requests they queue: no more are sent. */
  setQueueMax(requests: number): void {
    this.#queueMax = Math.max(1, requests)
  }

  isOutstanding(range: BlockRange): boolean {
    return this.#outstanding.has(key(range))
  }

  requested(nowMs: number, range: BlockRange): void {
    const wasAlone = this.#outstanding.size === 0
    const deliveredBytes = this.#deliveredBytes
    this.#outstanding.set(key(range), { range, requestedMs: nowMs, wasAlone, deliveredBytes })
    this.#wasFilled = this.#outstanding.size >= this.depth
  }

  /** A block came in. */
  arrived(nowMs: number, range: BlockRange): Arrival {
    const name = key(range)
    const outstanding = this.#outstanding.get(name)
    if (outstanding === undefined) return this.#takeLate(name) ? 'late' : 'unsolicited'
    this.#deliveredBytes += range.lengthBytes
    if (this.#auto !== null) {
      const { requestedMs, wasAlone } = outstanding
      const deliveredBytes = this.#deliveredBytes - outstanding.deliveredBytes
      const isFull = this.#wasFilled && 2 * this.#outstanding.size >= this.depth
      const depthMax = Math.min(this.#queueMax ?? AUTO_DEPTH_MAX, AUTO_DEPTH_LIMIT)
      this.#auto.delivered(nowMs, { requestedMs, wasAlone, deliveredBytes, isFull }, depthMax)
    }
    this.#outstanding.delete(name)
    return 'outstanding'
  }

  /** A reject came in: it is the answer to one request. */
  rejected(range: BlockRange): Arrival {
    const name = key(range)
    if (this.#outstanding.delete(name)) return 'outstanding'
    return this.#takeLate(name) ? 'late' : 'unsolicited'
  }

  /** False when it was not outstanding. */
  voidOne(range: BlockRange): boolean {
    if (!this.#outstanding.delete(key(range))) return false
    this.#remember(range)
    return true
  }

  /** In the order of their requests; without those that `stays` keeps. */
  voidAll(stays: (range: BlockRange) => boolean = () => false): BlockRange[] {
    const voided: BlockRange[] = []
    for (const [name, { range }] of this.#outstanding) {
      if (stays(range)) continue
      this.#outstanding.delete(name)
      this.#remember(range)
      voided.push(range)
    }
    return voided
  }

  #takeLate(name: number): boolean {
    const lateCount = this.#late.get(name) ?? 0
    if (lateCount === 0) return false
    if (lateCount === 1) this.#late.delete(name)
    else this.#late.set(name, lateCount - 1)
    return true
  }

  #remember(range: BlockRange): void {
    const name = key(range)
    if (this.#late === NONE_LATE) this.#late = new Map()
    const lateCount = this.#late.get(name) ?? 0
    // Out and in again: the last to be voided is the last to be forgotten.
    this.#late.delete(name)
    this.#late.set(name, lateCount + 1)
    if (this.#late.size <= LATE_MAX) return
    const [oldest] = this.#late.keys()
    if (oldest !== undefined) this.#late.delete(oldest)
  }
}

/** Most peers are late with nothing: they share what is empty. Nobody adds to it. */
const NONE_LATE = new Map<number, number>()

/** One number for a block: exact for blocks of 16 KiB, as ours are, however many pieces there are. */
function key({ piece, offsetBytes }: BlockRange): number {
  return piece * 0x1_0000_0000 + offsetBytes
}
