/** Named timers in one table. They never call anything: the owner asks what is due, and one earliest deadline leaves. */
export class Timers<Name extends string> {
  readonly #deadlines = new Map<Name, number>()

  /** Null stops the timer. */
  set(name: Name, deadlineMs: number | null): void {
    if (deadlineMs === null) this.#deadlines.delete(name)
    else this.#deadlines.set(name, deadlineMs)
  }

  isSet(name: Name): boolean {
    return this.#deadlines.has(name)
  }

  clear(): void {
    this.#deadlines.clear()
  }

  earliestMs(): number | null {
    let earliest: number | null = null
    for (const deadlineMs of this.#deadlines.values()) {
      if (earliest === null || deadlineMs < earliest) earliest = deadlineMs
    }
    return earliest
  }

  /** One timer that is due, the earliest first, and stops it; null when none is. */
  takeDue(nowMs: number): Name | null {
    let due: Name | null = null
    let dueMs = Number.POSITIVE_INFINITY
    for (const [name, deadlineMs] of this.#deadlines) {
      if (deadlineMs <= nowMs && deadlineMs < dueMs) {
        due = name
        dueMs = deadlineMs
      }
    }
    if (due !== null) this.#deadlines.delete(due)
    return due
  }
}

/** The earlier of two deadlines, null being never. */
export function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null || a <= b ? a : b
}
