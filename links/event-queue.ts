/**
 * What happens next: actions ordered by (time in integer nanoseconds, order of scheduling).
 *
 * A heap of four branches, whose keys stand in arrays of numbers of their own: with a million events waiting, comparing two
 * must not touch two objects. What is due at the very instant that runs does not go through the heap: it stands in line.
 * An action is given the time it was due, never the time somebody woke up: due times are made from due times only.
 */
export type Action = (dueNs: number) => void

/** Something that knows itself what to do when its time has come: one object may be scheduled again and again. */
export interface Due {
  due(dueNs: number): void
}

export interface Scheduled {
  cancel(): void
}

class Entry implements Scheduled, Due {
  /** Null: cancelled, or over. */
  #action: Action | null

  constructor(action: Action) {
    this.#action = action
  }

  get isCancelled(): boolean {
    return this.#action === null
  }

  cancel(): void {
    this.#action = null
  }

  due(dueNs: number): void {
    const action = this.#action!
    this.#action = null
    action(dueNs)
  }
}

const BRANCHES = 4
const FIRST_CAPACITY = 64

export class EventQueue {
  #dueNs = new Float64Array(FIRST_CAPACITY)
  #sequences = new Float64Array(FIRST_CAPACITY)
  readonly #heap: Due[] = []
  #sequence = 0
  /** When the last one that ran was due; those in `#line` are due then too, from `#lineAt` on. */
  #lastNs = Number.NaN
  #lineNs = Number.NaN
  readonly #line: Due[] = []
  readonly #lineSequences: number[] = []
  #lineAt = 0

  /** Null when nothing is scheduled. */
  get nextNs(): number | null {
    this.#dropCancelled()
    if (this.#isLineNext()) return this.#lineNs
    return this.#heap.length === 0 ? null : this.#dueNs[0]!
  }

  at(dueNs: number, action: Action): Scheduled {
    const entry = new Entry(action)
    this.schedule(dueNs, entry)
    return entry
  }

  /** As `at`, for what is never cancelled. */
  schedule(dueNs: number, due: Due): void {
    if (dueNs === this.#lastNs && (this.#line.length === 0 || this.#lineNs === dueNs)) {
      this.#lineNs = dueNs
      this.#line.push(due)
      this.#lineSequences.push(this.#sequence++)
      return
    }
    const last = this.#heap.length
    if (last === this.#dueNs.length) this.#grow()
    this.#heap.push(due)
    this.#siftUp(last, dueNs, this.#sequence++, due)
  }

  /** Runs the earliest action if it is due by `limitNs`; gives its time, or null when none was. */
  runNext(limitNs: number): number | null {
    this.#dropCancelled()
    const isLineNext = this.#isLineNext()
    if (!isLineNext && this.#heap.length === 0) return null
    const dueNs = isLineNext ? this.#lineNs : this.#dueNs[0]!
    if (dueNs > limitNs) return null
    const next = isLineNext ? this.#line[this.#lineAt]! : this.#heap[0]!
    if (isLineNext) this.#dropFirstInLine()
    else this.#dropFirst()
    this.#lastNs = dueNs
    next.due(dueNs)
    return dueNs
  }

  #isLineNext(): boolean {
    if (this.#lineAt === this.#line.length) return false
    if (this.#heap.length === 0) return true
    const dueNs = this.#dueNs[0]!
    return this.#lineNs < dueNs || (this.#lineNs === dueNs && this.#lineSequences[this.#lineAt]! < this.#sequences[0]!)
  }

  /** A cancelled one stays where it is until it is first. */
  #dropCancelled(): void {
    while (this.#lineAt < this.#line.length && isCancelled(this.#line[this.#lineAt]!)) this.#dropFirstInLine()
    while (this.#heap.length > 0 && isCancelled(this.#heap[0]!)) this.#dropFirst()
  }

  #dropFirstInLine(): void {
    this.#lineAt++
    if (this.#lineAt < this.#line.length) return
    this.#line.length = 0
    this.#lineSequences.length = 0
    this.#lineAt = 0
  }

  #dropFirst(): void {
    const moved = this.#heap.pop()!
    const last = this.#heap.length
    if (last > 0) this.#siftDown(this.#dueNs[last]!, this.#sequences[last]!, moved)
  }

  #siftUp(start: number, dueNs: number, sequence: number, due: Due): void {
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 2
      // Nobody was scheduled later: where times are equal the newcomer stays behind.
      if (this.#dueNs[parent]! <= dueNs) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, dueNs, sequence, due)
  }

  #siftDown(dueNs: number, sequence: number, due: Due): void {
    const count = this.#heap.length
    let at = 0
    for (;;) {
      const first = at * BRANCHES + 1
      if (first >= count) break
      const end = Math.min(first + BRANCHES, count)
      let child = first
      for (let other = first + 1; other < end; other++) if (this.#isBefore(other, child)) child = other
      const childNs = this.#dueNs[child]!
      if (dueNs < childNs || (dueNs === childNs && sequence < this.#sequences[child]!)) break
      this.#move(child, at)
      at = child
    }
    this.#put(at, dueNs, sequence, due)
  }

  #isBefore(a: number, b: number): boolean {
    const aNs = this.#dueNs[a]!
    const bNs = this.#dueNs[b]!
    return aNs < bNs || (aNs === bNs && this.#sequences[a]! < this.#sequences[b]!)
  }

  #move(from: number, to: number): void {
    this.#dueNs[to] = this.#dueNs[from]!
    this.#sequences[to] = this.#sequences[from]!
    this.#heap[to] = this.#heap[from]!
  }

  #put(at: number, dueNs: number, sequence: number, due: Due): void {
    this.#dueNs[at] = dueNs
    this.#sequences[at] = sequence
    this.#heap[at] = due
  }

  #grow(): void {
    const [dueNs, sequences] = [this.#dueNs, this.#sequences]
    this.#dueNs = new Float64Array(2 * dueNs.length)
    this.#dueNs.set(dueNs)
    this.#sequences = new Float64Array(2 * sequences.length)
    this.#sequences.set(sequences)
  }
}

function isCancelled(due: Due): boolean {
  return due instanceof Entry && due.isCancelled
}
