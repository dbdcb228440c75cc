/** A real clock as a test has it: time passes when the test says so, and a wake comes so much too late. */
import type { Clock } from '../client/ports/clock.ts'

interface Armed {
  deadlineMs: number | null
  readonly wake: (nowMs: number) => void
}

export class LateClock implements Clock {
  /** How late the next wake comes; asked at every wake. */
  latenessMs: () => number = () => 0
  #nowMs: number
  readonly #alarms: Armed[] = []

  constructor(nowMs = 0) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  alarm(wake: (nowMs: number) => void) {
    const armed: Armed = { deadlineMs: null, wake }
    this.#alarms.push(armed)
    return {
      set: (deadlineMs: number | null) => {
        armed.deadlineMs = deadlineMs
      },
    }
  }

  /** The earliest that is set. */
  get deadlineMs(): number | null {
    return this.#earliest()?.deadlineMs ?? null
  }

  /** Time passes, and nobody is woken: the machine does something else. */
  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** Wakes whoever is due, until nobody is due by then; late wakes may take it further. */
  runUntil(endMs: number): void {
    for (let next = this.#earliest(); next !== null && next.deadlineMs! <= endMs; next = this.#earliest()) {
      this.#nowMs = Math.max(this.#nowMs, next.deadlineMs! + this.latenessMs())
      next.deadlineMs = null
      next.wake(this.#nowMs)
    }
    this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  #earliest(): Armed | null {
    let earliest: Armed | null = null
    for (const armed of this.#alarms) {
      if (armed.deadlineMs === null) continue
      if (earliest === null || armed.deadlineMs < earliest.deadlineMs!) earliest = armed
    }
    return earliest
  }
}
