/** A PeerConnection and the transport's Connection, held together: bytes in go to the machine, bytes out to the socket. */
import type { PeerConnection } from '../peer/peer-connection.ts'
import type { PeerConnectionEvent } from '../peer/peer-event.ts'
import type { Connection, ConnectionEnd, ConnectionHandler, Ownership } from '../ports/transport.ts'
import type { KnownPeer } from './known-peers.ts'

export interface SessionOwner {
  /** A connection that we asked for is open. */
  opened(nowMs: number, session: PeerSession): void
  /** After every input: the machine is to be drained. */
  touched(nowMs: number, session: PeerSession): void
}

export class PeerSession implements ConnectionHandler {
  readonly peer: KnownPeer
  readonly machine: PeerConnection
  readonly incoming: boolean
  /** How many pieces it has that we miss: we are interested while there are any. */
  missingCount = 0
  /** Of blocks that we kept. */
  usefulBytes = 0
  readonly #owner: SessionOwner
  #connection: Connection | null = null

  constructor(peer: KnownPeer, machine: PeerConnection, incoming: boolean, owner: SessionOwner) {
    this.peer = peer
    this.machine = machine
    this.incoming = incoming
    this.#owner = owner
  }

  attach(connection: Connection): void {
    this.#connection = connection
  }

  opened(nowMs: number): void {
    this.machine.opened(nowMs)
    this.#owner.opened(nowMs, this)
    this.#owner.touched(nowMs, this)
  }

  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    this.machine.receiveBytes(nowMs, chunk, ownership)
    this.#owner.touched(nowMs, this)
  }

  drained(): void {}

  ended(nowMs: number, end: ConnectionEnd): void {
    this.#connection = null
    this.machine.receiveEnd(end)
    this.#owner.touched(nowMs, this)
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
