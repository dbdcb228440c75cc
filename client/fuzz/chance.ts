/** Randomness that repeats from its seed, and what is drawn with it. */
import seedrandom from 'seedrandom'
import type { Random } from '../ports/random.ts'

export function seededRandom(seed: number): Random {
  const next = seedrandom.alea(`${seed}`)
  return { below: (bound) => Math.floor(next() * bound) }
}

/** True in `percent` of 100. */
export function happens(random: Random, percent: number): boolean {
  return random.below(100) < percent
}

/** Of a list that is not empty. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)]!
}

/** Small lengths more often than large ones. */
export function someBytes(random: Random, lengthMax: number): Uint8Array {
  const length = random.below(random.below(lengthMax + 1) + 1)
  return Uint8Array.from({ length }, () => random.below(256))
}

export function times<T>(random: Random, countMax: number, make: (index: number) => T): T[] {
  return Array.from({ length: random.below(countMax + 1) }, (_, index) => make(index))
}
