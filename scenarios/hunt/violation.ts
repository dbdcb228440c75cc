/** What an invariant is, what it is told, and what it throws. */
import type { ClientEvent } from '../../client/ports/events.ts'
import type { ConnectionEnd } from '../../client/ports/transport.ts'
import type { Message } from '../../client/wire/messages.ts'
import type { HuntedClient } from './hunted-client.ts'
import type { Life } from './life.ts'
import type { WireBook } from './wire-book.ts'
import type { Wire } from './wires.ts'

/** Something that must not be. `property` is the name of the invariant. */
export class Violation extends Error {
  readonly property: string

  constructor(property: string, detail: string) {
    super(detail)
    this.property = property
  }
}

/** A wire of a client of ours. */
export interface ClientWire {
  readonly client: HuntedClient
  readonly life: Life
  readonly wire: Wire
  readonly book: WireBook
}

/** One property, watched over a whole run; it throws a Violation the moment that it does not hold. */
export interface Invariant {
  lifeBegan?(client: HuntedClient, life: Life): void
  event?(client: HuntedClient, life: Life, event: ClientEvent): void
  dials?(of: ClientWire): void
  wireOpened?(of: ClientWire): void
  /** Our client has done with it. */
  leaves?(of: ClientWire): void
  /** Our client says it; the book does not have it yet. */
  says?(of: ClientWire, message: Message): void
  /** Our client is about to hear it; the book has it. */
  hears?(of: ClientWire, message: Message): void
  /** Of anybody: bytes came in. */
  received?(wire: Wire, bytes: number): void
  ended?(wire: Wire, end: ConnectionEnd): void
  /** It said that it has stopped, or was killed. */
  lifeEnded?(client: HuntedClient, life: Life): void
  /** After every event of the simulation. */
  settled?(nowMs: number): void
  everySecond?(nowMs: number): void
  /** Nothing happens any more. */
  over?(nowMs: number): void
}
