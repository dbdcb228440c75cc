/**
 * The swarm of a schedule, brought up in virtual time, every port watched: clients of ours with all their production
 * code, scripted peers, a tracker, and the honest source. What happens to it is in ./fate.ts; what must hold of it in
 * ./invariants.
 */
import type { ClientEvent } from '../../client/ports/events.ts'
import type { PeerAddress } from '../../client/ports/transport.ts'
import type { DownloadPorts } from '../../client/swarm/settings.ts'
import { UNIT_BYTES_MAX } from '../../links/unit.ts'
import { parseScript } from '../../seeder/script.ts'
import { ScriptedPeer } from '../../seeder/scripted-peer.ts'
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import { Simulation } from '../../simulator/simulation.ts'
import { HuntNetwork } from './hunt-network.ts'
import { HuntedClient, type HuntedOwner } from './hunted-client.ts'
import type { Life } from './life.ts'
import {
  CLIENTS_NET,
  type ClientSchedule,
  hostOf,
  type PeerSchedule,
  PORT,
  type Schedule,
  SOURCE,
  streamOf,
  TRACKER_URL,
} from './schedule.ts'
import { sharesAll, sourceClient, sourcePeer } from './source.ts'
import { type HuntTorrent, torrentOf } from './torrent.ts'
import { type Invariant, Violation } from './violation.ts'
import { Watch } from './watch.ts'

/** What a test puts in the place of a client's port. */
export type Alter = (ports: DownloadPorts, client: HuntedClient) => DownloadPorts

export interface WorldOptions {
  readonly alter: Alter
  /** One line of what happened, for people. */
  readonly log: (atMs: number, who: string, what: string) => void
  /** Every event of a client, before the invariants see it. */
  readonly observe: (atMs: number, client: HuntedClient, event: ClientEvent) => void
}

interface RunningPeer {
  readonly schedule: PeerSchedule
  peer: ScriptedPeer | null
}

export class HuntWorld implements HuntedOwner {
  readonly simulation = new Simulation()
  readonly schedule: Schedule
  readonly of: HuntTorrent
  readonly network: HuntNetwork
  readonly watch = new Watch()
  readonly clients: HuntedClient[] = []
  readonly #peers: RunningPeer[] = []
  readonly #options: WorldOptions
  #hasBannedClient = false

  constructor(schedule: Schedule, options: WorldOptions) {
    this.schedule = schedule
    this.#options = options
    this.of = torrentOf(schedule)
    this.network = new HuntNetwork(this.simulation, schedule, this.of)
  }

  /** Everybody, each at its time. `invariants` watch from here on. */
  start(invariants: readonly Invariant[]): void {
    this.watch.begin(invariants)
    const { clients, peers, source } = this.schedule
    if (source.as === 'peer') this.#addPeer(sourcePeer(source))
    else this.#addClient(sourceClient(source))
    for (const peer of peers) this.#addPeer(peer)
    for (const client of clients) this.#addClient(client)
    this.#everySecond()
  }

  client(name: string): HuntedClient | null {
    return this.clients.find((client) => client.name === name) ?? null
  }

  log(who: string, what: string): void {
    this.#options.log(this.simulation.nowMs, who, what)
  }

  /** Those who were not honest are gone, or are from now on, as their schedule has it. */
  endHostility(): void {
    for (const running of this.#peers) {
      const { schedule } = running
      if (schedule.name === SOURCE || schedule.script.length === 0) continue
      this.log(schedule.name, `is ${schedule.afterwards} from now on`)
      running.peer?.stop()
      running.peer = null
      this.network.changeLink(hostOf(schedule.name), schedule.link)
      if (schedule.afterwards === 'honest') running.peer = this.#startPeer(schedule, [])
    }
  }

  /** Where its clients need it no more: one of them has each piece, and none has banned another. */
  endSource(): void {
    const { clients, source } = this.schedule
    if (!source.leaves || this.#hasBannedClient || !clients.every(sharesAll)) return
    // Somebody has to know the torrent.
    if (clients.every(({ fromMagnet }) => fromMagnet)) return
    const sharers = this.clients.filter(({ name }) => name !== SOURCE)
    for (let piece = 0; piece < this.of.torrent.geometry.pieceCount; piece++) {
      // One whose disk is not what it believes may yet be banned.
      if (sharers.some(({ disk }) => disk.isHarmed(piece)) || !sharers.some((client) => client.offers(piece))) return
    }
    this.log(SOURCE, 'leaves')
    const client = this.client(SOURCE)
    client?.quit(null)
    if (client !== null) client.hasLeft = true
    for (const { schedule, peer } of this.#peers) if (schedule.name === SOURCE) peer?.stop()
  }

  endPeers(): void {
    for (const running of this.#peers) running.peer?.stop()
  }

  // Called by clients.

  lifeBegan(client: HuntedClient, life: Life): void {
    this.log(client.name, `starts, life ${client.lives}`)
    this.watch.tell((invariant) => invariant.lifeBegan?.(client, life))
  }

  clientEvent(client: HuntedClient, life: Life, event: ClientEvent): void {
    this.#options.observe(this.simulation.nowMs, client, event)
    if (event.type === 'metadata-unusable') throw new Violation('metadata-usable', `${client.name}: ${event.reason}`)
    if (event.type === 'peer-banned' && event.peer.startsWith(CLIENTS_NET)) this.#hasBannedClient = true
    if (event.type === 'peer-snubbed') this.watch.wireTo(life, event.peer)?.book.snubbed()
    this.watch.tell((invariant) => invariant.event?.(client, life, event))
  }

  lifeEnded(client: HuntedClient, life: Life): void {
    this.log(client.name, life.state === 'killed' ? 'was killed' : 'has stopped')
    this.watch.tell((invariant) => invariant.lifeEnded?.(client, life))
  }

  #everySecond(): void {
    this.simulation.inMs(1_000, (nowMs) => {
      this.watch.tell((invariant) => invariant.everySecond?.(nowMs))
      this.#everySecond()
    })
  }

  #addPeer(schedule: PeerSchedule): void {
    this.network.addHost(schedule.name, schedule.link, true)
    this.#peers.push({ schedule, peer: this.#startPeer(schedule, schedule.script) })
  }

  #startPeer({ name, announces }: PeerSchedule, script: PeerSchedule['script']): ScriptedPeer {
    const { torrent, content } = this.of
    const host = hostOf(name)
    const first = this.schedule.clients[0]!
    const peer = new ScriptedPeer(
      {
        torrent,
        read: (offsetBytes, lengthBytes) => content.subarray(offsetBytes, offsetBytes + lengthBytes),
        address: { host, port: PORT },
        script: parseScript(script),
        trackerUrl: announces ? TRACKER_URL : null,
        sendAheadBytes: UNIT_BYTES_MAX,
        clientAddress: { host: hostOf(first.name), port: PORT },
      },
      {
        clock: this.simulation.clock,
        transport: this.network.transport(host, this.watch.bytesOnly),
        http: this.network.http(host),
        random: seededRandom(this.schedule.seed, streamOf(name), PURPOSE.behaviour),
        changeLink: (change) => this.network.changeLink(host, change),
      },
      {
        listening: () => {},
        failed: (fault) => this.log(name, `cannot listen: ${fault.code}`),
        announced: () => {},
        stepBegun: (_, step) => this.log(name, `begins to ${step.behaviour.name} ${JSON.stringify(step.options)}`),
      },
    )
    this.simulation.call(() => peer.start(this.simulation.nowMs))
    return peer
  }

  #addClient(schedule: ClientSchedule): void {
    const host = this.network.addHost(schedule.name, schedule.link, schedule.isReachable)
    const client: HuntedClient = new HuntedClient(
      {
        simulation: this.simulation,
        seed: this.schedule.seed,
        of: this.of,
        schedule,
        transport: this.network.transport(
          host,
          this.watch.of(() => client),
        ),
        http: this.network.http(host),
        peers: this.#userPeers(schedule),
        alter: this.#options.alter,
      },
      this,
    )
    this.clients.push(client)
    this.simulation.inMs(schedule.arrivesMs, () => client.start())
  }

  #userPeers({ name, knows }: ClientSchedule): PeerAddress[] {
    const names = this.schedule.source.knownBy === 'user' && name !== SOURCE ? [...knows, SOURCE] : knows
    return names.map((each) => ({ host: hostOf(each), port: PORT }))
  }
}
