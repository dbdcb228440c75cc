/**
 * Shows what passes over the connections of a transport, real or simulated, to a tap: their beginnings, the bytes each
 * way, their ends. The bytes are lent, not copied, and nothing about the connections changes.
 *
 * What is sent is shown when it is handed to the transport, and not before the connection is open; where the connection
 * ends while bytes are queued, some of what was shown was never on the wire.
 */
import type { Clock } from '../ports/clock.ts'
import type {
  Connection,
  ConnectionEnd,
  ConnectionHandler,
  Listener,
  ListenHandler,
  Ownership,
  PeerAddress,
  Transport,
} from '../ports/transport.ts'

export interface TransportTap {
  /** A connection begins. What is returned sees the rest of it. Never calls the transport back. */
  connection(nowMs: number, connection: TappedConnection): ConnectionTap
}

export interface TappedConnection {
  /** They dialled: it is open already. */
  readonly incoming: boolean
  readonly remote: PeerAddress
  /** Null: not known. Of a connection that we dialled, the port never is. */
  readonly localHost: string | null
  readonly localPort: number | null
}

/** Bytes are valid until the call returns, and not to be changed. */
export interface ConnectionTap {
  /** A connection that we dialled is open. */
  opened(nowMs: number): void
  sent(nowMs: number, parts: readonly Uint8Array[]): void
  received(nowMs: number, chunk: Uint8Array): void
  /** The last call, exactly once. */
  ended(nowMs: number, end: TapEnd): void
}

/** `closed`: we closed it. `aborted`: we reset it, or gave up waiting for it to open. */
export type TapEnd = ConnectionEnd | 'aborted'

export interface TapOptions {
  readonly clock: Clock
  /** Where our connections come from, where that is one address. */
  readonly localHost: string | null
}

export function tappedTransport(inner: Transport, tap: TransportTap, options: TapOptions): Transport {
  return {
    connect(remote, handler) {
      const { clock, localHost } = options
      const seen = tap.connection(clock.nowMs(), { incoming: false, remote, localHost, localPort: null })
      const tapped = new TappedEnd(clock, seen, false)
      tapped.handler = handler
      tapped.inner = inner.connect(remote, tapped)
      return tapped
    },
    listen: (local, handler) => listen(inner, tap, options, local, handler),
  }
}

/** Several taps as one: each sees everything, in this order. */
export function tapsTogether(taps: readonly TransportTap[]): TransportTap {
  return {
    connection(nowMs, connection) {
      const seen = taps.map((tap) => tap.connection(nowMs, connection))
      return {
        opened(openedMs) {
          for (const each of seen) each.opened(openedMs)
        },
        sent(sentMs, parts) {
          for (const each of seen) each.sent(sentMs, parts)
        },
        received(receivedMs, chunk) {
          for (const each of seen) each.received(receivedMs, chunk)
        },
        ended(endedMs, end) {
          for (const each of seen) each.ended(endedMs, end)
        },
      }
    },
  }
}

function listen(
  inner: Transport,
  tap: TransportTap,
  { clock }: TapOptions,
  local: PeerAddress,
  handler: ListenHandler,
): Listener {
  let bound = local
  return inner.listen(local, {
    listening(nowMs, address) {
      bound = address
      handler.listening(nowMs, address)
    },
    failed: (nowMs, fault) => handler.failed(nowMs, fault),
    accepted(nowMs, connection) {
      const { remote } = connection
      const seen = tap.connection(nowMs, { incoming: true, remote, localHost: bound.host, localPort: bound.port })
      const tapped = new TappedEnd(clock, seen, true)
      tapped.inner = connection
      tapped.handler = handler.accepted(nowMs, tapped)
      return tapped
    },
  })
}

/** Between the owner, which has it as its connection, and the transport, which has it as its handler. */
class TappedEnd implements Connection, ConnectionHandler {
  inner!: Connection
  handler!: ConnectionHandler
  readonly #clock: Clock
  readonly #tap: ConnectionTap
  #isOpen: boolean
  /** What the owner did to end it. */
  #leaving: 'closed' | 'aborted' | null = null
  /** Sent before it was open, which is when the tap sees it. */
  #early: Uint8Array[] = []

  constructor(clock: Clock, tap: ConnectionTap, isOpen: boolean) {
    this.#clock = clock
    this.#tap = tap
    this.#isOpen = isOpen
  }

  // Called by the owner.

  get remote(): PeerAddress {
    return this.inner.remote
  }

  get unsentBytes(): number {
    return this.inner.unsentBytes
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.#leaving === null) {
      if (this.#isOpen) this.#show(this.#clock.nowMs(), parts)
      else this.#early.push(...parts)
    }
    this.inner.send(...parts)
  }

  close(): void {
    this.#leaving ??= this.#isOpen ? 'closed' : 'aborted'
    this.inner.close()
  }

  reset(): void {
    this.#leaving = 'aborted'
    this.inner.reset()
  }

  pauseReceiving(): void {
    this.inner.pauseReceiving()
  }

  resumeReceiving(): void {
    this.inner.resumeReceiving()
  }

  // Called by the transport.

  opened(nowMs: number): void {
    this.#isOpen = true
    this.#tap.opened(nowMs)
    this.#show(nowMs, this.#early)
    this.#early = []
    this.handler.opened(nowMs)
  }

  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    this.#tap.received(nowMs, chunk)
    this.handler.received(nowMs, chunk, ownership)
  }

  drained(nowMs: number): void {
    this.handler.drained(nowMs)
  }

  ended(nowMs: number, end: ConnectionEnd): void {
    const leaving = this.#leaving ?? 'closed'
    this.#leaving = leaving
    this.#tap.ended(nowMs, end === 'closed' ? leaving : end)
    this.handler.ended(nowMs, end)
  }

  #show(nowMs: number, parts: readonly Uint8Array[]): void {
    if (parts.some((part) => part.length > 0)) this.#tap.sent(nowMs, parts)
  }
}
