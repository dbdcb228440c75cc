/** A binary heap whose items know their place, so that any of them can be taken out: everything is O(log n). */
export interface HeapItem {
  /** The heap's own: undefined while the item is in none. */
  heapIndex: number | undefined
}

export class Heap<Item extends HeapItem> {
  readonly #items: Item[] = []
  readonly #isBefore: (a: Item, b: Item) => boolean

  /** `isBefore` is a strict total order. */
  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore
  }

  get first(): Item | undefined {
    return this.#items[0]
  }

  /** An item is in one heap at most. */
  push(item: Item): void {
    this.#items.push(item)
    this.#siftUp(item, this.#items.length - 1)
  }

  /** One that is in this heap. */
  remove(item: Item): void {
    const at = item.heapIndex!
    item.heapIndex = undefined
    const last = this.#items.pop()!
    if (last === item) return
    this.#siftUp(last, at)
    this.#siftDown(last, last.heapIndex!)
  }

  #siftUp(item: Item, from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(item, this.#items[parent]!)) break
      this.#put(this.#items[parent]!, at)
      at = parent
    }
    this.#put(item, at)
  }

  #siftDown(item: Item, from: number): void {
    let at = from
    for (;;) {
      const left = at * 2 + 1
      if (left >= this.#items.length) break
      const right = left + 1
      const isRight = right < this.#items.length && this.#isBefore(this.#items[right]!, this.#items[left]!)
      const child = isRight ? right : left
      if (!this.#isBefore(this.#items[child]!, item)) break
      this.#put(this.#items[child]!, at)
      at = child
    }
    this.#put(item, at)
  }

  #put(item: Item, at: number): void {
    this.#items[at] = item
    item.heapIndex = at
  }
}
