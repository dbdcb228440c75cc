/**
 * Simulated Transport: hosts with links, listeners on their ports, connections as flows between them.
 *
 * A connect takes a round trip, as SYN and SYN-ACK do. A port that nobody listens on refuses after one; an address that
 * is no host says nothing, ever, and neither does a host behind a NAT, unless it is one that refuses.
 */
import type { Random } from '../client/ports/random.ts'
import {
  type ConnectionHandler,
  formatAddress,
  type Listener,
  type ListenHandler,
  type PeerAddress,
  type Transport,
} from '../client/ports/transport.ts'
import { type FarEnd, FlowConnection } from '../links/flow-connection.ts'
import type { Link } from '../links/link.ts'
import type { Flow } from '../links/network.ts'
import { openFlow } from '../links/slow-flow.ts'
import type { Timeline } from '../links/timeline.ts'
import {
  dialled,
  type HostOptions,
  type NetworkOptions,
  type PartitionOptions,
  type SimulatedHost,
  SimulatedHosts,
  type SimulatedPath,
} from './hosts.ts'
import type { Simulation } from './simulation.ts'

export type { HostOptions, NetworkOptions } from './hosts.ts'

const EPHEMERAL_PORT_FIRST = 49_152

export class SimulatedNetwork {
  readonly #simulation: Simulation
  readonly #hosts: SimulatedHosts
  readonly #listeners = new Map<string, ListenHandler>()
  #nextPort = EPHEMERAL_PORT_FIRST

  /** `random` is for hosts that bring none of their own. */
  constructor(simulation: Simulation, random: Random, options: NetworkOptions = {}) {
    this.#simulation = simulation
    this.#hosts = new SimulatedHosts(simulation, random, options)
  }

  addHost(address: string, link: Link, options: HostOptions = {}): Transport {
    this.#hosts.add(address, link, options)
    return {
      connect: (remote, handler) => this.#connect(address, remote, handler),
      listen: (local, handler) => this.#listen(address, local, handler),
    }
  }

  /** From now on, for what is leaving too. */
  setLink(address: string, link: Link): void {
    this.#hosts.setLink(address, link)
  }

  /** What times in the schedules of links count from, of hosts that are added later too. Until this is said: 0. */
  startSchedules(originMs: number): void {
    this.#hosts.startSchedules(originMs)
  }

  /**
   * Hosts of different groups do not reach each other from now on; hosts in no group reach everybody. Null: the network is
   * whole again. What connections sent meanwhile arrives then, as TCP tries again; datagrams and requests are lost.
   */
  partition(groups: readonly (readonly string[])[] | null, options: PartitionOptions = {}): void {
    this.#hosts.partition(groups ?? [], options)
  }

  /** As it is now; null for what is no host. */
  linkOf(address: string): Link | null {
    return this.#hosts.get(address)?.host.link ?? null
  }

  /** One way and back, without queues; null when either is no host. */
  roundTripMs(from: string, to: string): number | null {
    return this.#hosts.path(from, to)?.roundTripMs ?? null
  }

  /** Null when either is no host. */
  pathOf(from: string, to: string): SimulatedPath | null {
    return this.#hosts.path(from, to)
  }

  /** Whether others can dial it: it is a host, and not behind a NAT. */
  isReachable(address: string): boolean {
    return this.#hosts.get(address)?.isReachable ?? false
  }

  /** What one host sends another beside its connections, in order, over the same links; null when either is no host. */
  flow(from: string, to: string): Flow | null {
    const [near, far] = [this.#hosts.get(from), this.#hosts.get(to)]
    return near === null || far === null ? null : this.#flow(near, far)
  }

  #connect(localHost: string, remote: PeerAddress, handler: ConnectionHandler): FlowConnection {
    const from = this.#hosts.get(localHost)!
    const to = this.#hosts.get(remote.host)
    const local = { host: localHost, port: this.#nextPort++ }
    let accepted: FlowConnection | null = null
    const out = this.#flow(from, to ?? from)
    const near = new FlowConnection(
      from.timeline,
      remote,
      out,
      farEnd(from.timeline, out, () => accepted),
      handler,
    )
    const meets = to === null ? 'silent' : dialled(from, to)
    if (to === null || meets === 'silent') return near
    const back = this.#flow(to, from)
    // The SYN; what the owner sends waits for the SYN-ACK.
    out.sendUrgently(from.timeline.nowNs, (nowNs) => {
      const listener = this.#listeners.get(formatAddress(remote))
      if (listener === undefined || meets === 'refused') {
        back.sendUrgently(nowNs, () => near.endArrived('refused'))
        return
      }
      // Nothing that the acceptor sends overtakes the SYN-ACK.
      back.sendUrgently(nowNs, () => near.opened())
      const far = new FlowConnection(
        to.timeline,
        local,
        back,
        farEnd(to.timeline, back, () => near),
        null,
      )
      accepted = far
      far.attach(listener.accepted(to.timeline.nowMs, far))
    })
    return near
  }

  /** What is late or lost on the way is drawn by the sender. */
  #flow(from: SimulatedHost, to: SimulatedHost): Flow {
    return openFlow(from.timeline.queue, from.linkRandom, from.host, to.host, this.#hosts.betweenMs(from, to))
  }

  #listen(localHost: string, wanted: PeerAddress, handler: ListenHandler): Listener {
    const isOurs = wanted.host === localHost
    const local = isOurs && wanted.port === 0 ? { host: localHost, port: this.#nextPort++ } : wanted
    const name = formatAddress(local)
    const isFree = isOurs && !this.#listeners.has(name)
    if (isFree) this.#listeners.set(name, handler)
    const answer = this.#simulation.timelineOf(localHost).soon((nowMs) => {
      if (isFree) handler.listening(nowMs, local)
      else handler.failed(nowMs, { code: isOurs ? 'in-use' : 'not-available', local })
    })
    return {
      close: () => {
        answer.cancel()
        if (this.#listeners.get(name) === handler) this.#listeners.delete(name)
      },
    }
  }
}

/** The other end, as soon as there is one. What its window is told of takes the way that bytes take. */
function farEnd(timeline: Timeline, out: Flow, other: () => FlowConnection | null): FarEnd {
  return {
    receive: (parts) => {
      for (const part of parts) other()?.receive(part)
    },
    fin: () => other()?.endArrived('fin'),
    reset: () => other()?.endArrived('reset'),
    holdSending: () => out.signal(timeline.nowNs, () => other()?.holdSending()),
    releaseSending: () => out.signal(timeline.nowNs, () => other()?.releaseSending()),
  }
}
