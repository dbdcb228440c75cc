/**
 * Every connection of the swarm: counts bytes at both ends, tells observers what is said, and can be reset by neither of
 * its ends.
 *
 * A *wire* is one end of a connection. Its *twin* is the other end, known from the first bytes that the dialler sent:
 * the simulator hands over the very chunk.
 */
import type {
  Connection,
  ConnectionEnd,
  ConnectionHandler,
  Ownership,
  PeerAddress,
  Transport,
} from '../../client/ports/transport.ts'

export interface WireObserver {
  /** The owner dials. */
  dials(wire: Wire): void
  opened(wire: Wire): void
  /** The owner says it, now. */
  sends(wire: Wire, parts: readonly Uint8Array[]): void
  /** The owner is about to hear it. */
  receives(wire: Wire, chunk: Uint8Array): void
  /** The owner has done with it, though what it sent may still be on its way. */
  leaves(wire: Wire): void
  ended(wire: Wire, end: ConnectionEnd): void
}

export class Wires {
  readonly all = new Set<Wire>()
  readonly #firstChunks = new WeakMap<Uint8Array, Wire>()

  /** What `host` is connected by. */
  transport(host: string, inner: Transport, observer: WireObserver): Transport {
    return {
      connect: (remote, handler) => {
        const wire = new Wire(this, observer, { host, remote, isDialled: true, owner: handler })
        observer.dials(wire)
        wire.inner = inner.connect(remote, wire)
        return wire
      },
      listen: (local, handler) =>
        inner.listen(local, {
          listening: (nowMs, address) => handler.listening(nowMs, address),
          failed: (nowMs, fault) => handler.failed(nowMs, fault),
          accepted: (nowMs, connection) => {
            const wire = new Wire(this, observer, { host, remote: connection.remote, isDialled: false, owner: null })
            wire.inner = connection
            observer.opened(wire)
            wire.owner = handler.accepted(nowMs, wire)
            return wire
          },
        }),
    }
  }

  resetBetween(a: string, b: string): void {
    for (const wire of [...this.all]) if (wire.host === a && wire.remote.host === b) wire.tear()
  }

  sentFirst(wire: Wire, chunk: Uint8Array): void {
    this.#firstChunks.set(chunk, wire)
  }

  receivedFirst(wire: Wire, chunk: Uint8Array): void {
    const twin = this.#firstChunks.get(chunk)
    if (twin === undefined || twin.host !== wire.remote.host) return
    wire.twin = twin
    twin.twin = wire
  }
}

interface WireStart {
  readonly host: string
  readonly remote: PeerAddress
  readonly isDialled: boolean
  readonly owner: ConnectionHandler | null
}

export class Wire implements Connection, ConnectionHandler {
  readonly host: string
  readonly remote: PeerAddress
  readonly isDialled: boolean
  owner: ConnectionHandler | null
  twin: Wire | null = null
  sentBytes = 0
  receivedBytes = 0
  /** What its owner did to end it. */
  left: 'close' | 'reset' | null = null
  end: ConnectionEnd | null = null
  /** Null only while it is being dialled, when nobody has it yet. */
  inner: Connection | null = null
  readonly #wires: Wires
  readonly #observer: WireObserver
  #isTorn = false

  constructor(wires: Wires, observer: WireObserver, { host, remote, isDialled, owner }: WireStart) {
    this.#wires = wires
    this.#observer = observer
    this.host = host
    this.remote = remote
    this.isDialled = isDialled
    this.owner = owner
    wires.all.add(this)
  }

  /** Its owner may still say and hear something. */
  get isInUse(): boolean {
    return this.left === null && this.end === null
  }

  get unsentBytes(): number {
    return this.inner?.unsentBytes ?? 0
  }

  /** Reset by neither of its ends. */
  tear(): void {
    if (this.inner === null || this.end !== null) return
    this.#isTorn = true
    this.inner.reset()
  }

  // The owner's calls.

  send(...parts: readonly Uint8Array[]): void {
    if (!this.isInUse) return
    this.#observer.sends(this, parts)
    if (this.isDialled && this.sentBytes === 0 && parts[0] !== undefined) this.#wires.sentFirst(this, parts[0])
    for (const part of parts) this.sentBytes += part.length
    this.inner?.send(...parts)
  }

  close(): void {
    this.#leave('close')
  }

  reset(): void {
    this.#leave('reset')
  }

  pauseReceiving(): void {
    this.inner?.pauseReceiving()
  }

  resumeReceiving(): void {
    this.inner?.resumeReceiving()
  }

  // The connection's calls.

  opened(nowMs: number): void {
    this.#observer.opened(this)
    this.owner?.opened(nowMs)
  }

  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    if (!this.isDialled && this.receivedBytes === 0) this.#wires.receivedFirst(this, chunk)
    this.receivedBytes += chunk.length
    if (this.left === null) this.#observer.receives(this, chunk)
    this.owner?.received(nowMs, chunk, ownership)
  }

  drained(nowMs: number): void {
    this.owner?.drained(nowMs)
  }

  ended(nowMs: number, end: ConnectionEnd): void {
    this.#over(nowMs, this.#isTorn && this.left === null ? 'reset' : end)
  }

  #leave(how: 'close' | 'reset'): void {
    if (!this.isInUse) return
    this.left = how
    this.#observer.leaves(this)
    if (how === 'close') this.inner?.close()
    else this.inner?.reset()
  }

  #over(nowMs: number, end: ConnectionEnd): void {
    if (this.end !== null) return
    this.end = end
    this.#wires.all.delete(this)
    this.#observer.ended(this, end)
    this.owner?.ended(nowMs, end)
  }
}
