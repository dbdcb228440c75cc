/**
 * A flow that begins slowly: what it is given leaves a segment at a time, as far as the window of ./slow-start.ts lets it,
 * and acknowledgements come back half a round trip after a segment arrived. Once the path is full, units leave whole and
 * nothing is acknowledged.
 */
import type { EventQueue } from './event-queue.ts'
import type { Host } from './host.ts'
import { type LinkRandom, SEGMENT_BYTES } from './loss.ts'
import { Flow, Passage } from './network.ts'
import { type PathState, SlowStart } from './slow-start.ts'

/** From one host to another, as the link of the first has it. */
export function openFlow(queue: EventQueue, random: LinkRandom, from: Host, to: Host, betweenMs = 0): Flow {
  const Kind = from.link.slowStart === true ? SlowFlow : Flow
  return new Kind(queue, random, from, to, betweenMs)
}

/** A unit of which some may have left. */
interface Begun {
  readonly unit: Passage
  bytesLeft: number
}

class SlowFlow extends Flow {
  readonly #window = new SlowStart()
  readonly #waiting: Begun[] = []

  override pass(nowNs: number, unit: Passage): void {
    this.#waiting.push({ unit, bytesLeft: unit.bytes })
    if (this.#waiting.length === 1) this.#pump(nowNs)
  }

  override clear(): void {
    this.#waiting.length = 0
    super.clear()
  }

  override travels(leftNs: number, passage: Passage): void {
    this.#window.left(leftNs)
    super.travels(leftNs, passage)
  }

  /** As TCP does for each segment that came. */
  acknowledges(arrivedNs: number, bytes: number): void {
    this.queue.at(arrivedNs + this.delayNs, (nowNs) => {
      this.#window.acknowledged(bytes)
      this.#pump(nowNs)
    })
  }

  #pump(nowNs: number): void {
    for (let begun = this.#waiting[0]; begun !== undefined; begun = this.#waiting[0]) {
      const allowance = this.#window.allowanceBytes(nowNs, this.#path())
      const isFull = allowance === Number.POSITIVE_INFINITY
      if (allowance <= 0) return
      const bytes = isFull ? begun.bytesLeft : Math.min(begun.bytesLeft, SEGMENT_BYTES, allowance)
      begun.bytesLeft -= bytes
      if (begun.bytesLeft === 0) this.#waiting.shift()
      if (!isFull) this.#window.sent(nowNs, bytes)
      const isWhole = isFull && bytes === begun.unit.bytes
      super.pass(nowNs, isWhole ? begun.unit : new Segment(this, begun, bytes, !isFull))
    }
  }

  #path(): PathState {
    const [up, down] = [this.from.link.upBytesPerSecond, this.to.link.downBytesPerSecond]
    return {
      roundTripNs: 2 * this.delayNs,
      bytesPerSecond: up === null || down === null ? (up ?? down) : Math.min(up, down),
    }
  }
}

/** A part of a unit; the last one brings the unit with it. */
class Segment extends Passage {
  readonly #flow: SlowFlow
  readonly #unit: Passage | null
  readonly #isAcknowledged: boolean

  constructor(flow: SlowFlow, { unit, bytesLeft }: Begun, bytes: number, isAcknowledged: boolean) {
    super(flow, bytes)
    this.#flow = flow
    this.#unit = bytesLeft === 0 ? unit : null
    this.#isAcknowledged = isAcknowledged
  }

  hasLeft(nowNs: number): void {
    this.#unit?.hasLeft(nowNs)
  }

  delivered(nowNs: number): void {
    if (this.#isAcknowledged) this.#flow.acknowledges(nowNs, this.bytes)
    this.#unit?.delivered(nowNs)
  }
}
