/** What a swarm in virtual time lives in: time, network, tracker, the content, and chance. */
import { SyntheticContent } from '../../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../../client/metainfo/torrent-file.ts'
import type { Random } from '../../../client/ports/random.ts'
import { PERFECT_LINK } from '../../../links/link.ts'
import { SimulatedHttp } from '../../../simulator/http.ts'
import { PURPOSE, type Purpose, seededRandom } from '../../../simulator/random.ts'
import { Simulation } from '../../../simulator/simulation.ts'
import { SimulatedNetwork } from '../../../simulator/transport.ts'
import { TrackerHttpService } from '../../../tracker-mock/http-service.ts'
import { parseTrackerScript } from '../../../tracker-mock/script.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { TRACKER_HOST, TRACKER_PORT } from '../addresses.ts'
import { planTorrent } from '../plan-content.ts'
import { lookaheadMs } from './lookahead.ts'

export const TRACKER_URL = `http://${TRACKER_HOST}:${TRACKER_PORT}/announce`

export class SimWorld {
  readonly plan: SwarmPlan
  readonly simulation: Simulation
  readonly network: SimulatedNetwork
  readonly http: SimulatedHttp
  readonly torrent: TorrentFile
  readonly content: Uint8Array
  readonly #seed: number
  /** The first thing that went wrong. */
  #failure: string | null = null

  constructor(plan: SwarmPlan, seed: number) {
    this.plan = plan
    this.#seed = seed
    this.simulation = new Simulation(lookaheadMs(plan))
    const { totalBytes, contentSeed } = plan.content
    this.content = new SyntheticContent(totalBytes, contentSeed).read(0, totalBytes)
    this.torrent = planTorrent(plan.content, TRACKER_URL).torrent
    this.network = new SimulatedNetwork(this.simulation, this.random(-1, PURPOSE.links))
    this.http = new SimulatedHttp(this.simulation, this.network)
    this.network.addHost(TRACKER_HOST, PERFECT_LINK)
    const script = parseTrackerScript(plan.trackerScript)
    const service = new TrackerHttpService({ random: this.random(-1, PURPOSE.tracker), startMs: 0, script })
    this.http.serve(TRACKER_HOST, TRACKER_PORT, service)
  }

  /**
   * `peerIndex` 0 is the client under test, the scripted peers follow, then the other clients in the order of the plan,
   * whenever they arrive, then a client that starts again.
   */
  random(peerIndex: number, purpose: Purpose): Random {
    return seededRandom(this.#seed, peerIndex, purpose)
  }

  get failure(): string | null {
    return this.#failure
  }

  fail(reason: string): void {
    this.#failure ??= reason
  }
}
