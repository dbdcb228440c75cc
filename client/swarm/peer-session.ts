/** A PeerConnection and the transport's Connection, held together: bytes in go to the machine, bytes out to the socket. */
import type { PeerConnection } from '../peer/peer-connection.ts'
import type { PeerConnectionEvent } from '../peer/peer-event.ts'
import type { Connection, ConnectionEnd, ConnectionHandler, Ownership } from '../ports/transport.ts'
import type { KnownPeer } from './known-peers.ts'

export class PeerSession implements ConnectionHandler {
  readonly peer: KnownPeer
  readonly machine: PeerConnection
  readonly incoming: boolean
  /** How many pieces it has that we miss: we are interested while there are any. */
  missingCount = 0
  /** Of blocks that we kept. */
  usefulBytes = 0
  readonly #touched: (session: PeerSession, nowMs: number) => void
  #connection: Connection | null = null

  /** `touched` is called after every input, so that the owner drains the machine. */
  constructor(
    peer: KnownPeer,
    machine: PeerConnection,
    incoming: boolean,
    touched: (session: PeerSession, nowMs: number) => void,
  ) {
    this.peer = peer
    this.machine = machine
    this.incoming = incoming
    this.#touched = touched
  }

  attach(connection: Connection): void {
    this.#connection = connection
  }

  opened(nowMs: number): void {
    this.machine.opened(nowMs)
    this.#touched(this, nowMs)
  }

  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    this.machine.receiveBytes(nowMs, chunk, ownership)
    this.#touched(this, nowMs)
  }

  drained(): void {}

  ended(nowMs: number, end: ConnectionEnd): void {
    this.#connection = null
    this.machine.receiveEnd(end)
    this.#touched(this, nowMs)
  }

  nextEvent(): PeerConnectionEvent | null {
    return this.machine.nextEvent()
  }

  flush(): void {
    const bytes = this.machine.nextBytes()
    if (bytes !== null) this.#connection?.send(bytes)
  }

  /** The machine has closed: the socket goes too. */
  drop(): void {
    this.#connection?.close()
    this.#connection = null
  }
}
