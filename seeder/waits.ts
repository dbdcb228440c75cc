/** What the behaviours of a peer wait for: each an alarm of its own, all forgotten when the peer stops. */
import type { Alarm, Clock } from '../client/ports/clock.ts'

export class Waits {
  readonly #clock: Clock
  readonly #alarms = new Set<Alarm>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  inMs(delayMs: number, action: () => void): void {
    const alarm = this.#clock.alarm(() => {
      this.#alarms.delete(alarm)
      action()
    })
    this.#alarms.add(alarm)
    alarm.set(this.#clock.nowMs() + delayMs)
  }

  stop(): void {
    for (const alarm of this.#alarms) alarm.set(null)
    this.#alarms.clear()
  }
}
