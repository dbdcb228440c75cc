/**
 * A tracker without a network: announces and scrapes over swarms in memory. BEP 3, 21, 23, 48. Pure: time and chance come
 * in from outside, so the same service runs behind real sockets and in the simulator.
 *
 * It hands out nothing but addresses that announced to it, and never the asker's own. A peer is forgotten
 * `FORGOTTEN_AFTER_INTERVALS` after it was last heard of.
 */
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { Random } from '../client/ports/random.ts'
import type { AnnounceRequest } from '../client/tracker/announce-request.ts'
import type { AnnounceResponse } from '../client/tracker/announce-response.ts'
import type { ScrapeCounts } from '../client/tracker/scrape.ts'
import { Swarm } from './swarm.ts'

/** Short, so that peers of a testbed hear of each other; public trackers say 1,800. */
const INTERVAL_SECONDS_DEFAULT = 60
export const NUM_WANT_DEFAULT = 50
export const NUM_WANT_MAX = 200
const FORGOTTEN_AFTER_INTERVALS = 2
/** Against clients that announce whatever comes to their mind. */
export const SWARMS_MAX = 10_000
export const PEERS_PER_SWARM_MAX = 10_000

export interface Refusal {
  readonly kind: 'refusal'
  readonly reason: string
}

export class Tracker {
  readonly #random: Random
  readonly #swarms = new Map<InfoHash, Swarm>()

  constructor(random: Random) {
    this.#random = random
  }

  /** `host` is where the request came from, an IP literal in its one spelling. */
  announce(
    request: AnnounceRequest,
    host: string,
    nowMs: number,
    intervalSeconds = INTERVAL_SECONDS_DEFAULT,
  ): AnnounceResponse | Refusal {
    const swarm = this.#swarms.get(request.infohash) ?? new Swarm()
    swarm.forget(nowMs)
    const asker = { host, port: request.port, peerId: request.peerId }
    if (request.event === 'stopped') swarm.remove(asker)
    else {
      const isNewSwarm = !this.#swarms.has(request.infohash)
      if (isNewSwarm && this.#swarms.size >= SWARMS_MAX) return refusal(`more than ${SWARMS_MAX} torrents`)
      if (!swarm.knows(asker) && swarm.peerCount >= PEERS_PER_SWARM_MAX) {
        return refusal(`more than ${PEERS_PER_SWARM_MAX} peers`)
      }
      // A script may name any interval, zero and less too.
      const lifetimeSeconds = FORGOTTEN_AFTER_INTERVALS * Math.max(intervalSeconds, INTERVAL_SECONDS_DEFAULT)
      const forgottenAtMs = nowMs + lifetimeSeconds * 1_000
      const isComplete = request.leftBytes === 0
      const isPartialSeed = request.event === 'paused' && !isComplete
      swarm.put({ ...asker, isComplete, isPartialSeed, forgottenAtMs }, request.event === 'completed')
      this.#swarms.set(request.infohash, swarm)
    }
    const { complete, incomplete } = swarm.counts()
    return {
      kind: 'response',
      peers: swarm.pick(asker, wanted(request), this.#random),
      intervalSeconds,
      minIntervalSeconds: null,
      complete,
      incomplete,
      trackerId: null,
      warning: null,
      externalIp: host,
    }
  }

  /** Of the swarms that are asked for and known; of all when none is asked for. */
  scrape(infohashes: readonly InfoHash[], nowMs: number): Map<InfoHash, ScrapeCounts> {
    const asked = infohashes.length === 0 ? [...this.#swarms.keys()] : infohashes
    const counts = new Map<InfoHash, ScrapeCounts>()
    for (const infohash of asked) {
      const swarm = this.#swarms.get(infohash)
      if (swarm === undefined) continue
      swarm.forget(nowMs)
      counts.set(infohash, swarm.counts())
    }
    return counts
  }
}

/** Who leaves needs nobody. */
function wanted(request: AnnounceRequest): number {
  if (request.event === 'stopped') return 0
  return Math.min(request.numWant ?? NUM_WANT_DEFAULT, NUM_WANT_MAX)
}

function refusal(reason: string): Refusal {
  return { kind: 'refusal', reason }
}
