/**
 * Loss, as what it costs: a segment that is lost is sent again a round trip later (its duplicate acknowledgements ask for
 * it), and once more when that is lost too. All lost segments of a unit are asked for at once (SACK, RFC 2018), so a unit
 * is whole when its slowest segment is there: with n segments and a share p of them lost it stalls for at most k round
 * trips with probability (1 - p^(k+1))^n, and for the sum over k >= 0 of 1 - (1 - p^(k+1))^n of them on average.
 *
 * Not here: that a sender slows down after a loss. A stall holds up its own connection and nobody else.
 *
 * One draw a unit. Powers by multiplication only: `Math.pow` differs between engines.
 */

/** Integers in [0, bound). The client's Random port fits. */
export interface LinkRandom {
  below(bound: number): number
}

/** Payload bytes of a segment: TCP over Ethernet with timestamps. */
export const SEGMENT_BYTES = 1_448
/** A draw is one of so many. */
const DRAWS = 4_294_967_296
/** Nobody waits longer. With a loss rate of 0.9 one unit in 10,000 would. */
const STALLS_MAX = 64

/** Both are below 1, and so is what they make together. */
export function lossOfBoth(a: number, b: number): number {
  return 1 - (1 - a) * (1 - b)
}

/** How many round trips a unit of so many bytes stalls for; nothing is drawn where nothing can be lost. */
export function drawStalls(random: LinkRandom, lossRate: number, bytes: number): number {
  if (lossRate === 0 || bytes === 0) return 0
  const segments = Math.ceil(bytes / SEGMENT_BYTES)
  const drawn = (random.below(DRAWS) + 0.5) / DRAWS
  let stalls = 0
  for (let lost = lossRate; stalls < STALLS_MAX && drawn >= power(1 - lost, segments); lost *= lossRate) stalls++
  return stalls
}

/** By squaring: the same on every engine. */
function power(base: number, exponent: number): number {
  let result = 1
  let factor = base
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= factor
    factor *= factor
  }
  return result
}
