/** A PeerConnection and the transport's Connection, held together: bytes in go to the machine, bytes out to the socket. */
import type { BlockRange } from '../metainfo/geometry.ts'
import type { PeerConnection } from '../peer/peer-connection.ts'
import type { PeerConnectionEvent } from '../peer/peer-event.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { Connection, ConnectionEnd, ConnectionHandler, Ownership, PeerAddress } from '../ports/transport.ts'
import type { KnownPeer } from './known-peers.ts'

/**
 * Bytes that wait to leave, and are not blocks that we chose to send: a peer that makes us answer and does not read is
 * closed. Blocks are handed over a few at a time (uploader), far below this.
 */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024

export interface SessionOwner {
  /** A connection that we asked for is open. */
  opened(nowMs: number, session: PeerSession): void
  /** After every input: the machine is to be drained. */
  touched(nowMs: number, session: PeerSession): void
}

/** A block that they asked for, read and not sent yet. */
export interface ReadyBlock {
  readonly range: BlockRange
  readonly bytes: Uint8Array
}

export class PeerSession implements ConnectionHandler {
  readonly peer: KnownPeer
  readonly machine: PeerConnection
  readonly incoming: boolean
  /** When the connection was begun. */
  readonly sinceMs: number
  /** How many pieces it has that we miss: we are interested while there are any. */
  missingCount = 0
  /** The table's: it is in line to be drained. */
  isTouched = false
  /** At its rate a whole piece takes no more than the picker allows; the exchange keeps it. */
  isFast = false
  /** One that dialled us is known, too, by where it listens; null where it does not say, or that is taken. */
  listenKey: PeerKey | null = null
  /** Of blocks that we kept. */
  usefulBytes = 0
  /** The uploader's: blocks that are read, in the order in which they were, and how many are being read. */
  readonly ready: ReadyBlock[] = []
  readingCount = 0
  /** When the last block was handed over. */
  sentMs = 0
  #owner: SessionOwner
  #connection: Connection | null = null

  constructor(
    peer: KnownPeer,
    machine: PeerConnection,
    start: { incoming: boolean; nowMs: number },
    owner: SessionOwner,
  ) {
    this.peer = peer
    this.machine = machine
    this.incoming = start.incoming
    this.sinceMs = start.nowMs
    this.#owner = owner
  }

  /** Where it can be dialled; null when that is not known. */
  get address(): PeerAddress | null {
    const { address } = this.peer
    if (!this.incoming) return address
    return this.machine.theirListenPort === null ? null : { host: address.host, port: this.machine.theirListenPort }
  }

  /** Handed over and not gone yet. */
  get unsentBytes(): number {
    return this.#connection?.unsentBytes ?? 0
  }

  /** Blocks that it asked for wait, or are on their way to it. */
  get isBusy(): boolean {
    return this.ready.length > 0 || this.readingCount > 0 || this.machine.requestsQueued > 0 || this.unsentBytes > 0
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
    if (this.unsentBytes > UNSENT_BYTES_MAX) this.machine.close('not-reading')
    // Half a message, or news that are nothing to anybody, change nothing.
    if (this.machine.hasOutputs) this.#owner.touched(nowMs, this)
  }

  drained(nowMs: number): void {
    if (this.ready.length > 0 || this.machine.requestsQueued > 0) this.#owner.touched(nowMs, this)
  }

  ended(nowMs: number, end: ConnectionEnd): void {
    this.#connection = null
    this.machine.receiveEnd(end)
    this.#owner.touched(nowMs, this)
  }

  nextEvent(): PeerConnectionEvent | null {
    return this.machine.nextEvent()
  }

  flush(): void {
    const parts = this.machine.nextParts()
    if (parts !== null) this.#connection?.send(...parts)
  }

  /** The machine has closed: the socket goes too. */
  drop(): void {
    this.#connection?.close()
    this.#connection = null
  }
}
