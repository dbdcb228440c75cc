/**
 * The receiving side of a link: one serialiser for all that comes in, in order of arrival, and cut through: a unit that
 * came in slowly enough is through the moment its last byte arrives. Its work counts from its first byte, so at most one
 * unit per flow is ahead of a fluid link.
 *
 * Only the first in line has an event; the others follow it. At a rate of 0 nothing gets through, until it is another.
 */
import type { Due, EventQueue } from './event-queue.ts'

/** A unit that has come in. */
export interface Arrival {
  readonly bytes: number
  /** Between its first byte and its last. */
  readonly tookNs: number
  /** It is through. */
  delivered(nowNs: number): void
}

export class Downlink implements Due {
  readonly #queue: EventQueue
  /** Arrived whole, and not through yet. */
  readonly #inLine: Arrival[] = []
  #rateBytesPerSecond: number | null
  /** Until when the link has work, in its own time; of the first in line, when it is through. */
  #busyUntilNs = 0
  /** Of the first in line, so much was left then. */
  #bytesLeft = 0
  #countedNs = 0

  constructor(queue: EventQueue, rateBytesPerSecond: number | null) {
    this.#queue = queue
    this.#rateBytesPerSecond = rateBytesPerSecond
  }

  /** From now on, for what is in line too. */
  setRate(nowNs: number, rateBytesPerSecond: number | null): void {
    const before = this.#rateBytesPerSecond
    this.#rateBytesPerSecond = rateBytesPerSecond
    if (this.#inLine.length === 0 || rateBytesPerSecond === before) return
    this.#bytesLeft = bytesAfter(this.#bytesLeft, nowNs - this.#countedNs, before)
    this.#countedNs = nowNs
    this.#schedule()
  }

  /** Its last byte came in now. It may be through within this call. */
  receive(nowNs: number, unit: Arrival): void {
    const rate = this.#rateBytesPerSecond
    if (this.#inLine.length === 0) {
      if (rate === null) return unit.delivered(nowNs)
      const startNs = Math.max(this.#busyUntilNs, nowNs - unit.tookNs)
      const throughNs = startNs + transmissionNs(unit.bytes, rate)
      if (throughNs <= nowNs) {
        this.#busyUntilNs = throughNs
        return unit.delivered(nowNs)
      }
      this.#inLine.push(unit)
      return this.#begin(startNs, unit)
    }
    this.#inLine.push(unit)
  }

  /** The first in line is through; or was to be, before the rate changed. */
  due(nowNs: number): void {
    if (nowNs !== this.#busyUntilNs || this.#inLine.length === 0) return
    const unit = this.#inLine.shift()!
    const next = this.#inLine[0]
    if (next !== undefined) this.#begin(nowNs, next)
    unit.delivered(nowNs)
  }

  #begin(startNs: number, unit: Arrival): void {
    this.#bytesLeft = unit.bytes
    this.#countedNs = startNs
    this.#schedule()
  }

  #schedule(): void {
    this.#busyUntilNs = this.#countedNs + transmissionNs(this.#bytesLeft, this.#rateBytesPerSecond)
    if (Number.isFinite(this.#busyUntilNs)) this.#queue.schedule(this.#busyUntilNs, this)
  }
}

/** How long so many bytes take. Infinity at a rate of 0. */
export function transmissionNs(bytes: number, rateBytesPerSecond: number | null): number {
  if (rateBytesPerSecond === null || bytes === 0) return 0
  return Math.round((bytes * 1e9) / rateBytesPerSecond)
}

/** What is left of so many bytes; null is a rate at which none are. */
export function bytesAfter(bytes: number, passedNs: number, rateBytesPerSecond: number | null): number {
  return rateBytesPerSecond === null ? 0 : Math.max(0, bytes - (passedNs * rateBytesPerSecond) / 1e9)
}
