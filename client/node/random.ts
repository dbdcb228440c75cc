import { randomInt } from 'node:crypto'
import type { Random } from '../ports/random.ts'

const BOUND_MAX = 2 ** 32

/** Entropy of the operating system; unbiased for every bound. Throws a RangeError outside 1 to 2^32. */
export function nodeRandom(): Random {
  return {
    below(bound) {
      if (!Number.isInteger(bound) || bound < 1 || bound > BOUND_MAX) throw new RangeError(`random bound ${bound}`)
      return randomInt(bound)
    },
  }
}
