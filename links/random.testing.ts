/** Alea, which the simulator uses, is not below links; any even stream does. */
import type { LinkRandom } from './loss.ts'

export function seeded(seed: number): LinkRandom {
  let state = seed >>> 0
  return {
    below: (bound) => {
      state = (state + 0x9e37_79b9) >>> 0
      let word = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b)
      word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35)
      return Math.floor((((word ^ (word >>> 16)) >>> 0) / 2 ** 32) * bound)
    },
  }
}
