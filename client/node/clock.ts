/**
 * Real time for the core: milliseconds since the process started, monotonic.
 *
 * `nodeClock` sleeps in `setTimeout`, so a wake is usually 0 to 2 ms late. `preciseClock` is for the model of a link in
 * real time (1 ms late costs 7 % at RTT 20 ms): it sleeps until 2 ms before a deadline and spins from there, one turn of
 * the event loop at a time, so that sockets and files are served meanwhile.
 *
 * An alarm is in exactly one of: idle; asleep in one timeout; soon, on the list that the next turn of the loop looks at.
 * Moving a deadline later, which happens at every block, changes one number: the timeout fires early and sleeps again.
 */
import type { Alarm, Clock } from '../ports/clock.ts'

/** How long before its deadline a precise alarm stops sleeping: above the 1 ms steps and the usual lag of timeouts. */
export const SPIN_MS = 2

/** The longest that setTimeout can sleep. */
const SLEEP_MS_MAX = 2 ** 31 - 1

export interface PreciseClock extends Clock {
  /** Time spent with a deadline less than `SPIN_MS` away: it kept one core busy, though I/O was served in it. */
  spunMs(): number
}

export interface PreciseClockOptions {
  /** Called before each wake with how late it is. */
  readonly onWake?: (latenessMs: number) => void
}

export function nodeClock(): Clock {
  return new TimeoutClock(0, null)
}

export function preciseClock({ onWake }: PreciseClockOptions = {}): PreciseClock {
  return new TimeoutClock(SPIN_MS, onWake ?? null)
}

class TimeoutClock implements PreciseClock {
  readonly #spinMs: number
  readonly #onWake: ((latenessMs: number) => void) | null
  #soon: TimeoutAlarm[] = []
  #looked: TimeoutAlarm[] = []
  /** Since when turns have followed each other; null when none is coming. */
  #turningSinceMs: number | null = null
  #spunMs = 0

  constructor(spinMs: number, onWake: ((latenessMs: number) => void) | null) {
    this.#spinMs = spinMs
    this.#onWake = onWake
  }

  nowMs(): number {
    return performance.now()
  }

  alarm(wake: (nowMs: number) => void): Alarm {
    return new TimeoutAlarm(this, (nowMs, deadlineMs) => {
      this.#onWake?.(nowMs - deadlineMs)
      wake(nowMs)
    })
  }

  spunMs(): number {
    return this.#spunMs + (this.#turningSinceMs === null ? 0 : performance.now() - this.#turningSinceMs)
  }

  /** Whole ms to sleep for this deadline, at least 1; 0: too near to sleep. A sleep never ends after the spin begins. */
  sleepMs(deadlineMs: number): number {
    const leftMs = deadlineMs - performance.now() - this.#spinMs
    return Math.max(0, Math.min(this.#spinMs > 0 ? Math.floor(leftMs) : Math.ceil(leftMs), SLEEP_MS_MAX))
  }

  /** From when on an alarm with this deadline must be awake. */
  spinStartMs(deadlineMs: number): number {
    return deadlineMs - this.#spinMs
  }

  addSoon(alarm: TimeoutAlarm): void {
    this.#soon.push(alarm)
    if (this.#turningSinceMs !== null) return
    this.#turningSinceMs = performance.now()
    setImmediate(this.#turn)
  }

  /** One look at every alarm that is soon. What is set meanwhile waits for the next turn, so I/O is never starved. */
  readonly #turn = (): void => {
    const looked = this.#soon
    this.#soon = this.#looked
    this.#looked = looked
    for (const alarm of looked) alarm.look()
    looked.length = 0
    if (this.#soon.length > 0) {
      setImmediate(this.#turn)
      return
    }
    this.#spunMs += performance.now() - this.#turningSinceMs!
    this.#turningSinceMs = null
  }
}

type Waiting =
  | { readonly kind: 'idle' }
  | { readonly kind: 'soon' }
  | { readonly kind: 'asleep'; readonly timeout: NodeJS.Timeout; readonly untilMs: number }

const IDLE: Waiting = { kind: 'idle' }
const SOON: Waiting = { kind: 'soon' }

class TimeoutAlarm implements Alarm {
  readonly #clock: TimeoutClock
  readonly #wake: (nowMs: number, deadlineMs: number) => void
  #deadlineMs: number | null = null
  #waiting: Waiting = IDLE

  constructor(clock: TimeoutClock, wake: (nowMs: number, deadlineMs: number) => void) {
    this.#clock = clock
    this.#wake = wake
  }

  set(deadlineMs: number | null): void {
    if (Number.isNaN(deadlineMs)) throw new RangeError('deadline NaN')
    this.#deadlineMs = deadlineMs
    if (this.#waiting.kind === 'soon') return
    if (this.#waiting.kind === 'asleep') {
      if (deadlineMs !== null && this.#waiting.untilMs <= this.#clock.spinStartMs(deadlineMs)) return
      clearTimeout(this.#waiting.timeout)
      this.#waiting = IDLE
    }
    if (deadlineMs !== null) this.#wait(deadlineMs)
  }

  /** The sleep is over, or a turn came by: wakes, waits on, or does nothing when it was disarmed meanwhile. */
  readonly look = (): void => {
    this.#waiting = IDLE
    if (this.#deadlineMs === null) return
    const nowMs = performance.now()
    const deadlineMs = this.#deadlineMs
    if (deadlineMs > nowMs) {
      this.#wait(deadlineMs)
      return
    }
    this.#deadlineMs = null
    this.#wake(nowMs, deadlineMs)
  }

  #wait(deadlineMs: number): void {
    const sleepMs = this.#clock.sleepMs(deadlineMs)
    if (sleepMs > 0) {
      const untilMs = performance.now() + sleepMs
      this.#waiting = { kind: 'asleep', timeout: setTimeout(this.look, sleepMs), untilMs }
      return
    }
    this.#waiting = SOON
    this.#clock.addSoon(this)
  }
}
