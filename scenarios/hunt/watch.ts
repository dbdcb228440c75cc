/** Watches every wire, keeps a book of each that a client of ours has, and tells the invariants. */
import type { ConnectionEnd } from '../../client/ports/transport.ts'
import { formatAddress } from '../../client/ports/transport.ts'
import type { HuntedClient } from './hunted-client.ts'
import type { Life } from './life.ts'
import { type ClientWire, type Invariant, Violation } from './violation.ts'
import { WireBook } from './wire-book.ts'
import type { Wire, WireObserver } from './wires.ts'

export class Watch {
  /** By wire, of clients of ours. */
  readonly books = new Map<Wire, ClientWire>()
  #invariants: readonly Invariant[] = []
  /** Of these, those that look after every event. */
  #settling: readonly Invariant[] = []

  begin(invariants: readonly Invariant[]): void {
    this.#invariants = invariants
    this.#settling = invariants.filter(({ settled }) => settled !== undefined)
  }

  tell(what: (invariant: Invariant) => void): void {
    for (const invariant of this.#invariants) what(invariant)
  }

  /** After every event of the simulation. */
  settled(nowMs: number): void {
    for (const invariant of this.#settling) invariant.settled?.(nowMs)
  }

  /** `peer` as events name it. */
  wireTo(life: Life, peer: string): ClientWire | undefined {
    for (const each of this.books.values()) {
      if (each.life === life && formatAddress(each.wire.remote) === peer) return each
    }
    return undefined
  }

  /** Of who is no client of ours. */
  readonly bytesOnly: WireObserver = {
    dials: () => {},
    leaves: () => {},
    opened: () => {},
    sends: () => {},
    receives: (wire, chunk) => this.#received(wire, chunk.length),
    ended: (wire, end) => this.#ended(wire, end),
  }

  /** Of a client of ours. */
  of(client: () => HuntedClient): WireObserver {
    return {
      dials: (wire) => {
        for (const invariant of this.#invariants) invariant.dials?.(this.#booked(client(), wire))
      },
      opened: (wire) => {
        for (const invariant of this.#invariants) invariant.wireOpened?.(this.#booked(client(), wire))
      },
      sends: (wire, parts) => this.#says(this.#booked(client(), wire), parts),
      receives: (wire, chunk) => this.#hears(this.#booked(client(), wire), chunk),
      leaves: (wire) => {
        const of = this.books.get(wire)
        if (of !== undefined) for (const invariant of this.#invariants) invariant.leaves?.(of)
      },
      ended: (wire, end) => {
        this.#ended(wire, end)
        this.books.delete(wire)
      },
    }
  }

  #booked(client: HuntedClient, wire: Wire): ClientWire {
    let booked = this.books.get(wire)
    if (booked === undefined) {
      booked = { client, life: client.lastLife!, wire, book: new WireBook(wire) }
      this.books.set(wire, booked)
    }
    return booked
  }

  #says(of: ClientWire, parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      for (const message of of.book.ours.read(part)) {
        for (const invariant of this.#invariants) invariant.says?.(of, message)
        of.book.said(of.client.clock.steadyMs, message)
      }
    }
    if (of.book.ours.isBroken) throw new Violation('speaks-the-protocol', `${of.client.name} sent what is no message`)
  }

  #hears(of: ClientWire, chunk: Uint8Array): void {
    this.#received(of.wire, chunk.length)
    if (of.life.state === 'killed') return
    for (const message of of.book.theirs.read(chunk)) {
      of.book.heard(of.client.clock.steadyMs, message)
      for (const invariant of this.#invariants) invariant.hears?.(of, message)
    }
  }

  #received(wire: Wire, bytes: number): void {
    for (const invariant of this.#invariants) invariant.received?.(wire, bytes)
  }

  #ended(wire: Wire, end: ConnectionEnd): void {
    for (const invariant of this.#invariants) invariant.ended?.(wire, end)
  }
}
