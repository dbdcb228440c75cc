/**
 * Shapes a real transport with the model of a link: both directions of every connection, from this side alone, so that
 * the program at the other end can be anybody's.
 *
 * What we send goes through our uplink, the delay and the other's downlink before the socket gets it; what comes in has
 * been through the other's uplink, the delay and our downlink before the handler gets it. A connection takes a round trip
 * to open, which loopback does not: from one that we accept what comes in is held for that long, and one that we ask for
 * has half of it behind it when the answer sets out.
 */
import type {
  Connection,
  ConnectionEnd,
  ConnectionHandler,
  Listener,
  ListenHandler,
  Ownership,
  PeerAddress,
  Transport,
} from '../client/ports/transport.ts'
import { type FarEnd, FlowConnection } from './flow-connection.ts'
import type { Host } from './host.ts'
import { msToNs } from './link.ts'
import type { LinkRandom } from './loss.ts'
import type { Flow } from './network.ts'
import type { PacedTimeline } from './paced-timeline.ts'
import { openFlow } from './slow-flow.ts'

/** What the socket may hold before the flow stops: the receiver's window. */
const SOCKET_BYTES_MAX = 1_048_576

/**
 * What comes in answers what went out last. Where that went out late, because this process was held up, the answer would
 * have come as much earlier: it counts from then. The other end's own time is not touched; a longer delay is no answer's.
 */
const BACKDATED_NS_MAX = msToNs(20)

export interface Shaping {
  readonly timeline: PacedTimeline
  readonly random: LinkRandom
  readonly local: Host
  /** The host at the other end of a connection. */
  readonly hostOf: (remote: PeerAddress) => Host
  /** A round trip of the pair's own that this side adds: all of it, or half where the other end is shaped too. Default: 0. */
  readonly betweenMs?: (remote: PeerAddress) => number
}

export function shapedTransport(inner: Transport, shaping: Shaping): Transport {
  return {
    connect: (remote, handler) => {
      const socket = new ShapedSocket(shaping, remote, handler)
      shaping.timeline.call(() => socket.opensIn(roundTripMs(shaping, remote) / 2))
      socket.attach(inner.connect(remote, socket))
      return socket.connection
    },
    listen: (local, handler) => listen(inner, shaping, local, handler),
  }
}

function listen(inner: Transport, shaping: Shaping, local: PeerAddress, handler: ListenHandler): Listener {
  const { timeline } = shaping
  return inner.listen(local, {
    listening: (_, bound) => timeline.enter((nowMs) => handler.listening(nowMs, bound)),
    failed: (_, fault) => timeline.enter((nowMs) => handler.failed(nowMs, fault)),
    accepted: (_, connection) => {
      const socket = new ShapedSocket(shaping, connection.remote, null)
      socket.attach(connection)
      timeline.enter((nowMs) => {
        socket.opensIn(roundTripMs(shaping, connection.remote))
        socket.connection.attach(handler.accepted(nowMs, socket.connection))
      })
      return socket
    },
  })
}

function roundTripMs({ local, hostOf, betweenMs }: Shaping, remote: PeerAddress): number {
  return local.link.rttMs + hostOf(remote).link.rttMs + (betweenMs?.(remote) ?? 0)
}

/** Between the socket, in real time, and the connection that the owner has, on the timeline. */
class ShapedSocket implements ConnectionHandler, FarEnd {
  readonly connection: FlowConnection
  readonly #timeline: PacedTimeline
  readonly #out: Flow
  readonly #in: Flow
  /** Nothing comes in before this: the connection was still opening. */
  #openNs = 0
  #inner: Connection | null = null
  #isFull = false
  /** How late the socket got the bytes that it got last. */
  #deliveredLateNs = 0
  #lastSentNs = 0

  constructor(shaping: Shaping, remote: PeerAddress, handler: ConnectionHandler | null) {
    const { timeline, random, local, hostOf } = shaping
    const far = hostOf(remote)
    const betweenMs = shaping.betweenMs?.(remote) ?? 0
    this.#timeline = timeline
    this.#out = openFlow(timeline.queue, random, local, far, betweenMs)
    this.#in = openFlow(timeline.queue, random, far, local, betweenMs)
    this.connection = new FlowConnection(timeline, remote, this.#out, this, handler)
  }

  attach(inner: Connection): void {
    this.#inner = inner
  }

  /** From the present of the timeline, so called on it. */
  opensIn(delayMs: number): void {
    this.#openNs = this.#timeline.nowNs + msToNs(delayMs)
  }

  // What the socket says; it reaches the connection through the flow in.

  opened(): void {
    this.#incoming(0, () => this.connection.opened())
  }

  received(_nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    const kept = ownership === 'owned' ? chunk : chunk.slice()
    this.#incoming(kept.length, () => this.connection.receive(kept))
  }

  drained(): void {
    if (!this.#isFull) return
    this.#isFull = false
    this.#timeline.enter(() => this.connection.releaseSending())
  }

  ended(_nowMs: number, end: ConnectionEnd): void {
    this.#inner = null
    this.#incoming(0, () => this.connection.endArrived(end))
  }

  // What the connection says, once it is through the flow out.

  receive(parts: readonly Uint8Array[]): void {
    this.#deliveredLateNs = Math.min(this.#timeline.lagNs, BACKDATED_NS_MAX)
    this.#inner?.send(...parts)
    if ((this.#inner?.unsentBytes ?? 0) < SOCKET_BYTES_MAX) return
    this.#isFull = true
    this.connection.holdSending()
  }

  fin(): void {
    this.#inner?.close()
  }

  reset(): void {
    this.#inner?.reset()
  }

  holdSending(): void {
    this.#inner?.pauseReceiving()
  }

  releaseSending(): void {
    this.#inner?.resumeReceiving()
  }

  #incoming(bytes: number, arrived: () => void): void {
    this.#timeline.enter(() => {
      const answeredNs = this.#timeline.nowNs - this.#deliveredLateNs
      const sentNs = Math.max(answeredNs, this.#openNs, this.#lastSentNs)
      this.#lastSentNs = sentNs
      this.#timeline.queue.at(sentNs, () => this.#in.send(sentNs, bytes, () => {}, arrived))
    })
  }
}
