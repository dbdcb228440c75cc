/**
 * What is fuzzed: a codec and the properties that hold of it for any bytes at all.
 *
 * An input is bytes. Where a target has several codecs, the first byte of the input chooses one, so that a file of the
 * corpus is whole in itself.
 */
import type { Random } from '../ports/random.ts'

export interface FuzzTarget {
  readonly name: string
  /** A fresh input, more or less of the shape that is expected. */
  readonly generate: (random: Random) => Uint8Array
  /** The same input with something of its shape changed; null where it has no such shape. */
  readonly reshape: (random: Random, input: Uint8Array) => Uint8Array | null
  /**
   * Checks every property; throws where one does not hold. Gives the kind of outcome, a short text without numbers of
   * the input: one that was not seen before makes an input worth changing further.
   */
  readonly run: (input: Uint8Array) => string
}

/** No input is longer: what bounds the time and memory of one execution. */
export const INPUT_BYTES_MAX = 65_536

/** Says `claim` where it does not hold. */
export function holds(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new BrokenProperty(claim)
}

export class BrokenProperty extends Error {}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
