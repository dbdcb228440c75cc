/**
 * The pieces that are begun and not whole, kept so that the next block is found without going through them all.
 *
 * One that has open blocks is in exactly one of these lists: *held* (on probation, and a source owes blocks of it: open
 * to that one alone), *failed* (on probation without one), *own* (a fast peer has it for itself), *shared* (whoever asks
 * helps). Besides, one of which blocks are owed stands in a ring with others of which as few peers owe a block, for the
 * endgame.
 *
 * Slots and rings instead of maps and sets: these keep what was deleted alive until they grow, and pieces come and go.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import { OWED_BY_MAX, type PartialPiece } from './partial-piece.ts'

export type ListName = 'held' | 'failed' | 'own' | 'shared'

interface Entry extends Link {
  readonly partial: PartialPiece
  /** Its place among others: pieces are helped with in this order. */
  readonly rank: number
  list: Entry[] | null
  fewestOwing: number | null
}

/** In no ring, it is its own neighbour. */
interface Link {
  before: Link
  after: Link
}

export class BegunPieces {
  /** Where the entry of each piece is; 0 is nowhere. */
  readonly #slotOf: Uint32Array
  readonly #slots: (Entry | null)[] = [null]
  readonly #freeSlots: number[] = []
  readonly #lists = { held: [] as Entry[], failed: [] as Entry[], own: [] as Entry[], shared: [] as Entry[] }
  /** By the fewest peers that owe one of their blocks: the ends of rings, the longest there first. */
  readonly #rings = Array.from({ length: OWED_BY_MAX }, () => loose({} as Link))

  constructor(pieceCount: number) {
    this.#slotOf = new Uint32Array(pieceCount)
  }

  get size(): number {
    return this.#slots.length - 1 - this.#freeSlots.length
  }
  /** Some block is open, and not to one source alone. */
  get hasOpen(): boolean {
    const { failed, own, shared } = this.#lists
    return failed.length > 0 || own.length > 0 || shared.length > 0
  }

  has(piece: PieceIndex): boolean {
    return this.#slotOf[piece] !== 0
  }

  get(piece: PieceIndex): PartialPiece | undefined {
    return this.#slots[this.#slotOf[piece]!]?.partial
  }

  all(): PartialPiece[] {
    return this.#slots.flatMap((entry) => entry?.partial ?? [])
  }

  add(partial: PartialPiece, rank: number): void {
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    this.#slotOf[partial.piece] = slot
    this.#slots[slot] = loose({ partial, rank, list: null, fewestOwing: null } as Entry)
    this.changed(partial)
  }

  delete(partial: PartialPiece): void {
    const slot = this.#slotOf[partial.piece]!
    const entry = this.#slots[slot]!
    this.#list(entry, null)
    this.#stand(entry, null)
    this.#slotOf[partial.piece] = 0
    this.#slots[slot] = null
    this.#freeSlots.push(slot)
  }

  /** To be called after each change of the piece: it goes to the list where it belongs. */
  changed(partial: PartialPiece): void {
    const entry = this.#slots[this.#slotOf[partial.piece]!]!
    this.#list(entry, this.#listOf(partial))
    this.#stand(entry, partial.fewestOwing)
  }

  /** In the order in which they are to be helped with. Not to be gone on with after a change. */
  listed(list: ListName): readonly { readonly partial: PartialPiece }[] {
    return this.#lists[list]
  }

  /** Of those of which blocks are owed, the first for which `use` gives something; those that fewest owe come first. */
  firstOwed<T>(use: (partial: PartialPiece) => T | null): T | null {
    for (const ring of this.#rings) {
      for (let link = ring.after; link !== ring; link = link.after) {
        const found = use((link as Entry).partial)
        if (found !== null) return found
      }
    }
    return null
  }

  #listOf(partial: PartialPiece): Entry[] | null {
    const { held, failed, own, shared } = this.#lists
    if (partial.source !== null) return held
    if (partial.openCount === 0) return null
    if (partial.onProbation) return failed
    return partial.owner === null ? shared : own
  }

  #list(entry: Entry, list: Entry[] | null): void {
    if (entry.list === list) return
    if (entry.list !== null) entry.list.splice(placeOf(entry.list, entry.rank), 1)
    if (list !== null) list.splice(placeOf(list, entry.rank), 0, entry)
    entry.list = list
  }

  #stand(entry: Entry, fewestOwing: number | null): void {
    if (entry.fewestOwing === fewestOwing) return
    entry.before.after = entry.after
    entry.after.before = entry.before
    loose(entry)
    if (fewestOwing !== null) {
      const ring = this.#rings[fewestOwing]!
      entry.before = ring.before
      entry.after = ring
      ring.before.after = entry
      ring.before = entry
    }
    entry.fewestOwing = fewestOwing
  }
}

function loose<T extends Link>(link: T): T {
  link.before = link
  link.after = link
  return link
}

/** Where the rank is, or belongs, in a list sorted by it. */
function placeOf(list: readonly Entry[], rank: number): number {
  // A new piece mostly comes last.
  if (list.length === 0 || list.at(-1)!.rank < rank) return list.length
  let low = 0
  let high = list.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (list[middle]!.rank < rank) low = middle + 1
    else high = middle
  }
  return low
}
