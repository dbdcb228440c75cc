/**
 * The sending side of a link: one serialiser, shared fairly between the flows of a host: in turn, and a turn lasts for as
 * many bytes as a whole unit has, as small messages that wait leave in one segment. By units alone a request would wait for
 * a block of every other connection, once for each request before it.
 *
 * A unit leaves at `max(now, busy until) + bytes / rate`. There is no burst credit: idling saves nothing up. At a rate of
 * 0 nothing leaves, until it is another.
 */
import { bytesAfter, transmissionNs } from './downlink.ts'
import type { Due, EventQueue } from './event-queue.ts'
import { UNIT_BYTES_MAX } from './unit.ts'

/** A unit in line; nothing else gets in between its bytes. */
export interface Departure {
  readonly bytes: number
  /** Its last byte has left; its first left `tookNs` before. */
  left(leftNs: number, tookNs: number): void
}

/** One direction of one connection, as its sender's uplink sees it. */
export class UplinkFlow {
  readonly units: Departure[] = []
  /** The receiver takes no more: nothing leaves until it does. */
  isHeld = false
  /** Sent in the turn that it has. */
  turnBytes = 0
}

export class Uplink implements Due {
  readonly #queue: EventQueue
  /** Flows that have something to send and may, the next one first. */
  readonly #waiting: UplinkFlow[] = []
  #rateBytesPerSecond: number | null
  /** What is leaving, and since when; so much of it was left at `#countedNs`. */
  #leaving: Departure | null = null
  #beganNs = 0
  #bytesLeft = 0
  #countedNs = 0
  /** When the last unit left, or this one will. In real time a send may be dated back a little, but never to before this. */
  #busyUntilNs = 0

  constructor(queue: EventQueue, rateBytesPerSecond: number | null) {
    this.#queue = queue
    this.#rateBytesPerSecond = rateBytesPerSecond
  }

  /** From now on, for the unit that is leaving too. */
  setRate(nowNs: number, rateBytesPerSecond: number | null): void {
    const before = this.#rateBytesPerSecond
    this.#rateBytesPerSecond = rateBytesPerSecond
    if (this.#leaving === null || rateBytesPerSecond === before) return
    // One that waited for others to leave may begin only later.
    const countedNs = Math.max(nowNs, this.#countedNs)
    this.#bytesLeft = bytesAfter(this.#bytesLeft, countedNs - this.#countedNs, before)
    this.#countedNs = countedNs
    this.#schedule()
  }

  send(nowNs: number, flow: UplinkFlow, unit: Departure): void {
    flow.units.push(unit)
    if (flow.units.length > 1 || flow.isHeld) return
    this.#waiting.push(flow)
    if (this.#leaving === null) this.#startNext(nowNs)
  }

  /** Drops what has not begun to leave. */
  clear(flow: UplinkFlow): void {
    flow.units.length = 0
    this.#leaveLine(flow)
  }

  hold(flow: UplinkFlow): void {
    flow.isHeld = true
    this.#leaveLine(flow)
  }

  release(nowNs: number, flow: UplinkFlow): void {
    flow.isHeld = false
    if (flow.units.length === 0 || this.#waiting.includes(flow)) return
    this.#waiting.push(flow)
    if (this.#leaving === null) this.#startNext(nowNs)
  }

  /** The unit that was leaving has left; or was to, before the rate changed. */
  due(leftNs: number): void {
    const unit = this.#leaving
    if (unit === null || leftNs !== this.#busyUntilNs) return
    this.#leaving = null
    unit.left(leftNs, leftNs - this.#beganNs)
    if (this.#leaving === null) this.#startNext(leftNs)
  }

  #leaveLine(flow: UplinkFlow): void {
    flow.turnBytes = 0
    const at = this.#waiting.indexOf(flow)
    if (at !== -1) this.#waiting.splice(at, 1)
  }

  #startNext(nowNs: number): void {
    for (let flow = this.#waiting[0]; flow !== undefined; flow = this.#waiting[0]) {
      const unit = flow.units.shift()!
      this.#endTurn(flow, unit)
      this.#busyUntilNs = Math.max(nowNs, this.#busyUntilNs)
      if (unit.bytes > 0 && this.#rateBytesPerSecond !== null) {
        this.#leaving = unit
        this.#beganNs = this.#busyUntilNs
        this.#countedNs = this.#busyUntilNs
        this.#bytesLeft = unit.bytes
        return this.#schedule()
      }
      unit.left(this.#busyUntilNs, 0)
    }
  }

  #schedule(): void {
    this.#busyUntilNs = this.#countedNs + transmissionNs(this.#bytesLeft, this.#rateBytesPerSecond)
    if (Number.isFinite(this.#busyUntilNs)) this.#queue.schedule(this.#busyUntilNs, this)
  }

  /** Where the flow has nothing more, or its next unit does not fit into its turn. */
  #endTurn(flow: UplinkFlow, sent: Departure): void {
    flow.turnBytes += sent.bytes
    const next = flow.units[0]
    if (next !== undefined && flow.turnBytes + next.bytes <= UNIT_BYTES_MAX) return
    flow.turnBytes = 0
    this.#waiting.shift()
    if (next !== undefined) this.#waiting.push(flow)
  }
}
