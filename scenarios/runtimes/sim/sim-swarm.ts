/** A plan, brought up in a simulation: tracker, scripted peers, and clients of ours with all their production code. */
import type { ClientEvent } from '../../../client/ports/events.ts'
import { NS_PER_MS } from '../../../links/link.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { EventsInOrder } from './events-in-order.ts'
import { Population, type PopulationWatchers } from './population.ts'
import { SimObservers } from './sim-observers.ts'
import { type SimSeeders, startSeeders } from './sim-seeders.ts'
import { SimWorld } from './sim-world.ts'

/** No seeder takes this long to announce itself. */
const START_LIMIT_MS = 60_000
/** Of virtual time, between two looks of whoever watches the run. */
const LOOK_EVERY_MS = 1_000

const UNWATCHED: PopulationWatchers = { tapped: (_, transport) => transport, observe: null }

export class SimSwarm {
  readonly world: SimWorld
  readonly observers: SimObservers
  readonly seeders: SimSeeders
  /** Of the clients; null until every seeder is known to the tracker. */
  startedMs: number | null = null
  /** Why it did not come to its end. */
  failure: string | null = null
  readonly #plan: SwarmPlan
  #population: Population | null = null
  #isCrashing = false

  constructor(plan: SwarmPlan, seed: number) {
    this.#plan = plan
    this.world = new SimWorld(plan, seed)
    this.observers = new SimObservers(this.world)
    this.seeders = startSeeders(this.world)
  }

  /** Runs to the end of the plan; `failure` says what went wrong. `look` is called now and then. */
  run(watchers: PopulationWatchers = UNWATCHED, look: () => void = () => {}): void {
    const { simulation } = this.world
    simulation.run(() => this.seeders.areKnown, START_LIMIT_MS)
    this.startedMs = simulation.nowMs
    const inOrder = watchers.observe === null ? null : new EventsInOrder(simulation.looksAhead, watchers.observe)
    const ordered = { ...watchers, observe: inOrder?.observe ?? null }
    this.#population = new Population(this.world, this.observers, this.#withCrash(ordered))
    this.world.network.startSchedules(this.startedMs)
    this.#population.start()
    this.observers.started(simulation.nowMs)
    this.#runToEnd(this.startedMs + this.#limitMs(), () => {
      inOrder?.flush()
      look()
    })
  }

  /** From the start of the clients. */
  get elapsedMs(): number {
    return this.startedMs === null ? 0 : this.world.simulation.nowMs - this.startedMs
  }

  /** Clients of ours that are here now. */
  get clientsPresent(): number {
    return this.#population?.presentCount ?? 0
  }

  /** At every client that is complete. */
  contentMatches(): boolean {
    return this.#population?.contentMatches() ?? true
  }

  get #isOver(): boolean {
    if (this.world.failure !== null) return true
    return this.#plan.endMs === null && this.#population?.isFinished === true
  }

  /** When it ends by itself, or must have ended. */
  #limitMs(): number {
    const { window, endMs, timeLimitMs } = this.#plan
    return endMs ?? (window === null ? timeLimitMs : window.warmupMs + window.measuredMs)
  }

  #runToEnd(limitMs: number, look: () => void): void {
    const { simulation } = this.world
    const { window, endMs, timeLimitMs } = this.#plan
    let untilMs = simulation.nowMs
    let ended: ReturnType<typeof simulation.run>
    do {
      untilMs = Math.min(limitMs, untilMs + LOOK_EVERY_MS)
      ended = simulation.run(() => this.#isOver, untilMs)
      look()
    } while (ended === 'limit' && untilMs < limitMs)
    this.failure = this.world.failure
    if (this.failure !== null || ended === 'done') return
    if (window !== null || endMs !== null) simulation.advanceTo(limitMs * NS_PER_MS)
    else
      this.failure = ended === 'idle' ? 'the swarm came to a standstill' : `not complete after ${timeLimitMs / 1000} s`
  }

  /** The client under test is killed as soon as its plan says so: after the event that it came with. */
  #withCrash({ tapped, observe }: PopulationWatchers): PopulationWatchers {
    const { crash } = this.#plan
    if (crash === null) return { tapped, observe }
    const { collected } = this.observers.collector
    return {
      tapped,
      observe: (nowMs: number, client: number, event: ClientEvent) => {
        observe?.(nowMs, client, event)
        if (client !== 0 || this.#isCrashing || collected.restart !== null) return
        if (collected.usefulBytes < crash.atBytes) return
        this.#isCrashing = true
        this.world.simulation.soon(() => this.#population?.crash(crash.downMs))
      },
    }
  }
}
