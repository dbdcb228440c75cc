/**
 * Exponential variates without a logarithm: von Neumann's comparison method (1951). Engines differ in the last digit of
 * `Math.log`, and what is drawn here becomes the time of an event; this only compares and adds, and so is the same
 * everywhere.
 *
 * Even draws u1, u2, … are taken as long as they fall. The chance that a run from u1 = x has an odd length is e^-x: then
 * x is the fraction of the variate. Otherwise its whole part is one more, and a new run begins.
 */
import type { Random } from '../../client/ports/random.ts'

/** Of mean 1, in steps of 2^-32; takes e²/(e−1) ≈ 4.3 draws on average. */
export function exponential(random: Random): number {
  for (let whole = 0; ; whole++) {
    const first = random.below(DRAW_BOUND)
    let length = 1
    for (let last = first, next = random.below(DRAW_BOUND); next < last; next = random.below(DRAW_BOUND)) {
      last = next
      length++
    }
    if (length % 2 === 1) return whole + first / DRAW_BOUND
  }
}

const DRAW_BOUND = 4_294_967_296
