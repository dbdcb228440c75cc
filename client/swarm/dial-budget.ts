/**
 * How many connections may be begun in a second. 30, as the field has it: a crowd of addresses must not become an attack
 * on whoever is there, nor on a router's tables. One that is refused is over in milliseconds and does not count, so that
 * the one honest peer among thousands of dead addresses is found soon; but never more than 200 a second.
 */

/** Not refused, begun in any second. */
export const DIALS_PER_SECOND = 30
/**
 * The same, of who has everything: those who want it dial us, and of a swarm that is complete each finds nothing but
 * others that have everything, one after another.
 */
export const DIALS_PER_SECOND_COMPLETE = 3
/** All of them. */
export const DIALS_PER_SECOND_MAX = 200

const SECOND_MS = 1000

export class DialBudget {
  /** When the last ones were begun, the oldest first; so many of each as count. */
  readonly #all: number[] = []
  readonly #lasting: number[] = []

  #lastingMax = DIALS_PER_SECOND

  /** We have everything, or not any more. */
  complete(isComplete: boolean): void {
    this.#lastingMax = isComplete ? DIALS_PER_SECOND_COMPLETE : DIALS_PER_SECOND
  }

  /** When one more may be begun; 0 where it may right now. */
  freeAtMs(): number {
    return Math.max(freeAtMs(this.#all, DIALS_PER_SECOND_MAX), freeAtMs(this.#lasting, this.#lastingMax))
  }

  begun(nowMs: number): void {
    note(this.#all, DIALS_PER_SECOND_MAX, nowMs)
    note(this.#lasting, DIALS_PER_SECOND, nowMs)
  }

  /** The one that was begun then. */
  refused(begunMs: number): void {
    const at = this.#lasting.indexOf(begunMs)
    if (at !== -1) this.#lasting.splice(at, 1)
  }
}

function freeAtMs(begunMs: readonly number[], countMax: number): number {
  return begunMs.length < countMax ? 0 : begunMs.at(-countMax)! + SECOND_MS
}

function note(begunMs: number[], countMax: number, nowMs: number): void {
  begunMs.push(nowMs)
  if (begunMs.length > countMax) begunMs.shift()
}
