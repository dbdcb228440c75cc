/**
 * Named timers in one table. They never call anything: the owner asks what is due, and one earliest deadline leaves.
 *
 * Some are put off with every message, on thousands of connections: each has a fixed place in one array of numbers.
 */
export class Timers<Name extends string> {
  readonly #names: readonly Name[]
  /** By name; infinite: not set. */
  readonly #deadlinesMs: number[]

  /** Of two that are due at one time the first named is the first taken. */
  constructor(names: readonly Name[]) {
    this.#names = names
    this.#deadlinesMs = names.map(() => NEVER_MS)
  }

  /** Null stops the timer. */
  set(name: Name, deadlineMs: number | null): void {
    this.#deadlinesMs[this.#names.indexOf(name)] = deadlineMs ?? NEVER_MS
  }

  isSet(name: Name): boolean {
    return this.#deadlinesMs[this.#names.indexOf(name)] !== NEVER_MS
  }

  clear(): void {
    this.#deadlinesMs.fill(NEVER_MS)
  }

  earliestMs(): number | null {
    let earliestMs = NEVER_MS
    for (let at = 0; at < this.#deadlinesMs.length; at++) earliestMs = Math.min(earliestMs, this.#deadlinesMs[at]!)
    return earliestMs === NEVER_MS ? null : earliestMs
  }

  /** One timer that is due, the earliest first, and stops it; null when none is. */
  takeDue(nowMs: number): Name | null {
    const earliestMs = this.earliestMs()
    if (earliestMs === null || earliestMs > nowMs) return null
    const at = this.#deadlinesMs.indexOf(earliestMs)
    this.#deadlinesMs[at] = NEVER_MS
    return this.#names[at]!
  }
}

const NEVER_MS = Number.POSITIVE_INFINITY

/** The earlier of two deadlines, null being never. */
export function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null || a <= b ? a : b
}
