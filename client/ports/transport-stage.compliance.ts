/** What the transport suite plays on: one test's world, with everything in it recorded and checked. */
import { type ClockWorld, pass } from './clock.compliance.ts'
import type { PeerAddress, Transport } from './transport.ts'
import { Listening, Rules, Side } from './transport-recorder.compliance.ts'

export interface TransportWorld extends ClockWorld {
  /**
   * Two hosts that reach each other: one listens, the other connects. They may be the same. What is between them is fast
   * but takes time: bytes leave after the call that sends them.
   */
  readonly hosts: readonly [listening: string, connecting: string]
  /** An address that nobody has: listening on it is `not-available`, connecting to it `unreachable` or met by silence. */
  readonly nowhere: PeerAddress
  /** The transport as that host sees it; what it connects comes from that host. */
  transport(host: string): Transport
}

/** More than any buffer on the way holds. */
export const FLOOD_PATTERNS = 64

/** Time for anything that should not come, but might. */
const QUIET_MS = 20

export class Stage {
  readonly world: TransportWorld
  readonly rules = new Rules()
  readonly #connecting: Side[] = []
  readonly #listenings: Listening[] = []

  constructor(world: TransportWorld) {
    this.world = world
  }

  sides(): Side[] {
    return [...this.#connecting, ...this.#listenings.flatMap((listening) => listening.sides)]
  }

  listenAt(local: PeerAddress): Listening {
    const listening = new Listening(this.world.transport(this.world.hosts[0]), local, this.world.clock, this.rules)
    this.#listenings.push(listening)
    return listening
  }

  /** A listener on a port of its own, ready. */
  async listen(): Promise<{ listening: Listening; address: PeerAddress }> {
    const listening = this.listenAt({ host: this.world.hosts[0], port: 0 })
    await this.world.run(() => listening.local !== null)
    return { listening, address: listening.local! }
  }

  connect(remote: PeerAddress): Side {
    const side = new Side(`connecting ${this.#connecting.length}`, this.world.clock, this.rules)
    this.#connecting.push(side)
    const transport = this.world.transport(this.world.hosts[1])
    return side.attach(this.rules.call(() => transport.connect(remote, side)))
  }

  /** Both ends of an open connection. */
  async pair(): Promise<{ near: Side; far: Side; listening: Listening }> {
    const { listening, address } = await this.listen()
    const near = this.connect(address)
    await this.world.run(() => near.log.includes('opened') && listening.sides.length === 1)
    return { near, far: listening.sides[0]!, listening }
  }

  run(until: () => boolean): Promise<void> {
    return this.world.run(until)
  }

  quiet(): Promise<void> {
    return pass(this.world, QUIET_MS)
  }
}
