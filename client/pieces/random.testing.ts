/** Randomness that repeats, for tests. */
import seedrandom from 'seedrandom'
import type { Random } from '../ports/random.ts'

export function seeded(seed: number): Random {
  const next = seedrandom.alea(`${seed}`)
  return {
    below(bound) {
      if (!Number.isInteger(bound) || bound < 1) throw new RangeError(`random bound ${bound}`)
      return Math.floor(next() * bound)
    },
  }
}
