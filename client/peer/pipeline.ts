/**
 * The request pipeline: which blocks a peer owes us, and how many it may owe at once (its depth).
 *
 * A block is *outstanding* from its request until it arrives, or is voided (choke, time-out, cancel). A voided block
 * may still be on its way; it is *late* then, and welcome. One that was voided and asked for again may come twice: a peer
 * that stalled and goes on answers both requests.
 */
import type { BlockRange } from '../metainfo/geometry.ts'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'

/** A fixed depth is for experiments; `auto` follows the measured rate. */
export type PipelineDepth = number | 'auto'

/** `auto`: no less than this, so that a rate can be measured. */
const AUTO_DEPTH_MIN = 4
/** `auto`: 2,000 blocks are 31 MiB in flight, 250 MB/s over 125 ms; libtorrent's default reqq is 2,000 too. */
export const AUTO_DEPTH_MAX = 2_000
/** `auto`: a second's worth of blocks fills any path with a round trip of up to a second. */
const AUTO_HORIZON_SECONDS = 1
/** Late blocks remembered; a peer that answers older requests than this sends what nobody asked for. */
const LATE_MAX = 4_096

export type Arrival = 'outstanding' | 'late' | 'unsolicited'

export class Pipeline {
  readonly #setting: PipelineDepth
  readonly #outstanding = new Map<string, BlockRange>()
  /** How often each may still come. */
  readonly #late = new Map<string, number>()
  #depth: number

  constructor(setting: PipelineDepth) {
    this.#setting = setting
    this.#depth = setting === 'auto' ? AUTO_DEPTH_MIN : setting
  }

  get depth(): number {
    return this.#depth
  }

  get outstandingCount(): number {
    return this.#outstanding.size
  }

  isOutstanding(range: BlockRange): boolean {
    return this.#outstanding.has(key(range))
  }

  requested(range: BlockRange): void {
    this.#outstanding.set(key(range), range)
  }

  /** A block came in. `auto` grows by at most one a block: slow start, which doubles the depth each round trip. */
  arrived(range: BlockRange, rateBytesPerSecond: number): Arrival {
    const name = key(range)
    if (this.#outstanding.delete(name)) {
      if (this.#setting === 'auto') this.#adapt(rateBytesPerSecond)
      return 'outstanding'
    }
    const lateCount = this.#late.get(name) ?? 0
    if (lateCount === 0) return 'unsolicited'
    if (lateCount === 1) this.#late.delete(name)
    else this.#late.set(name, lateCount - 1)
    return 'late'
  }

  /** False when it was not outstanding. */
  voidOne(range: BlockRange): boolean {
    if (!this.#outstanding.delete(key(range))) return false
    this.#remember(range)
    return true
  }

  /** In the order of their requests. */
  voidAll(): BlockRange[] {
    const voided = [...this.#outstanding.values()]
    this.#outstanding.clear()
    for (const range of voided) this.#remember(range)
    return voided
  }

  #remember(range: BlockRange): void {
    const name = key(range)
    const lateCount = this.#late.get(name) ?? 0
    // Out and in again: the last to be voided is the last to be forgotten.
    this.#late.delete(name)
    this.#late.set(name, lateCount + 1)
    if (this.#late.size <= LATE_MAX) return
    const [oldest] = this.#late.keys()
    if (oldest !== undefined) this.#late.delete(oldest)
  }

  #adapt(rateBytesPerSecond: number): void {
    const target = AUTO_DEPTH_MIN + Math.ceil((rateBytesPerSecond * AUTO_HORIZON_SECONDS) / BLOCK_BYTES)
    this.#depth = Math.min(target, this.#depth + 1, AUTO_DEPTH_MAX)
  }
}

function key(range: BlockRange): string {
  return `${range.piece}:${range.offsetBytes}`
}
