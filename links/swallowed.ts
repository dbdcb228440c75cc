/**
 * What a partition keeps from arriving, of one flow: in order, and whole windows only, since then its sender stops. It
 * comes when the sender tries again after the partition has healed.
 */
import { retransmittedNs } from './retransmission.ts'
import { RECEIVE_WINDOW_BYTES } from './unit.ts'

export class Swallowed<Unit extends { readonly bytes: number }> {
  readonly units: Unit[] = []
  /** When the first would have arrived. */
  readonly #sinceNs: number
  #bytes = 0

  constructor(sinceNs: number) {
    this.#sinceNs = sinceNs
  }

  add(unit: Unit): void {
    this.units.push(unit)
    this.#bytes += unit.bytes
  }

  /** The sender has a window on its way, and sends no more. */
  get isFull(): boolean {
    return this.#bytes >= RECEIVE_WINDOW_BYTES
  }

  /** When the first arrives after all, on a path that is whole from `healedNs` on. */
  returnsNs(healedNs: number, delayNs: number): number {
    return retransmittedNs(this.#sinceNs - delayNs, healedNs, 2 * delayNs) + delayNs
  }
}
