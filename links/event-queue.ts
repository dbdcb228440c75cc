/**
 * What happens next: actions ordered by (time in integer nanoseconds, order of scheduling). A heap of four branches, whose
 * keys stand in arrays of numbers of their own: with a million events waiting, comparing two must not touch two objects.
 *
 * An action is given the time it was due, never the time somebody woke up: due times are made from due times only.
 */
export type Action = (dueNs: number) => void

export interface Scheduled {
  cancel(): void
}

class Entry implements Scheduled {
  /** Null: cancelled, or over. */
  action: Action | null

  constructor(action: Action) {
    this.action = action
  }

  cancel(): void {
    this.action = null
  }
}

const BRANCHES = 4
const FIRST_CAPACITY = 64

export class EventQueue {
  #dueNs = new Float64Array(FIRST_CAPACITY)
  #sequences = new Float64Array(FIRST_CAPACITY)
  readonly #entries: Entry[] = []
  #sequence = 0

  /** Null when nothing is scheduled. */
  get nextNs(): number | null {
    this.#dropCancelled()
    return this.#entries.length === 0 ? null : this.#dueNs[0]!
  }

  at(dueNs: number, action: Action): Scheduled {
    const entry = new Entry(action)
    const last = this.#entries.length
    if (last === this.#dueNs.length) this.#grow()
    this.#entries.push(entry)
    this.#siftUp(last, dueNs, this.#sequence++, entry)
    return entry
  }

  /** Runs the earliest action if it is due by `limitNs`; gives its time, or null when none was. */
  runNext(limitNs: number): number | null {
    this.#dropCancelled()
    const dueNs = this.#dueNs[0]!
    if (this.#entries.length === 0 || dueNs > limitNs) return null
    const entry = this.#entries[0]!
    const { action } = entry
    entry.action = null
    this.#dropFirst()
    action!(dueNs)
    return dueNs
  }

  /** A cancelled one stays in the heap until it is first. */
  #dropCancelled(): void {
    while (this.#entries.length > 0 && this.#entries[0]!.action === null) this.#dropFirst()
  }

  #dropFirst(): void {
    const entry = this.#entries.pop()!
    const last = this.#entries.length
    if (last > 0) this.#siftDown(this.#dueNs[last]!, this.#sequences[last]!, entry)
  }

  #siftUp(start: number, dueNs: number, sequence: number, entry: Entry): void {
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 2
      const parentNs = this.#dueNs[parent]!
      // Nobody was scheduled later: where times are equal the newcomer stays behind.
      if (parentNs <= dueNs) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, dueNs, sequence, entry)
  }

  #siftDown(dueNs: number, sequence: number, entry: Entry): void {
    const count = this.#entries.length
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
    this.#put(at, dueNs, sequence, entry)
  }

  #isBefore(a: number, b: number): boolean {
    const [aNs, bNs] = [this.#dueNs[a]!, this.#dueNs[b]!]
    return aNs < bNs || (aNs === bNs && this.#sequences[a]! < this.#sequences[b]!)
  }

  #move(from: number, to: number): void {
    this.#dueNs[to] = this.#dueNs[from]!
    this.#sequences[to] = this.#sequences[from]!
    this.#entries[to] = this.#entries[from]!
  }

  #put(at: number, dueNs: number, sequence: number, entry: Entry): void {
    this.#dueNs[at] = dueNs
    this.#sequences[at] = sequence
    this.#entries[at] = entry
  }

  #grow(): void {
    const [dueNs, sequences] = [this.#dueNs, this.#sequences]
    this.#dueNs = new Float64Array(2 * dueNs.length)
    this.#dueNs.set(dueNs)
    this.#sequences = new Float64Array(2 * sequences.length)
    this.#sequences.set(sequences)
  }
}
