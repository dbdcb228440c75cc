/**
 * The trackers of a torrent in the order they are asked. BEP 12: each tier is shuffled once, a tier is asked before the
 * next, and the tracker that answers moves to the front of its tier.
 */
import type { Random } from '../ports/random.ts'
import { parseTrackerUrl, type TrackerEndpoint } from './tracker-url.ts'

/** A torrent may name any number; a round over all of them has an end. */
export const TRACKERS_MAX = 100

/**
 * What a tracker knows of us: `unknown` until it accepted a `started`; then `leeching`, or `complete` when that started
 * had nothing left or a `completed` was accepted.
 */
export interface Tracker {
  readonly url: string
  readonly endpoint: TrackerEndpoint
  readonly tierIndex: number
  knows: 'unknown' | 'leeching' | 'complete'
  /** Opaque, from its last answer (BEP 3 `tracker id`). */
  trackerId: string | null
  /** It asked not to be asked before (BEP 31); Infinity: never again. */
  notBeforeMs: number
}

export interface UnusedTracker {
  readonly url: string
  readonly reason: string
}

export class TrackerTiers {
  /** What is in the torrent and cannot be asked. */
  readonly unused: readonly UnusedTracker[]
  #ordered: Tracker[] = []

  constructor(tiers: readonly (readonly string[])[], random: Random) {
    const unused: UnusedTracker[] = []
    const seen = new Set<string>()
    for (const [tierIndex, urls] of tiers.entries()) {
      const tier: Tracker[] = []
      for (const url of urls) {
        if (seen.has(url)) continue
        seen.add(url)
        const isTooMany = this.#ordered.length + tier.length >= TRACKERS_MAX
        const endpoint = isTooMany ? `more than ${TRACKERS_MAX} trackers` : parseTrackerUrl(url)
        if (typeof endpoint === 'string') unused.push({ url, reason: endpoint })
        else tier.push({ url, endpoint, tierIndex, knows: 'unknown', trackerId: null, notBeforeMs: 0 })
      }
      shuffle(tier, random)
      this.#ordered.push(...tier)
    }
    this.unused = unused
  }

  inOrder(): readonly Tracker[] {
    return this.#ordered
  }

  promote(tracker: Tracker): void {
    const others = this.#ordered.filter((other) => other !== tracker)
    const tierStart = others.findIndex((other) => other.tierIndex >= tracker.tierIndex)
    const at = tierStart === -1 ? others.length : tierStart
    this.#ordered = [...others.slice(0, at), tracker, ...others.slice(at)]
  }
}

/** Fisher and Yates, in place. */
function shuffle(trackers: Tracker[], random: Random): void {
  for (let last = trackers.length - 1; last > 0; last--) {
    const chosen = random.below(last + 1)
    const held = trackers[last]!
    trackers[last] = trackers[chosen]!
    trackers[chosen] = held
  }
}
