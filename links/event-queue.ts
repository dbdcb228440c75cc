/**
 * What happens next: actions ordered by (time in integer nanoseconds, order of scheduling). A binary heap.
 *
 * An action is given the time it was due, never the time somebody woke up: due times are made from due times only.
 */
export type Action = (dueNs: number) => void

interface Entry {
  readonly dueNs: number
  readonly sequence: number
  /** Null: cancelled. */
  action: Action | null
}

export interface Scheduled {
  cancel(): void
}

export class EventQueue {
  readonly #heap: Entry[] = []
  #sequence = 0

  /** Null when nothing is scheduled. */
  get nextNs(): number | null {
    return this.#first()?.dueNs ?? null
  }

  at(dueNs: number, action: Action): Scheduled {
    const entry: Entry = { dueNs, sequence: this.#sequence++, action }
    this.#heap.push(entry)
    this.#siftUp(this.#heap.length - 1)
    return {
      cancel: () => {
        entry.action = null
      },
    }
  }

  /** Runs the earliest action if it is due by `limitNs`; gives its time, or null when none was. */
  runNext(limitNs: number): number | null {
    const first = this.#first()
    if (first === undefined || first.dueNs > limitNs) return null
    this.#dropFirst()
    first.action?.(first.dueNs)
    return first.dueNs
  }

  /** The earliest that was not cancelled. A cancelled one stays in the heap until it is first. */
  #first(): Entry | undefined {
    while (this.#heap[0]?.action === null) this.#dropFirst()
    return this.#heap[0]
  }

  #dropFirst(): void {
    const last = this.#heap.pop()!
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    this.#siftDown(0)
  }

  #siftUp(start: number): void {
    const entry = this.#heap[start]!
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(entry, this.#heap[parent]!)) break
      this.#heap[at] = this.#heap[parent]!
      at = parent
    }
    this.#heap[at] = entry
  }

  #siftDown(start: number): void {
    const entry = this.#heap[start]!
    let at = start
    for (;;) {
      const left = at * 2 + 1
      if (left >= this.#heap.length) break
      const right = left + 1
      const child = right < this.#heap.length && before(this.#heap[right]!, this.#heap[left]!) ? right : left
      if (!before(this.#heap[child]!, entry)) break
      this.#heap[at] = this.#heap[child]!
      at = child
    }
    this.#heap[at] = entry
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.sequence < b.sequence)
}
