/**
 * Time, as the core sees it. Every call into the core carries `nowMs`; an object that needs waking later holds one
 * `Alarm` and sets it to its earliest deadline. Virtual in the simulator, monotonic in `client/node`.
 *
 * Unit: milliseconds since an origin that the clock chooses, fractions allowed. It never goes backwards.
 */
export interface Clock {
  nowMs(): number
  /** `wake` is called once per deadline set, never during a call of `set`, and never before the deadline. */
  alarm(wake: (nowMs: number) => void): Alarm
}

export interface Alarm {
  /** Replaces the deadline set before; null disarms. A deadline that has passed wakes as soon as possible. */
  set(deadlineMs: number | null): void
}
