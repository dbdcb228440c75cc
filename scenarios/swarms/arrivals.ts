/** Who comes when, and stays how long: drawn once per seed, exact on every engine. Times in whole ms. */
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import { exponential } from './exponential.ts'

/** A Poisson process from 0 to the horizon; the first arrival is at 0, whatever is drawn: a swarm has somebody in it. */
export function poissonArrivalsMs(seed: number, perSecond: number, horizonMs: number): number[] {
  const random = seededRandom(seed, -1, PURPOSE.swarm)
  const arrivals: number[] = [0]
  for (let at = exponential(random); ; at += exponential(random)) {
    const atMs = Math.round((at * 1000) / perSecond)
    if (atMs >= horizonMs) return arrivals
    arrivals.push(atMs)
  }
}

/** Exponential, of each client on its own: who else comes does not shift it. */
export function exponentialStayMs(seed: number, clientIndex: number, meanMs: number): number {
  return Math.round(exponential(seededRandom(seed, clientIndex, PURPOSE.swarm)) * meanMs)
}

/** Evenly drawn, of each client on its own. */
export function evenMs(seed: number, clientIndex: number, fromMs: number, toMs: number): number {
  const random = seededRandom(seed, clientIndex, PURPOSE.swarm)
  return Math.round(fromMs) + random.below(Math.max(1, Math.round(toMs - fromMs)))
}
