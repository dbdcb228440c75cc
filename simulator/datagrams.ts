/**
 * Simulated Datagrams over the hosts of a simulated network: each datagram takes half a round trip and its own jitter,
 * so that they overtake each other, and is lost at the loss rate of both links. They are few and small: they take no
 * bandwidth. What a partition cuts off is lost.
 *
 * A port where nobody listens refuses after a round trip; an address that is no host says nothing, ever. To a host behind
 * a NAT only what answers gets through: from an address that the same port has sent to lately (RFC 4787).
 */
import {
  DATAGRAM_BYTES_MAX,
  type DatagramHandler,
  type DatagramListener,
  type DatagramListenHandler,
  type DatagramRemote,
  type DatagramSocket,
  type Datagrams,
} from '../client/ports/datagrams.ts'
import { formatAddress, type PeerAddress } from '../client/ports/transport.ts'
import { msToNs, NS_PER_MS } from '../links/link.ts'
import { lossOfBoth } from '../links/loss.ts'
import type { Simulation } from './simulation.ts'
import type { SimulatedNetwork } from './transport.ts'

const EPHEMERAL_PORT_FIRST = 49_152
const PORT_MAX = 65_535
const LOSS_SCALE = 1_000_000_000
const IP_LITERAL = /^[\d.]+$|:/
/** How long a NAT lets answers in: what RFC 4787 asks for at least. */
const MAPPING_MS = 120_000

/** Who hears what arrives at an address. `refused`: what was sent from it to `by` found nobody. */
interface Ear {
  received(nowMs: number, bytes: Uint8Array, from: PeerAddress): void
  refused(nowMs: number, by: PeerAddress): void
}

export class SimulatedDatagrams {
  readonly #simulation: Simulation
  readonly #network: SimulatedNetwork
  readonly #ears = new Map<string, Ear>()
  readonly #hostByName = new Map<string, string>()
  /** When somebody behind a NAT last sent: `FROM TO`, both with ports. */
  readonly #mappings = new Map<string, number>()
  #nextPort = EPHEMERAL_PORT_FIRST

  /** Nothing is drawn where links have neither jitter nor loss. */
  constructor(simulation: Simulation, network: SimulatedNetwork) {
    this.#simulation = simulation
    this.#network = network
  }

  /** What a look-up of this name gives. */
  addName(name: string, host: string): void {
    this.#hostByName.set(name, host)
  }

  /** Of a host of the network. */
  of(localHost: string): Datagrams {
    return {
      connect: (remote, handler) => this.#connect(localHost, remote, handler),
      listen: (local, handler) => this.#listen(localHost, local, handler),
    }
  }

  #connect(localHost: string, remote: DatagramRemote, handler: DatagramHandler): DatagramSocket {
    const local = { host: localHost, port: this.#freePort(localHost) }
    const name = formatAddress(local)
    const host = IP_LITERAL.test(remote.host) ? remote.host : this.#hostByName.get(remote.host)
    let isOpen = false
    const close = () => {
      isOpen = false
      opening.cancel()
      this.#ears.delete(name)
    }
    const opening = this.#simulation.timelineOf(localHost).soon((nowMs) => {
      if (host === undefined || !(remote.port > 0 && remote.port <= PORT_MAX)) {
        close()
        handler.failed(nowMs, { code: 'unreachable', detail: host === undefined ? 'no such host' : 'no such port' })
        return
      }
      isOpen = true
      handler.opened(nowMs, { host, port: remote.port })
    })
    const isRemote = (other: PeerAddress) => isOpen && other.host === host && other.port === remote.port
    this.#ears.set(name, {
      received: (nowMs, bytes, from) => {
        if (isRemote(from)) handler.received(nowMs, bytes)
      },
      refused: (nowMs, by) => {
        if (!isRemote(by)) return
        close()
        handler.failed(nowMs, { code: 'refused', detail: 'nobody listens there' })
      },
    })
    return {
      send: (bytes) => {
        if (isOpen && host !== undefined) this.#send(local, { host, port: remote.port }, bytes)
      },
      close,
    }
  }

  #listen(localHost: string, wanted: PeerAddress, handler: DatagramListenHandler): DatagramListener {
    const isOurs = wanted.host === localHost
    const local = isOurs && wanted.port === 0 ? { host: localHost, port: this.#freePort(localHost) } : wanted
    const name = formatAddress(local)
    const isFree = isOurs && !this.#ears.has(name)
    let isListening = false
    const ear: Ear = {
      received: (nowMs, bytes, from) => handler.received(nowMs, bytes, from),
      refused: () => {},
    }
    const answer = this.#simulation.timelineOf(localHost).soon((nowMs) => {
      isListening = isFree
      if (isFree) handler.listening(nowMs, local)
      else handler.failed(nowMs, { code: isOurs ? 'in-use' : 'not-available', local })
    })
    if (isFree) this.#ears.set(name, ear)
    return {
      send: (bytes, to) => {
        if (isListening) this.#send(local, to, bytes)
      },
      close: () => {
        isListening = false
        answer.cancel()
        if (this.#ears.get(name) === ear) this.#ears.delete(name)
      },
    }
  }

  #send(from: PeerAddress, to: PeerAddress, bytes: Uint8Array): void {
    const { nowMs, nowNs } = this.#simulation.timelineOf(from.host)
    if (!this.#network.isReachable(from.host)) this.#mappings.set(mapping(from, to), nowMs)
    const delayMs = this.#delayMs(from.host, to.host)
    if (delayMs === null || bytes.length > DATAGRAM_BYTES_MAX) return
    // Whom it finds is looked up when everybody has come to that time.
    this.#simulation.queue.at(nowNs + msToNs(delayMs), (dueNs) => {
      const arrivedMs = dueNs / NS_PER_MS
      if (!this.#isLetIn(arrivedMs, from, to)) return
      const ear = this.#ears.get(formatAddress(to))
      if (ear !== undefined) return ear.received(arrivedMs, bytes, from)
      const backMs = this.#delayMs(to.host, from.host)
      if (backMs === null) return
      this.#simulation.inMs(backMs, (refusedMs) => this.#ears.get(formatAddress(from))?.refused(refusedMs, to))
    })
  }

  #isLetIn(nowMs: number, from: PeerAddress, to: PeerAddress): boolean {
    if (from.host === to.host || this.#network.isReachable(to.host)) return true
    const sentMs = this.#mappings.get(mapping(to, from))
    return sentMs !== undefined && nowMs - sentMs <= MAPPING_MS
  }

  /** Null: it never arrives. */
  #delayMs(from: string, to: string): number | null {
    const path = this.#network.pathOf(from, to)
    if (path === null || path.isCut) return null
    const { near, far, roundTripMs, random } = path
    const threshold = Math.round(lossOfBoth(near.lossRate, far.lossRate) * LOSS_SCALE)
    if (threshold > 0 && random.below(LOSS_SCALE) < threshold) return null
    const jitterNs = msToNs(near.jitterMs + far.jitterMs)
    const lateNs = jitterNs === 0 ? 0 : random.below(jitterNs + 1)
    return roundTripMs / 2 + lateNs / NS_PER_MS
  }

  #freePort(host: string): number {
    while (this.#ears.has(formatAddress({ host, port: this.#nextPort }))) this.#nextPort++
    return this.#nextPort++
  }
}

function mapping(from: PeerAddress, to: PeerAddress): string {
  return `${formatAddress(from)} ${formatAddress(to)}`
}
