/** A plan, brought up in a simulation: tracker, scripted peers, and clients of ours with all their production code. */
import { SyntheticContent } from '../../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../../client/metainfo/torrent-file.ts'
import type { Captures } from '../../../client/node/captures.ts'
import type { ClientEvent, Events } from '../../../client/ports/events.ts'
import { formatAddress } from '../../../client/ports/transport.ts'
import { type Link, PERFECT_LINK } from '../../../links/link.ts'
import { UNIT_BYTES_MAX } from '../../../links/unit.ts'
import { parseScript } from '../../../seeder/script.ts'
import { ScriptedPeer } from '../../../seeder/scripted-peer.ts'
import { SimulatedHttp } from '../../../simulator/http.ts'
import { PURPOSE, type Purpose, seededRandom } from '../../../simulator/random.ts'
import { Simulation } from '../../../simulator/simulation.ts'
import { SimulatedDisk } from '../../../simulator/storage.ts'
import { SimulatedNetwork } from '../../../simulator/transport.ts'
import { TrackerHttpService } from '../../../tracker-mock/http-service.ts'
import { parseTrackerScript } from '../../../tracker-mock/script.ts'
import { Collector } from '../../engine/collector.ts'
import type { ClientPlan, SeederPlan, SwarmPlan } from '../../engine/swarm-plan.ts'
import {
  CLIENT_HOST,
  labelsByAddress,
  leecherHost,
  PEER_PORT,
  seederHost,
  TRACKER_HOST,
  TRACKER_PORT,
} from '../addresses.ts'
import { planTorrent, sha256 } from '../plan-content.ts'
import { ServedBlocks } from '../served-blocks.ts'
import { type SimClient, startSimClient } from './sim-client.ts'

/** No seeder takes this long to announce itself. */
const START_LIMIT_MS = 60_000
/** A disk on which a crash can fall between a write and its landing. */
const CRASH_WRITE_MS = 5

export class SimSwarm {
  readonly simulation = new Simulation()
  readonly collector: Collector
  readonly content: Uint8Array
  /** Of the client under test first. */
  readonly disks: SimulatedDisk[]
  readonly served: readonly ServedBlocks[]
  /** Of the leechers, in the order of the plan. */
  readonly completedMs: (number | null)[]
  failure: string | null = null
  isComplete = false
  /** Of the clients; null until every seeder is known to the tracker. */
  startedMs: number | null = null
  readonly #plan: SwarmPlan
  readonly #seed: number
  readonly #torrent: TorrentFile
  readonly #network: SimulatedNetwork
  readonly #http: SimulatedHttp
  readonly #eventTypes = new Map<string, number>()
  #captures: Pick<Captures, 'tapped'> | null = null
  #announcedCount = 0
  #underTest: SimClient | null = null
  #isCrashing = false

  constructor(plan: SwarmPlan, seed: number) {
    this.#plan = plan
    this.#seed = seed
    const { totalBytes, contentSeed } = plan.content
    this.content = new SyntheticContent(totalBytes, contentSeed).read(0, totalBytes)
    this.#torrent = planTorrent(plan.content, `http://${TRACKER_HOST}:${TRACKER_PORT}/announce`).torrent
    this.disks = [plan.client, ...plan.leechers].map(() => new SimulatedDisk([totalBytes]))
    this.served = plan.seeders.map(() => new ServedBlocks(totalBytes))
    this.completedMs = plan.leechers.map(() => null)
    this.#network = new SimulatedNetwork(this.simulation, this.#random(-1, PURPOSE.links))
    this.#http = new SimulatedHttp(this.simulation, this.#network)
    const addresses = plan.seeders.map((_, index) => formatAddress({ host: seederHost(index), port: PEER_PORT }))
    this.collector = new Collector(labelsByAddress(addresses, plan), plan.window)
    this.#startTracker()
    for (const [index, seeder] of plan.seeders.entries()) this.#startSeeder(index, seeder)
  }

  /** Runs to the end of the plan; `failure` says what went wrong. `captures` see the client under test. */
  run(captures: Pick<Captures, 'tapped'> = { tapped: (transport) => transport }): void {
    this.#captures = captures
    this.simulation.run(() => this.#announcedCount === this.#plan.seeders.length, START_LIMIT_MS)
    this.startedMs = this.simulation.nowMs
    this.#startClients()
    const { window, timeLimitMs } = this.#plan
    const limitMs = window === null ? timeLimitMs : window.warmupMs + window.measuredMs
    const ended = this.simulation.run(() => this.#isOver, this.startedMs + limitMs)
    if (window !== null || this.#isOver) return
    this.failure = ended === 'idle' ? 'the swarm came to a standstill' : `not complete after ${timeLimitMs / 1000} s`
  }

  get pieceCount(): number {
    return this.#torrent.geometry.pieceCount
  }

  /** By SHA-256, at every client. */
  contentMatches(): boolean {
    const wanted = sha256(this.content)
    return this.disks.every((disk) => sha256(disk.file(0)) === wanted)
  }

  get #isOver(): boolean {
    return this.failure !== null || (this.isComplete && this.completedMs.every((atMs) => atMs !== null))
  }

  /** `peerIndex` 0 is the client under test, the seeders follow, then the leechers, then a client that starts again. */
  #random(peerIndex: number, purpose: Purpose) {
    return seededRandom(this.#seed, peerIndex, purpose)
  }

  #startTracker(): void {
    this.#network.addHost(TRACKER_HOST, PERFECT_LINK)
    const script = parseTrackerScript(this.#plan.trackerScript)
    const service = new TrackerHttpService({ random: this.#random(-1, PURPOSE.tracker), startMs: 0, script })
    this.#http.serve(TRACKER_HOST, TRACKER_PORT, service)
  }

  #startSeeder(index: number, seeder: SeederPlan): void {
    const host = seederHost(index)
    const transport = this.#network.addHost(host, seeder.link)
    let link: Link = seeder.link
    const peer = new ScriptedPeer(
      {
        torrent: this.#torrent,
        read: (offsetBytes, lengthBytes) => {
          this.served[index]!.read(this.simulation.nowMs, offsetBytes, lengthBytes)
          return this.content.subarray(offsetBytes, offsetBytes + lengthBytes)
        },
        address: { host, port: PEER_PORT },
        script: parseScript(seeder.script),
        trackerUrl: `http://${TRACKER_HOST}:${TRACKER_PORT}/announce`,
        sendAheadBytes: UNIT_BYTES_MAX,
      },
      {
        clock: this.simulation.clock,
        transport,
        http: this.#http.client(host),
        random: this.#random(index + 1, PURPOSE.behaviour),
        changeLink: (change) => {
          link = { ...link, ...change }
          this.#network.setLink(host, link)
        },
      },
      {
        listening: () => {},
        failed: (fault) => this.#fail(`${host} cannot listen: ${fault.code}`),
        announced: (reason) => {
          if (reason === null) this.#announcedCount++
          else if (this.startedMs === null) this.#fail(`${host} cannot announce: ${reason}`)
        },
        stepBegun: () => {},
      },
    )
    peer.start(this.simulation.nowMs)
  }

  #startClients(): void {
    this.#startUnderTest(0)
    for (const [index, leecher] of this.#plan.leechers.entries()) {
      const host = leecherHost(index)
      const events = { emit: (nowMs: number, event: ClientEvent) => this.#observeLeecher(nowMs, index, event) }
      this.#startClient(leecher, host, 1 + this.#plan.seeders.length + index, this.disks[1 + index]!, events)
    }
  }

  #startUnderTest(peerIndex: number): void {
    const events = { emit: (nowMs: number, event: ClientEvent) => this.#observe(nowMs, event) }
    this.#underTest = this.#startClient(this.#plan.client, CLIENT_HOST, peerIndex, this.disks[0]!, events)
  }

  #startClient(plan: ClientPlan, host: string, peerIndex: number, disk: SimulatedDisk, events: Events): SimClient {
    const transport = this.#network.addHost(host, plan.link)
    return startSimClient({
      simulation: this.simulation,
      plan,
      host,
      transport: host === CLIENT_HOST ? this.#captures!.tapped(transport) : transport,
      http: this.#http.client(host),
      torrent: this.#torrent,
      content: this.content,
      disk,
      writeMs: this.#plan.crash === null ? 0 : CRASH_WRITE_MS,
      random: (purpose) => this.#random(peerIndex, purpose),
      events,
    })
  }

  /** Killed, with writes under way, and started again over what is there. */
  #crash(downMs: number): void {
    this.#underTest?.kill()
    this.#underTest = null
    const { nowMs } = this.simulation
    this.collector.crashed(nowMs)
    this.disks[0] = this.disks[0]!.crash(nowMs, this.#random(0, PURPOSE.behaviour))
    const { seeders, leechers } = this.#plan
    this.simulation.inMs(downMs, () => this.#startUnderTest(1 + seeders.length + leechers.length))
  }

  #observeLeecher(nowMs: number, index: number, event: ClientEvent): void {
    if (event.type === 'completed') this.completedMs[index] = nowMs
    if (event.type === 'storage-failed') this.#fail(`leecher ${index + 1}: storage: ${event.detail}`)
  }

  #observe(nowMs: number, event: ClientEvent): void {
    this.collector.emit(nowMs, event)
    this.#trace(nowMs, event)
    if (event.type === 'completed') this.isComplete = true
    if (event.type === 'storage-failed') this.#fail(`storage: ${event.detail}`)
    const { crash } = this.#plan
    const { usefulBytes, restart } = this.collector.collected
    if (crash === null || restart !== null || this.#isCrashing || usefulBytes < crash.atBytes) return
    this.#isCrashing = true
    this.simulation.soon(() => this.#crash(crash.downMs))
  }

  /** Into the trace hash: when, what, and which block or piece. */
  #trace(nowMs: number, event: ClientEvent): void {
    const { trace } = this.simulation
    const known = this.#eventTypes.get(event.type)
    if (known === undefined) {
      this.#eventTypes.set(event.type, this.#eventTypes.size)
      trace.mixText(event.type)
    }
    trace.mix(Math.round(nowMs * 1_000_000))
    trace.mix(known ?? this.#eventTypes.size - 1)
    if ('piece' in event) trace.mix(event.piece)
    if ('offsetBytes' in event) trace.mix(event.offsetBytes)
    if ('peer' in event) trace.mixText(event.peer)
  }

  #fail(reason: string): void {
    this.failure ??= reason
  }
}
