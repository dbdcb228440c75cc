/**
 * A timeline paced by a real clock: an event runs when the clock has reached its time, a little late, but what it
 * schedules counts from when it was due. So lateness never adds up, and a link keeps its rate exactly.
 */
import type { Alarm, Clock } from '../client/ports/clock.ts'
import { msToNs, NS_PER_MS } from './link.ts'
import { Timeline } from './timeline.ts'

/** Less is what any timer and any turn of an event loop costs. */
const BEHIND_NS = NS_PER_MS

export class PacedTimeline extends Timeline {
  readonly #realClock: Clock
  readonly #alarm: Alarm
  /** How late an event ran, in real time. */
  readonly #ranLate: (latenessMs: number) => void
  #isRunning = false
  #workedMs = 0
  #behindMs = 0

  constructor(realClock: Clock, ranLate: (latenessMs: number) => void = () => {}) {
    super(msToNs(realClock.nowMs()), () => this.#arm())
    this.#realClock = realClock
    this.#ranLate = ranLate
    this.#alarm = realClock.alarm(() => this.#work(() => this.#runDue()))
  }

  /** Real time spent in events and entries, so far. */
  get workedMs(): number {
    return this.#workedMs
  }

  /** Real time in which an event was overdue by more than a millisecond, so far. */
  get behindMs(): number {
    return this.#behindMs
  }

  /** How far the real present is ahead of this timeline's: within an event, how late it runs. */
  get lagNs(): number {
    return Math.max(0, msToNs(this.#realClock.nowMs()) - this.nowNs)
  }

  /** Something came from outside, now. What was due before it runs first; then `action`, at the real present. */
  enter(action: (nowMs: number) => void): void {
    this.#work(() => {
      this.advanceTo(this.#runDue())
      action(this.nowMs)
    })
  }

  /** Outside of events the present is the real one, as far as no event that is due is left behind. */
  override call(action: () => void): void {
    if (this.#isRunning) return action()
    const realNs = msToNs(this.#realClock.nowMs())
    this.advanceTo(Math.min(realNs, this.queue.nextNs ?? realNs))
    action()
    this.#arm()
  }

  #work(action: () => void): void {
    const fromMs = this.#realClock.nowMs()
    this.#isRunning = true
    action()
    this.#isRunning = false
    this.#arm()
    this.#workedMs += this.#realClock.nowMs() - fromMs
  }

  #runDue(): number {
    const nowNs = msToNs(this.#realClock.nowMs())
    const behindNs = nowNs - (this.queue.nextNs ?? nowNs)
    if (behindNs > BEHIND_NS) this.#behindMs += behindNs / NS_PER_MS
    for (let dueNs = this.step(nowNs); dueNs !== null; dueNs = this.step(nowNs)) {
      this.#ranLate((nowNs - dueNs) / NS_PER_MS)
    }
    return nowNs
  }

  #arm(): void {
    if (this.#isRunning) return
    const nextNs = this.queue.nextNs
    this.#alarm.set(nextNs === null ? null : nextNs / NS_PER_MS)
  }
}
