/**
 * A clock that jumps ahead and runs at another rate, over one that does not. As every Clock it never goes back, and an
 * alarm never wakes early: what it is set to counts in this clock's own time.
 */
import type { Alarm, Clock } from '../../client/ports/clock.ts'

interface SkewedAlarm {
  deadlineMs: number | null
  readonly inner: Alarm
}

export class SkewedClock implements Clock {
  readonly #inner: Clock
  readonly #alarms = new Set<SkewedAlarm>()
  /** At this moment of the inner clock it showed that, and has run at this rate since. */
  #sinceMs: number
  #shownMs: number
  #rate = 1
  #jumpedMs = 0

  constructor(inner: Clock) {
    this.#inner = inner
    this.#sinceMs = inner.nowMs()
    this.#shownMs = this.#sinceMs
  }

  nowMs(): number {
    return this.#shownMs + (this.#inner.nowMs() - this.#sinceMs) * this.#rate
  }

  /** As it would be had it never jumped: for what time alone has to bring about. */
  get steadyMs(): number {
    return this.nowMs() - this.#jumpedMs
  }

  jump(byMs: number): void {
    this.#jumpedMs += byMs
    this.#change(byMs, this.#rate)
  }

  setRate(rate: number): void {
    this.#change(0, rate)
  }

  alarm(wake: (nowMs: number) => void): Alarm {
    const alarm: SkewedAlarm = {
      deadlineMs: null,
      inner: this.#inner.alarm(() => {
        const { deadlineMs } = alarm
        if (deadlineMs === null) return
        // The last bit of a float: rather that than an alarm that is set again at one instant for ever.
        if (this.nowMs() < deadlineMs) this.#change(deadlineMs - this.nowMs(), this.#rate)
        alarm.deadlineMs = null
        wake(Math.max(this.nowMs(), deadlineMs))
      }),
    }
    this.#alarms.add(alarm)
    return {
      set: (deadlineMs) => {
        alarm.deadlineMs = deadlineMs
        this.#arm(alarm)
      },
    }
  }

  #change(byMs: number, rate: number): void {
    this.#shownMs = this.nowMs() + byMs
    this.#sinceMs = this.#inner.nowMs()
    this.#rate = rate
    for (const alarm of this.#alarms) this.#arm(alarm)
  }

  #arm({ deadlineMs, inner }: SkewedAlarm): void {
    inner.set(deadlineMs === null ? null : this.#sinceMs + (deadlineMs - this.#shownMs) / this.#rate)
  }
}
