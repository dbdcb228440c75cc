/**
 * Simulated Transport: hosts with links, listeners on their ports, connections as flows between them.
 *
 * A connect takes a round trip, as SYN and SYN-ACK do. A port that nobody listens on refuses after one; an address that
 * is no host says nothing, ever.
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
import { Flow, Host } from '../links/network.ts'
import type { Simulation } from './simulation.ts'

const EPHEMERAL_PORT_FIRST = 49_152

export class SimulatedNetwork {
  readonly #simulation: Simulation
  readonly #random: Random
  readonly #hosts = new Map<string, Host>()
  readonly #listeners = new Map<string, ListenHandler>()
  #nextPort = EPHEMERAL_PORT_FIRST

  constructor(simulation: Simulation, random: Random) {
    this.#simulation = simulation
    this.#random = random
  }

  addHost(address: string, link: Link): Transport {
    this.#hosts.set(address, new Host(this.#simulation.queue, link))
    return {
      connect: (remote, handler) => this.#connect(address, remote, handler),
      listen: (local, handler) => this.#listen(address, local, handler),
    }
  }

  /** From the next unit on. */
  setLink(address: string, link: Link): void {
    this.#hosts.get(address)?.setLink(link)
  }

  /** As it is now; null for what is no host. */
  linkOf(address: string): Link | null {
    return this.#hosts.get(address)?.link ?? null
  }

  /** One way and back, without queues; null when either is no host. */
  roundTripMs(from: string, to: string): number | null {
    const [a, b] = [this.#hosts.get(from), this.#hosts.get(to)]
    return a === undefined || b === undefined ? null : a.link.rttMs + b.link.rttMs
  }

  #connect(localHost: string, remote: PeerAddress, handler: ConnectionHandler): FlowConnection {
    const from = this.#hosts.get(localHost)!
    const to = this.#hosts.get(remote.host) ?? null
    const local = { host: localHost, port: this.#nextPort++ }
    let accepted: FlowConnection | null = null
    const out = this.#flow(from, to ?? from)
    const near = new FlowConnection(
      this.#simulation,
      remote,
      out,
      farEnd(() => accepted),
      handler,
    )
    if (to === null) return near
    const back = this.#flow(to, from)
    // The SYN; what the owner sends waits for the SYN-ACK.
    out.sendUrgently(this.#simulation.nowNs, () => {
      const listener = this.#listeners.get(formatAddress(remote))
      if (listener === undefined) {
        back.sendUrgently(this.#simulation.nowNs, () => near.endArrived('refused'))
        return
      }
      // Nothing that the acceptor sends overtakes the SYN-ACK.
      back.sendUrgently(this.#simulation.nowNs, () => near.opened())
      const far = new FlowConnection(
        this.#simulation,
        local,
        back,
        farEnd(() => near),
        null,
      )
      accepted = far
      far.attach(listener.accepted(this.#simulation.nowMs, far))
    })
    return near
  }

  #flow(from: Host, to: Host): Flow {
    return new Flow(this.#simulation.queue, this.#random, from, to)
  }

  #listen(localHost: string, wanted: PeerAddress, handler: ListenHandler): Listener {
    const isOurs = wanted.host === localHost
    const local = isOurs && wanted.port === 0 ? { host: localHost, port: this.#nextPort++ } : wanted
    const name = formatAddress(local)
    const isFree = isOurs && !this.#listeners.has(name)
    if (isFree) this.#listeners.set(name, handler)
    const answer = this.#simulation.soon((nowMs) => {
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

/** The other end, as soon as there is one. */
function farEnd(other: () => FlowConnection | null): FarEnd {
  return {
    receive: (parts) => {
      for (const part of parts) other()?.receive(part)
    },
    fin: () => other()?.endArrived('fin'),
    reset: () => other()?.endArrived('reset'),
    holdSending: () => other()?.holdSending(),
    releaseSending: () => other()?.releaseSending(),
  }
}
