/**
 * What happens to a swarm: the faults of its schedule, each at its time and for as long as it lasts; and the moment from
 * which there are none any more.
 */
import { type Fault, hostOf } from './schedule.ts'
import type { HuntWorld } from './world.ts'

export class Fate {
  readonly #world: HuntWorld
  /** What ends the faults that last. */
  readonly #endings = new Set<() => void>()

  constructor(world: HuntWorld) {
    this.#world = world
    const { faults, safetyMs } = world.schedule
    for (const fault of faults) {
      if (fault.atMs < safetyMs && fault.kind !== 'tracker') world.simulation.inMs(fault.atMs, () => this.#begin(fault))
    }
  }

  /** Every fault is over: the network is whole, disks are sound, clocks run as they should, everybody is honest. */
  end(): void {
    for (const ending of [...this.#endings]) ending()
    this.#world.endHostility()
    this.#world.endSource()
  }

  #begin(fault: Fault): void {
    this.#world.log('fate', `${fault.kind} ${JSON.stringify({ ...fault, kind: undefined, atMs: undefined })}`)
    switch (fault.kind) {
      case 'partition':
        return this.#lasts(fault.forMs, this.#world.network.partition(fault.group))
      case 'clog':
        return this.#clog(fault)
      case 'reset':
        return this.#world.network.wires.resetBetween(hostOf(fault.from), hostOf(fault.to))
      case 'tracker':
        return
      default:
        this.#toClient(fault)
    }
  }

  #toClient(fault: Extract<Fault, { client: string }>): void {
    const client = this.#world.client(fault.client)
    if (client === null) return
    const { nowMs } = this.#world.simulation
    switch (fault.kind) {
      case 'crash':
        return client.crash(fault.downMs)
      case 'quit':
        return client.quit(fault.downMs)
      case 'pause':
        client.pause()
        return this.#lasts(fault.forMs, () => client.resume())
      case 'disk':
        client.disk.inject(nowMs, fault.fault)
        return this.#lasts(fault.forMs, () => client.disk.heal())
      case 'jump':
        return client.clock.jump(fault.byMs)
      case 'drift':
        client.clock.setRate(fault.rate)
        return this.#lasts(fault.forMs, () => client.clock.setRate(1))
    }
  }

  #clog({ host, way, bytesPerSecond, forMs }: Fault & { kind: 'clog' }): void {
    const field = way === 'up' ? 'upBytesPerSecond' : 'downBytesPerSecond'
    this.#lasts(forMs, this.#world.network.clog(hostOf(host), field, bytesPerSecond))
  }

  #lasts(forMs: number, ending: () => void): void {
    const end = (): void => {
      if (!this.#endings.delete(end)) return
      this.#world.log('fate', 'ends a fault')
      ending()
    }
    this.#endings.add(end)
    this.#world.simulation.inMs(forMs, end)
  }
}
