/**
 * Who watches a swarm in virtual time: a `Collector` the client under test, a `ClientLedger` each of them, a census the
 * whole where samples are asked for; and what goes into the trace hash beside the events of the simulation itself.
 */
import type { PieceIndex } from '../../../client/metainfo/geometry.ts'
import type { ClientEvent } from '../../../client/ports/events.ts'
import { Collector } from '../../engine/collector.ts'
import { clientsOf } from '../../engine/swarm-plan.ts'
import { ClientLedger, clientResults } from '../client-ledger.ts'
import { Directory } from '../directory.ts'
import type { ClientResult, SwarmSample } from '../runtime.ts'
import { SwarmCensus } from '../swarm-census.ts'
import type { SimWorld } from './sim-world.ts'

export class SimObservers {
  readonly collector: Collector
  readonly samples: SwarmSample[] = []
  readonly #world: SimWorld
  readonly #ledgers: readonly ClientLedger[]
  /** Null: nobody asked. */
  readonly #census: SwarmCensus | null
  readonly #eventTypes = new Map<string, number>()
  #startedMs = 0

  constructor(world: SimWorld) {
    const { plan, torrent } = world
    const directory = new Directory(plan)
    const plans = clientsOf(plan)
    this.#world = world
    this.collector = new Collector((address) => directory.labelOf(address), plan.window)
    this.#ledgers = plans.map((_, index) => new ClientLedger(plans, index, directory))
    this.#census = plan.sampleEveryMs === null ? null : new SwarmCensus(torrent.geometry.pieceCount)
  }

  /** After the clients that arrive at the start: the first sample shows them. */
  started(nowMs: number): void {
    this.#startedMs = nowMs
    const { sampleEveryMs } = this.#world.plan
    if (sampleEveryMs !== null) this.#sample(nowMs, sampleEveryMs)
  }

  arrived(nowMs: number, client: number, isSeed: boolean): void {
    this.#ledgers[client]!.arrived(nowMs)
    this.#census?.arrived(client, isSeed)
  }

  observe(nowMs: number, client: number, event: ClientEvent): void {
    this.#ledgers[client]!.emit(nowMs, event)
    if (this.#census !== null) this.#count(this.#census, client, event)
    if (client === 0) {
      this.collector.emit(nowMs, event)
      this.#trace(nowMs, event)
    } else if (event.type === 'completed') this.#traceOther(nowMs, client, event.type)
  }

  /** It says farewell, and gives nothing any more. */
  left(nowMs: number, client: number): void {
    this.#ledgers[client]!.left(nowMs)
    this.#census?.left(client)
    this.#traceOther(nowMs, client, 'left')
  }

  /** The client under test is dead, for a while. */
  crashed(nowMs: number): void {
    this.collector.crashed(nowMs)
    this.#census?.away(0)
  }

  isComplete(client: number): boolean {
    return this.#ledgers[client]!.isComplete
  }

  /** By all together, of what they could use. */
  get receivedBytes(): number {
    return this.#ledgers.reduce((sum, ledger) => sum + ledger.receivedBytes, 0)
  }

  /** `nowMs` is the end of the run. */
  clients(nowMs: number): ClientResult[] {
    const pages = this.#ledgers.map((ledger) => ledger.page(nowMs))
    return clientResults(clientsOf(this.#world.plan), pages, this.#startedMs)
  }

  #sample(nowMs: number, everyMs: number): void {
    this.samples.push(this.#census!.sample(nowMs - this.#startedMs))
    this.#world.simulation.inMs(everyMs, (nextMs) => this.#sample(nextMs, everyMs))
  }

  #count(census: SwarmCensus, client: number, event: ClientEvent): void {
    if (event.type === 'piece-stored') census.stored(client, event.piece as PieceIndex)
    else if (event.type === 'piece-lost') census.lost(client, event.piece as PieceIndex)
    else if (event.type === 'completed') census.completed(client)
  }

  /** Into the trace hash: when, what, and which block or piece. */
  #trace(nowMs: number, event: ClientEvent): void {
    const { trace } = this.#world.simulation
    this.#traceType(nowMs, event.type)
    if ('piece' in event) trace.mix(event.piece)
    if ('offsetBytes' in event) trace.mix(event.offsetBytes)
    if ('peer' in event) trace.mixText(event.peer)
  }

  #traceOther(nowMs: number, client: number, what: string): void {
    this.#traceType(nowMs, what)
    this.#world.simulation.trace.mix(client)
  }

  #traceType(nowMs: number, type: string): void {
    const { trace } = this.#world.simulation
    const known = this.#eventTypes.get(type)
    if (known === undefined) {
      this.#eventTypes.set(type, this.#eventTypes.size)
      trace.mixText(type)
    }
    trace.mix(Math.round(nowMs * 1_000_000))
    trace.mix(known ?? this.#eventTypes.size - 1)
  }
}
