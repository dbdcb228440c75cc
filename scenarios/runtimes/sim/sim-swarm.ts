/** A plan, brought up in a simulation: tracker, scripted peers, and the client under test with all its production code. */

import { SyntheticContent } from '../../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../../client/metainfo/torrent-file.ts'
import type { ClientEvent } from '../../../client/ports/events.ts'
import { formatAddress, type Transport } from '../../../client/ports/transport.ts'
import { DownloadManager } from '../../../client/swarm/download-manager.ts'
import { makePeerId } from '../../../client/wire/peer-id.ts'
import { type Link, PERFECT_LINK } from '../../../links/link.ts'
import { UNIT_BYTES_MAX } from '../../../links/unit.ts'
import { parseScript } from '../../../seeder/script.ts'
import { ScriptedPeer } from '../../../seeder/scripted-peer.ts'
import { simulatedHasher } from '../../../simulator/hasher.ts'
import { SimulatedHttp } from '../../../simulator/http.ts'
import { PURPOSE, type Purpose, seededRandom } from '../../../simulator/random.ts'
import { Simulation } from '../../../simulator/simulation.ts'
import { SimulatedDisk, simulatedStorage } from '../../../simulator/storage.ts'
import { SimulatedNetwork } from '../../../simulator/transport.ts'
import { TrackerHttpService } from '../../../tracker-mock/http-service.ts'
import { Collector } from '../../engine/collector.ts'
import type { SeederPlan, SwarmPlan } from '../../engine/swarm-plan.ts'
import { CLIENT_HOST, labelsByAddress, PEER_PORT, seederHost, TRACKER_HOST, TRACKER_PORT } from '../addresses.ts'
import { planTorrent } from '../plan-content.ts'

/** No seeder takes this long to announce itself. */
const START_LIMIT_MS = 60_000

export class SimSwarm {
  readonly simulation = new Simulation()
  readonly collector: Collector
  readonly content: Uint8Array
  readonly disk: SimulatedDisk
  failure: string | null = null
  isComplete = false
  startedMs = 0
  readonly #plan: SwarmPlan
  readonly #seed: number
  readonly #torrent: TorrentFile
  readonly #network: SimulatedNetwork
  readonly #http: SimulatedHttp
  readonly #eventTypes = new Map<string, number>()
  #announcedCount = 0

  constructor(plan: SwarmPlan, seed: number) {
    this.#plan = plan
    this.#seed = seed
    const { totalBytes, contentSeed } = plan.content
    this.content = new SyntheticContent(totalBytes, contentSeed).read(0, totalBytes)
    this.#torrent = planTorrent(plan.content, `http://${TRACKER_HOST}:${TRACKER_PORT}/announce`).torrent
    this.disk = new SimulatedDisk([totalBytes])
    this.#network = new SimulatedNetwork(this.simulation, this.#random(-1, PURPOSE.links))
    this.#http = new SimulatedHttp(this.simulation, this.#network)
    const addresses = plan.seeders.map((_, index) => formatAddress({ host: seederHost(index), port: PEER_PORT }))
    this.collector = new Collector(labelsByAddress(addresses), plan.window)
    this.#startTracker()
    for (const [index, seeder] of plan.seeders.entries()) this.#startSeeder(index, seeder)
  }

  /** Runs to the end of the plan; `failure` says what went wrong. */
  run(): void {
    this.simulation.run(() => this.#announcedCount === this.#plan.seeders.length, START_LIMIT_MS)
    this.startedMs = this.simulation.nowMs
    this.#startClient()
    const { window, timeLimitMs } = this.#plan
    const limitMs = window === null ? timeLimitMs : window.warmupMs + window.measuredMs
    const ended = this.simulation.run(() => this.isComplete || this.failure !== null, this.startedMs + limitMs)
    if (window !== null || this.isComplete || this.failure !== null) return
    this.failure = ended === 'idle' ? 'the swarm came to a standstill' : `not complete after ${timeLimitMs / 1000} s`
  }

  /** `peerIndex` 0 is the client under test, the seeders follow. */
  #random(peerIndex: number, purpose: Purpose) {
    return seededRandom(this.#seed, peerIndex, purpose)
  }

  #startTracker(): void {
    this.#network.addHost(TRACKER_HOST, PERFECT_LINK)
    const service = new TrackerHttpService({ random: this.#random(-1, PURPOSE.tracker), startMs: 0 })
    this.#http.serve(TRACKER_HOST, TRACKER_PORT, service)
  }

  #startSeeder(index: number, seeder: SeederPlan): void {
    const host = seederHost(index)
    const transport = this.#network.addHost(host, seeder.link)
    let link: Link = seeder.link
    const peer = new ScriptedPeer(
      {
        torrent: this.#torrent,
        read: (offsetBytes, lengthBytes) => this.content.subarray(offsetBytes, offsetBytes + lengthBytes),
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
          else this.#fail(`${host} cannot announce: ${reason}`)
        },
        stepBegun: () => {},
      },
    )
    peer.start(this.simulation.nowMs)
  }

  #startClient(): void {
    const { link, pipelineDepth, peersMax } = this.#plan.client
    const transport = this.#network.addHost(CLIENT_HOST, link)
    const { pieceLengthBytes } = this.#plan.content
    const manager = new DownloadManager(
      {
        torrent: this.#torrent,
        peerId: makePeerId(this.#random(0, PURPOSE.peerId)),
        listenPort: PEER_PORT,
        pipelineDepth,
        peersMax,
        peers: [],
        useTrackers: true,
      },
      {
        clock: this.simulation.clock,
        pickerRandom: this.#random(0, PURPOSE.picker),
        trackerRandom: this.#random(0, PURPOSE.tracker),
        transport,
        http: this.#http.client(CLIENT_HOST),
        storage: simulatedStorage(this.simulation, this.disk),
        hasher: simulatedHasher(this.simulation, this.content, pieceLengthBytes),
        events: { emit: (nowMs, event) => this.#observe(nowMs, event) },
      },
    )
    listenFor(manager, transport)
    manager.start(this.simulation.nowMs)
  }

  #observe(nowMs: number, event: ClientEvent): void {
    this.collector.emit(nowMs, event)
    this.#trace(nowMs, event)
    if (event.type === 'completed') this.isComplete = true
    if (event.type === 'storage-failed') this.#fail(`storage: ${event.detail}`)
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

function listenFor(manager: DownloadManager, transport: Transport): void {
  transport.listen(
    { host: CLIENT_HOST, port: PEER_PORT },
    { listening: () => {}, failed: () => {}, accepted: (nowMs, connection) => manager.accept(nowMs, connection) },
  )
}
