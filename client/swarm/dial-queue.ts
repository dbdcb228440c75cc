/**
 * Who is dialled next, of those that wait.
 *
 * One that failed *rests* until its time has come; then it is *due*, as a stranger is from the start. Those who are due
 * stand in lanes, by who told us of them: given by the user; said by a tracker; said by other peers. In a lane whoever
 * failed least often is first, then who has the higher priority, then who was heard of first. Who the user gave and was
 * not tried yet goes before all lanes; they take turns otherwise, so that no source, with however many dead addresses,
 * keeps another's peer from being tried.
 */
import { Heap, type HeapItem } from './heap.ts'

export type Lane = 'user' | 'tracker' | 'peer'

export interface Dialable extends HeapItem {
  readonly sequence: number
  readonly priority: number
  readonly lane: Lane
  /** Since it was last of use. */
  readonly setbacks: number
  /** When it is due. */
  readonly dueMs: number
  /** The queue's own. */
  isDue: boolean
}

const LANES: readonly Lane[] = ['user', 'tracker', 'peer']

export class DialQueue<Item extends Dialable> {
  readonly #resting = new Heap<Item>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence))
  readonly #due: Readonly<Record<Lane, Heap<Item>>> = {
    user: new Heap<Item>(isFirst),
    tracker: new Heap<Item>(isFirst),
    peer: new Heap<Item>(isFirst),
  }
  #turn = 0

  /** Its lane and all that decides its place stay as they are until it is taken or removed. */
  add(item: Item): void {
    item.isDue = false
    this.#resting.push(item)
  }

  has(item: Item): boolean {
    return item.heapIndex !== undefined
  }

  remove(item: Item): void {
    const heap = item.isDue ? this.#due[item.lane] : this.#resting
    heap.remove(item)
  }

  /** The next one, not in the queue any more; null when none is due. */
  take(nowMs: number): Item | null {
    for (let item = this.#resting.first; item !== undefined && item.dueMs <= nowMs; item = this.#resting.first) {
      this.#resting.remove(item)
      item.isDue = true
      this.#due[item.lane].push(item)
    }
    const item = this.#next()
    if (item === null) return null
    this.remove(item)
    return item
  }

  /** When somebody is due, 0 where somebody is already; null when nobody waits. */
  deadlineMs(): number | null {
    if (LANES.some((lane) => this.#due[lane].first !== undefined)) return 0
    return this.#resting.first?.dueMs ?? null
  }

  #next(): Item | null {
    const given = this.#due.user.first
    if (given?.setbacks === 0) return given
    for (let step = 1; step <= LANES.length; step++) {
      const turn = (this.#turn + step) % LANES.length
      const { first } = this.#due[LANES[turn]!]
      if (first === undefined) continue
      this.#turn = turn
      return first
    }
    return null
  }
}

function isFirst(a: Dialable, b: Dialable): boolean {
  if (a.setbacks !== b.setbacks) return a.setbacks < b.setbacks
  if (a.priority !== b.priority) return a.priority > b.priority
  return a.sequence < b.sequence
}
