/**
 * The hosts of a simulated network: their links, their randomness, who can reach whom, and what lies between them.
 *
 * A host behind a NAT dials and is not dialled. Partitions cut hosts of different groups off from each other; a host that
 * is in no group reaches everybody.
 */
import type { Random } from '../client/ports/random.ts'
import { type Distances, distanceMs, drawPlace, type Place, pairDistances } from '../links/distance.ts'
import type { Scheduled } from '../links/event-queue.ts'
import { type CutFlow, Host } from '../links/host.ts'
import { type Link, msToNs } from '../links/link.ts'
import type { Timeline } from '../links/timeline.ts'
import { PURPOSE, type Purpose } from './random.ts'
import type { Simulation } from './simulation.ts'

export interface HostOptions {
  /** Streams of this host alone. Left out: it shares that of the network with all others like it. */
  readonly random?: (purpose: Purpose) => Random
  /** Nobody can dial it where not: it is behind a NAT. Default: it can be dialled. */
  readonly isReachable?: boolean
  /** What is met by who dials it when nobody can: nothing, as of a firewall that drops (the default), or a refusal. */
  readonly unreachableAs?: 'silent' | 'refused'
}

export interface NetworkOptions {
  /** What lies between the links of two hosts. Default: nothing. */
  readonly distances?: Distances
  /** Connections begin slowly on every link, whatever it says itself. */
  readonly slowStart?: boolean
}

export interface PartitionOptions {
  /** An end whose bytes were kept for so long gives up: its connection is reset. Left out: it waits, however long. */
  readonly resetAfterMs?: number
}

export interface SimulatedHost {
  readonly address: string
  /** All that it does goes by this. */
  readonly timeline: Timeline
  readonly host: Host
  /** Jitter and loss of what it sends over connections, and as datagrams. */
  readonly linkRandom: Random
  readonly datagramRandom: Random
  readonly isReachable: boolean
  readonly unreachableAs: 'silent' | 'refused'
  readonly place: Place | null
}

export type Dialled = 'let-in' | 'refused' | 'silent'

/** From one host to another, now. */
export interface SimulatedPath {
  readonly near: Link
  readonly far: Link
  /** Without queues, jitter and loss. */
  readonly roundTripMs: number
  readonly isCut: boolean
  /** What becomes of a connection that the first asks for, where somebody listens. */
  readonly dialled: Dialled
  /** Of the sender's datagrams. */
  readonly random: Random
}

export class SimulatedHosts {
  readonly #simulation: Simulation
  readonly #random: Random
  readonly #distances: Distances | null
  readonly #slowStart: boolean
  readonly #pairRttMs: (a: string, b: string) => number
  readonly #hosts = new Map<string, SimulatedHost>()
  /** The group of each host that is in one; empty: the network is whole. */
  #groups: ReadonlyMap<string, number> = new Map()
  #resetAfterMs: number | null = null
  /** Flows that a partition cuts, and when their senders give up. */
  readonly #cutFlows = new Map<CutFlow, Scheduled | null>()
  /** What times in schedules count from. */
  #originNs = 0

  constructor(simulation: Simulation, random: Random, { distances, slowStart = false }: NetworkOptions) {
    this.#simulation = simulation
    this.#random = random
    this.#distances = distances ?? null
    this.#slowStart = slowStart
    this.#pairRttMs = pairDistances(distances?.kind === 'pairs' ? distances.pairs : [])
  }

  /** One that was there goes on as another: its link is the new one. */
  add(address: string, link: Link, options: HostOptions): SimulatedHost {
    const randomFor = options.random ?? (() => this.#random)
    const distances = this.#distances
    const timeline = this.#simulation.timelineOf(address)
    const host = new Host(timeline.queue, this.#linkFor(link))
    host.group = this.#groups.get(address) ?? 0
    host.swallows = (flow) => this.#swallows(flow)
    host.followSchedule(this.#simulation.nowNs, this.#originNs)
    const added: SimulatedHost = {
      address,
      timeline,
      host,
      linkRandom: randomFor(PURPOSE.links),
      datagramRandom: randomFor(PURPOSE.datagrams),
      isReachable: options.isReachable ?? true,
      unreachableAs: options.unreachableAs ?? 'silent',
      place: distances?.kind === 'plane' ? drawPlace(randomFor(PURPOSE.place), distances.widthMs) : null,
    }
    this.#hosts.set(address, added)
    return added
  }

  get(address: string): SimulatedHost | null {
    return this.#hosts.get(address) ?? null
  }

  setLink(address: string, link: Link): void {
    const known = this.get(address)
    known?.host.setLink(known.timeline.nowNs, this.#linkFor(link))
  }

  startSchedules(originMs: number): void {
    this.#originNs = msToNs(originMs)
    for (const { host } of this.#hosts.values()) host.followSchedule(this.#simulation.nowNs, this.#originNs)
  }

  partition(groups: readonly (readonly string[])[], { resetAfterMs }: PartitionOptions): void {
    this.#groups = new Map(groups.flatMap((group, index) => group.map((address) => [address, index + 1])))
    this.#resetAfterMs = resetAfterMs ?? null
    for (const { address, host } of this.#hosts.values()) host.group = this.#groups.get(address) ?? 0
    for (const [flow, givingUp] of this.#cutFlows) {
      if (flow.isCut) continue
      givingUp?.cancel()
      this.#cutFlows.delete(flow)
      flow.heal(this.#simulation.nowNs)
    }
  }

  /** Null when either is no host. */
  path(from: string, to: string): SimulatedPath | null {
    const [near, far] = [this.get(from), this.get(to)]
    if (near === null || far === null) return null
    return {
      near: near.host.link,
      far: far.host.link,
      roundTripMs: near.host.link.rttMs + far.host.link.rttMs + this.betweenMs(near, far),
      isCut: this.isCut(from, to),
      dialled: dialled(near, far),
      random: near.datagramRandom,
    }
  }

  isCut(a: string, b: string): boolean {
    const [groupA, groupB] = [this.#groups.get(a), this.#groups.get(b)]
    return groupA !== undefined && groupB !== undefined && groupA !== groupB
  }

  /** Of the pair's own, on top of both links. */
  betweenMs(from: SimulatedHost, to: SimulatedHost): number {
    if (from.place !== null && to.place !== null) return distanceMs(from.place, to.place)
    return this.#pairRttMs(from.address, to.address)
  }

  #linkFor(link: Link): Link {
    return this.#slowStart ? { ...link, slowStart: true } : link
  }

  #swallows(flow: CutFlow): void {
    const giveUp = () => flow.timeOut(this.#simulation.nowNs)
    this.#cutFlows.set(flow, this.#resetAfterMs === null ? null : this.#simulation.inMs(this.#resetAfterMs, giveUp))
  }
}

export function dialled(from: SimulatedHost, to: SimulatedHost): Dialled {
  return to === from || to.isReachable ? 'let-in' : to.unreachableAs
}
