/** Who is at `HOST:PORT`: which client of ours, from whichever port it dialled, and what the record calls a peer. */
import { clientsOf, peerLabel, type SwarmPlan } from '../engine/swarm-plan.ts'
import { clientHost, seederHost } from './addresses.ts'

const NO_CLIENT = -1

export class Directory {
  readonly #groups: readonly string[]
  readonly #clients: ReadonlyMap<string, number>
  readonly #seeders: ReadonlyMap<string, number>
  readonly #areClientsApart: boolean
  /** Of the peers met so far: a name is looked at for every block. */
  readonly #known = new Map<string, number>()

  /**
   * `seeders` are their addresses, or hosts, in the order of the plan. `areClientsApart`: each client has a host of its
   * own; else nobody knows who dialled from where.
   */
  constructor(
    plan: SwarmPlan,
    seeders: readonly string[] = plan.seeders.map((_, index) => seederHost(index)),
    areClientsApart = true,
    clients: readonly string[] = clientsOf(plan).map((_, index) => clientHost(index)),
  ) {
    const plans = clientsOf(plan)
    this.#groups = plans.map(({ group }) => group)
    this.#clients = new Map(clients.map((host, index) => [host, index]))
    this.#seeders = new Map(seeders.map((address, index) => [address, index]))
    this.#areClientsApart = areClientsApart
  }

  /** Null: no client of ours, or nobody knows which. */
  clientAt(address: string): number | null {
    let index = this.#known.get(address)
    if (index === undefined) {
      index = this.#areClientsApart ? (this.#clients.get(hostOf(address)) ?? NO_CLIENT) : NO_CLIENT
      this.#known.set(address, index)
    }
    return index === NO_CLIENT ? null : index
  }

  /** It is gone: where it dialled from need not be known any more. */
  forget(address: string): void {
    this.#known.delete(address)
  }

  /** A seeder by its place, a client by its group; anybody else by its address. */
  labelOf(address: string): string {
    const seeder = this.#seeders.get(address) ?? this.#seeders.get(hostOf(address))
    if (seeder !== undefined) return peerLabel(seeder)
    if (!this.#areClientsApart) return this.#groups[1] ?? address
    const client = this.clientAt(address)
    return client === null ? address : this.#groups[client]!
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
