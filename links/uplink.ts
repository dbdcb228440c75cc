/**
 * The sending side of a link: one serialiser, shared fairly between the flows of a host: in turn, and a turn lasts for as
 * many bytes as a whole unit has, as small messages that wait leave in one segment. By units alone a request would wait for
 * a block of every other connection, once for each request before it.
 *
 * A unit leaves at `max(now, busy until) + bytes / rate`. There is no burst credit: idling saves nothing up.
 */
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
  /** What is leaving, and for how long it has been when it has left. */
  #leaving: Departure | null = null
  #leavingTookNs = 0
  /** When the last unit left. In real time a send may be dated back a little, but never to before this. */
  #busyUntilNs = 0

  constructor(queue: EventQueue, rateBytesPerSecond: number | null) {
    this.#queue = queue
    this.#rateBytesPerSecond = rateBytesPerSecond
  }

  /** From the next unit on; the one that is leaving leaves as it began. */
  setRate(rateBytesPerSecond: number | null): void {
    this.#rateBytesPerSecond = rateBytesPerSecond
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

  /** The unit that was leaving has left. */
  due(leftNs: number): void {
    const unit = this.#leaving!
    this.#leaving = null
    unit.left(leftNs, this.#leavingTookNs)
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
      const tookNs = this.#transmissionNs(unit.bytes)
      this.#busyUntilNs = Math.max(nowNs, this.#busyUntilNs) + tookNs
      if (tookNs > 0) {
        this.#leaving = unit
        this.#leavingTookNs = tookNs
        this.#queue.schedule(this.#busyUntilNs, this)
        return
      }
      unit.left(this.#busyUntilNs, 0)
    }
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

  #transmissionNs(bytes: number): number {
    if (this.#rateBytesPerSecond === null) return 0
    return Math.round((bytes * 1e9) / this.#rateBytesPerSecond)
  }
}
