/**
 * What lies between two links: a round trip of the pair's own, on top of those of both links. Pure data, as JSON.
 *
 * On a plane each host stands somewhere, drawn evenly, and a pair's round trip is how far apart it stands; together with
 * the links' own times these are network coordinates with heights (Vivaldi, Dabek et al. 2004).
 */
import type { LinkRandom } from './loss.ts'

export type Distances =
  /** Round trips between hosts are their distances on a square of this width. */
  | { readonly kind: 'plane'; readonly widthMs: number }
  /** Round trips of single pairs, by address and in any order; others have none. Of two of one pair the later counts. */
  | { readonly kind: 'pairs'; readonly pairs: readonly PairDistance[] }

export interface PairDistance {
  readonly between: readonly [string, string]
  readonly rttMs: number
}

export interface Place {
  readonly xMs: number
  readonly yMs: number
}

/** Places are multiples of this share of the width: fine enough for any network. */
const STEPS = 1_000_000

export function drawPlace(random: LinkRandom, widthMs: number): Place {
  const coordinate = () => (random.below(STEPS + 1) / STEPS) * widthMs
  return { xMs: coordinate(), yMs: coordinate() }
}

/** `Math.hypot` differs between engines, `Math.sqrt` does not. */
export function distanceMs(a: Place, b: Place): number {
  const [xMs, yMs] = [a.xMs - b.xMs, a.yMs - b.yMs]
  return Math.sqrt(xMs * xMs + yMs * yMs)
}

/** Of each pair, however it is asked for; 0 where nothing is said. */
export function pairDistances(pairs: readonly PairDistance[]): (a: string, b: string) => number {
  const rttMsOf = new Map(pairs.map(({ between: [a, b], rttMs }) => [pairKey(a, b), rttMs]))
  return (a, b) => rttMsOf.get(pairKey(a, b)) ?? 0
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
