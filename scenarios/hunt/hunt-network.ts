/**
 * The network of a hunt: hosts with names, links that change and clog, partitions that overlap, the tracker and the web
 * seeds. Every connection passes its wires.
 */
import type { HttpClient } from '../../client/ports/http.ts'
import type { Transport } from '../../client/ports/transport.ts'
import { type Link, PERFECT_LINK } from '../../links/link.ts'
import { SimulatedHttp } from '../../simulator/http.ts'
import { simulatedFileServer } from '../../simulator/http-files.ts'
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import type { Simulation } from '../../simulator/simulation.ts'
import { SimulatedNetwork } from '../../simulator/transport.ts'
import { TrackerHttpService } from '../../tracker-mock/http-service.ts'
import { parseTrackerScript } from '../../tracker-mock/script.ts'
import { hostOf, type Schedule, TRACKER_HOST, TRACKER_PORT, WEB_PORT, webSeedHost } from './schedule.ts'
import { fileAt, type HuntTorrent } from './torrent.ts'
import { type WireObserver, Wires } from './wires.ts'

/** How a host's link was, and since when. */
export interface LinkSpan {
  readonly sinceMs: number
  readonly link: Link
}

interface Clog {
  readonly host: string
  readonly field: 'upBytesPerSecond' | 'downBytesPerSecond'
  readonly bytesPerSecond: number
}

export class HuntNetwork {
  readonly wires = new Wires()
  /** Of each host that is no server, in the order of time. */
  readonly links = new Map<string, LinkSpan[]>()
  readonly #simulation: Simulation
  readonly #network: SimulatedNetwork
  readonly #http: SimulatedHttp
  readonly #transports = new Map<string, Transport>()
  readonly #names = new Map<string, string>()
  readonly #plainLinks = new Map<string, Link>()
  readonly #clogs = new Set<Clog>()
  readonly #partitions = new Set<ReadonlySet<string>>()

  constructor(simulation: Simulation, schedule: Schedule, of: HuntTorrent) {
    this.#simulation = simulation
    this.#network = new SimulatedNetwork(simulation, seededRandom(schedule.seed, -1, PURPOSE.links))
    this.#http = new SimulatedHttp(simulation, this.#network)
    this.#startTracker(schedule)
    this.#startWebSeeds(schedule, of)
  }

  /** Gives its address. */
  addHost(name: string, link: Link, isReachable: boolean): string {
    const host = hostOf(name)
    this.#names.set(host, name)
    this.#plainLinks.set(host, link)
    this.links.set(host, [{ sinceMs: 0, link }])
    this.#transports.set(host, this.#network.addHost(host, link, { isReachable }))
    return host
  }

  transport(host: string, observer: WireObserver): Transport {
    return this.wires.transport(host, this.#transports.get(host)!, observer)
  }

  http(host: string): HttpClient {
    return this.#http.client(host)
  }

  /** By its host; null for what is no name of this run. */
  nameOf(host: string): string | null {
    return this.#names.get(host) ?? null
  }

  /** These reach nobody else, and nobody else them, until what is given is called. Several may overlap. */
  partition(names: readonly string[]): () => void {
    const apart = new Set(names.map(hostOf))
    this.#partitions.add(apart)
    this.#repartition()
    return () => {
      this.#partitions.delete(apart)
      this.#repartition()
    }
  }

  /** Its link from now on, what clogs it aside. */
  changeLink(host: string, change: Partial<Link>): void {
    const plain = this.#plainLinks.get(host)
    if (plain === undefined) return
    this.#plainLinks.set(host, { ...plain, ...change })
    this.#relink(host)
  }

  /** No more than this gets through, until what is given is called. Several may overlap. */
  clog(host: string, field: Clog['field'], bytesPerSecond: number): () => void {
    const clog = { host, field, bytesPerSecond }
    this.#clogs.add(clog)
    this.#relink(host)
    return () => {
      this.#clogs.delete(clog)
      this.#relink(host)
    }
  }

  #relink(host: string): void {
    const spans = this.links.get(host)
    let link = this.#plainLinks.get(host)
    if (spans === undefined || link === undefined) return
    for (const { host: clogged, field, bytesPerSecond } of this.#clogs) {
      if (clogged === host) link = { ...link, [field]: Math.min(link[field] ?? bytesPerSecond, bytesPerSecond) }
    }
    spans.push({ sinceMs: this.#simulation.nowMs, link })
    this.#network.setLink(host, link)
  }

  /** Those who are on the same side of every partition reach each other. */
  #repartition(): void {
    const groups = new Map<string, string[]>()
    for (const host of this.#names.keys()) {
      const sides = Array.from(this.#partitions, (apart) => apart.has(host)).join()
      groups.set(sides, [...(groups.get(sides) ?? []), host])
    }
    this.#network.partition(this.#partitions.size === 0 ? null : [...groups.values()])
  }

  #startTracker({ faults, safetyMs, seed }: Schedule): void {
    this.#network.addHost(TRACKER_HOST, PERFECT_LINK)
    const outages = faults.filter((fault) => fault.kind === 'tracker')
    const script = parseTrackerScript(
      outages.map(({ atMs, forMs, do: instead }) => {
        return { when: { fromMs: atMs, toMs: Math.min(atMs + forMs, safetyMs) }, do: instead }
      }),
    )
    const random = seededRandom(seed, -1, PURPOSE.tracker)
    this.#http.serve(TRACKER_HOST, TRACKER_PORT, new TrackerHttpService({ random, startMs: 0, script }))
  }

  #startWebSeeds({ webSeeds, safetyMs }: Schedule, of: HuntTorrent): void {
    for (const { name, bytesPerSecond, fault } of webSeeds) {
      const host = webSeedHost(name)
      this.#network.addHost(host, { ...PERFECT_LINK, upBytesPerSecond: bytesPerSecond, rttMs: 20 })
      const options = { file: (path: string) => fileAt(of, path), bytesPerSecond: null }
      const honest = simulatedFileServer(options)
      const faulty = fault === null ? honest : simulatedFileServer({ ...options, fault })
      this.#http.serve(host, WEB_PORT, {
        handle: (target, remoteHost, nowMs, range) =>
          (nowMs < safetyMs ? faulty : honest).handle(target, remoteHost, nowMs, range),
      })
    }
  }
}
