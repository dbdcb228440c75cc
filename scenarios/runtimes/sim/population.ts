/**
 * The clients of ours in a swarm in virtual time, from their arrival to their leaving. One that leaves says so to the
 * tracker and to its peers; one that crashes says nothing, and starts again over what it left on the disk.
 */
import type { ClientEvent } from '../../../client/ports/events.ts'
import type { Transport } from '../../../client/ports/transport.ts'
import { PURPOSE, type Purpose } from '../../../simulator/random.ts'
import type { SimulatedDisk } from '../../../simulator/storage.ts'
import { type ClientPlan, clientsOf } from '../../engine/swarm-plan.ts'
import { clientHost } from '../addresses.ts'
import { type SimClient, startSimClient } from './sim-client.ts'
import { clientDisk } from './sim-disks.ts'
import type { SimObservers } from './sim-observers.ts'
import type { SimWorld } from './sim-world.ts'

/** A disk on which a crash can fall between a write and its landing. */
const CRASH_WRITE_MS = 5

export interface PopulationWatchers {
  /** Stands between a client and the network; gives back the same where it need not. */
  tapped(client: number, transport: Transport): Transport
  /** Null: nobody does. */
  readonly observe: ((nowMs: number, client: number, event: ClientEvent) => void) | null
}

interface Member {
  readonly index: number
  readonly plan: ClientPlan
  /** Null: it has not arrived, or is gone. */
  disk: SimulatedDisk | null
  client: SimClient | null
  isComplete: boolean
  isLeaving: boolean
}

export class Population {
  readonly #world: SimWorld
  readonly #observers: SimObservers
  readonly #watchers: PopulationWatchers
  readonly #members: readonly Member[]
  /** Neither complete nor gone, seeds not counted. */
  #unfinished: number
  #isContentRight = true

  constructor(world: SimWorld, observers: SimObservers, watchers: PopulationWatchers) {
    this.#world = world
    this.#observers = observers
    this.#watchers = watchers
    this.#members = clientsOf(world.plan).map((plan, index) => {
      return { index, plan, disk: null, client: null, isComplete: false, isLeaving: false }
    })
    this.#unfinished = this.#members.filter(({ plan }) => !plan.isSeed).length
  }

  get isFinished(): boolean {
    return this.#unfinished === 0
  }

  get presentCount(): number {
    return this.#members.filter(({ client, isLeaving }) => client !== null && !isLeaving).length
  }

  /** Now is the start of the clients. */
  start(): void {
    const { simulation } = this.#world
    for (const member of this.#members) {
      const { arrivesMs, leavesMs } = member.plan
      if (arrivesMs === 0) this.#arrive(member)
      else simulation.inMs(arrivesMs, () => this.#arrive(member))
      if (leavesMs !== null) simulation.inMs(leavesMs, (nowMs) => this.#leave(nowMs, member))
    }
  }

  /** The client under test is killed, with writes under way, and started again after `downMs` over what is there. */
  crash(downMs: number): void {
    const { simulation, plan } = this.#world
    const member = this.#members[0]!
    if (member.client === null || member.disk === null) return
    member.client.kill()
    member.client = null
    this.#observers.crashed(simulation.nowMs)
    member.disk = member.disk.crash(simulation.nowMs, this.#world.random(0, PURPOSE.behaviour))
    const peerIndex = 1 + plan.seeders.length + plan.others.length
    simulation.inMs(downMs, () => {
      this.#observers.arrived(simulation.nowMs, 0, false)
      this.#start(member, peerIndex)
    })
  }

  /** At every client that was complete, whether it is here still or left. */
  contentMatches(): boolean {
    for (const member of this.#members) this.#checkContent(member)
    return this.#isContentRight
  }

  #arrive(member: Member): void {
    if (member.isLeaving) return
    const { simulation, content, plan } = this.#world
    member.disk = clientDisk(content, member.plan.isSeed)
    this.#observers.arrived(simulation.nowMs, member.index, member.plan.isSeed)
    this.#start(member, member.index === 0 ? 0 : plan.seeders.length + member.index)
    if (member.plan.isSeed) this.#leaveAfter(member, member.plan.seedsMs)
  }

  #start(member: Member, peerIndex: number): void {
    const world = this.#world
    const host = clientHost(member.index)
    const random = (purpose: Purpose) => world.random(peerIndex, purpose)
    const { link, isReachable } = member.plan
    const transport = world.network.addHost(host, link, { random, isReachable })
    member.client = startSimClient({
      timeline: world.simulation.timelineOf(host),
      plan: member.plan,
      host,
      transport: this.#watchers.tapped(member.index, transport),
      http: world.http.client(host),
      torrent: world.torrent,
      content: world.content,
      disk: member.disk!,
      isKilled: member.index === 0 && world.plan.crash !== null,
      writeMs: world.plan.crash === null ? 0 : CRASH_WRITE_MS,
      random,
      events: { emit: (nowMs, event) => this.#emit(nowMs, member, event) },
    })
  }

  #emit(nowMs: number, member: Member, event: ClientEvent): void {
    this.#observers.observe(nowMs, member.index, event)
    this.#watchers.observe?.(nowMs, member.index, event)
    if (event.type === 'storage-failed') {
      this.#world.fail(`${member.index === 0 ? '' : `client ${member.index}: `}storage: ${event.detail}`)
    }
    if (event.type !== 'completed' || member.isComplete) return
    member.isComplete = true
    if (member.plan.isSeed) return
    this.#unfinished--
    this.#leaveAfter(member, member.plan.seedsMs)
  }

  #leaveAfter(member: Member, seedsMs: number | null): void {
    if (seedsMs === null) return
    const timeline = this.#world.simulation.timelineOf(clientHost(member.index))
    timeline.inMs(seedsMs, (nowMs) => this.#leave(nowMs, member))
  }

  #leave(nowMs: number, member: Member): void {
    if (member.isLeaving) return
    const { client, plan, index } = member
    member.isLeaving = true
    if (!member.isComplete && !plan.isSeed) this.#unfinished--
    if (client === null) return
    this.#observers.left(nowMs, index)
    client.leave(nowMs, (_, fault) => {
      if (fault !== null) this.#world.fail(`client ${index}: storage: ${fault.detail}`)
      this.#checkContent(member)
      member.client = null
      member.disk = null
    })
  }

  #checkContent({ disk, isComplete }: Member): void {
    if (disk !== null && isComplete && !disk.holdsContent) this.#isContentRight = false
  }
}
