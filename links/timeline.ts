/**
 * A timeline: an event queue, the present moment, and the Clock that code living on it sees.
 *
 * Somebody else decides when the next event runs: the simulator at once, `PacedTimeline` when the real clock gets there.
 * While an event runs the present is the time it was due, so that what follows from it is due exactly too.
 */
import type { Alarm, Clock } from '../client/ports/clock.ts'
import { EventQueue, type Scheduled } from './event-queue.ts'
import { NS_PER_MS } from './link.ts'

export class Timeline {
  readonly queue = new EventQueue()
  readonly clock: Clock
  /** After every call that may have scheduled something; the owner rearms. */
  readonly #scheduled: () => void
  #nowNs: number

  constructor(nowNs: number, scheduled: () => void = () => {}) {
    this.#nowNs = nowNs
    this.#scheduled = scheduled
    this.clock = {
      nowMs: () => this.nowMs,
      alarm: (wake) => this.#alarm(wake),
    }
  }

  get nowNs(): number {
    return this.#nowNs
  }

  get nowMs(): number {
    return this.nowNs / NS_PER_MS
  }

  /** Somebody on this timeline calls: `action` runs now, at the present. Nothing else does, so no port calls back. */
  call(action: () => void): void {
    action()
  }

  /** `action` runs after this call has returned, at the present instant: how a port answers without calling back. */
  soon(action: (nowMs: number) => void): Scheduled {
    return this.inMs(0, action)
  }

  inMs(delayMs: number, action: (nowMs: number) => void): Scheduled {
    const scheduled = this.queue.at(this.nowNs + Math.round(delayMs * NS_PER_MS), (dueNs) => action(dueNs / NS_PER_MS))
    this.#scheduled()
    return scheduled
  }

  /** Runs the next event if it is due by `limitNs`; gives its time, or null. */
  step(limitNs: number): number | null {
    const nextNs = this.queue.nextNs
    if (nextNs === null || nextNs > limitNs) return null
    this.#nowNs = Math.max(this.#nowNs, nextNs)
    this.queue.runNext(limitNs)
    return nextNs
  }

  /** The present moves on, with no event left behind it. */
  advanceTo(nowNs: number): void {
    this.#nowNs = Math.max(this.#nowNs, nowNs)
  }

  /**
   * A deadline that moves later leaves its event where it is: it finds nothing due, and goes on to where it moved. So one
   * that is put off with every message costs nothing.
   */
  #alarm(wake: (nowMs: number) => void): Alarm {
    let wantedNs: number | null = null
    let armedNs = Number.POSITIVE_INFINITY
    let armed: Scheduled | null = null
    const arm = (dueNs: number): void => {
      armed?.cancel()
      armedNs = dueNs
      armed = this.queue.at(dueNs, due)
      this.#scheduled()
    }
    const due = (dueNs: number): void => {
      armed = null
      armedNs = Number.POSITIVE_INFINITY
      if (wantedNs === null) return
      if (wantedNs > dueNs) return arm(wantedNs)
      wantedNs = null
      wake(dueNs / NS_PER_MS)
    }
    return {
      set: (deadlineMs) => {
        wantedNs = deadlineMs === null ? null : Math.max(this.nowNs, notBeforeNs(deadlineMs))
        if (wantedNs === null) {
          armed?.cancel()
          armedNs = Number.POSITIVE_INFINITY
        } else if (wantedNs < armedNs) arm(wantedNs)
      },
    }
  }
}

/**
 * The first whole nanosecond whose time in ms is not before the deadline. A woken alarm that finds its deadline still
 * ahead by the last bit of a float would be set again, and woken again, at one instant for ever.
 */
function notBeforeNs(deadlineMs: number): number {
  const dueNs = Math.ceil(deadlineMs * NS_PER_MS)
  return dueNs / NS_PER_MS < deadlineMs ? dueNs + 1 : dueNs
}
