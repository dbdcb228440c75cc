/**
 * Seeded randomness: one stream per (seed, index of the peer, purpose), never shared, so that what one peer or purpose
 * draws never shifts what another does. Alea is exact integer and float arithmetic, the same on every engine.
 */
import seedrandom from 'seedrandom'
import type { Random } from '../client/ports/random.ts'

/** What a stream is for. Numbers are part of a seed's meaning: never reuse one. */
export const PURPOSE = {
  picker: 1,
  tracker: 2,
  peerId: 3,
  links: 4,
  swarm: 5,
  behaviour: 6,
  order: 7,
  datagrams: 8,
  place: 9,
} as const

export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE]

/** `peerIndex` 0 is the client under test, -1 the world that belongs to nobody. */
export function seededRandom(seed: number, peerIndex: number, purpose: Purpose): Random {
  const next = seedrandom.alea(`${seed}/${peerIndex}/${purpose}`)
  return { below: (bound) => Math.floor(next() * bound) }
}
