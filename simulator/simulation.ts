/** Virtual time: a timeline whose next event runs at once, and a hash of all that happened. */
import { NS_PER_MS } from '../links/link.ts'
import { Timeline } from '../links/timeline.ts'
import { TraceHash } from './trace-hash.ts'

export class Simulation extends Timeline {
  readonly trace = new TraceHash()
  #eventCount = 0

  constructor() {
    super(0)
  }

  get eventCount(): number {
    return this.#eventCount
  }

  /** Runs events until `done` says so, nothing is left, or virtual time reaches the limit; says which. */
  run(done: () => boolean, limitMs: number): 'done' | 'idle' | 'limit' {
    const limitNs = limitMs * NS_PER_MS
    while (!done()) {
      const ranNs = this.step(limitNs)
      if (ranNs === null) return this.queue.nextNs === null ? 'idle' : 'limit'
      this.#eventCount++
      this.trace.mix(ranNs)
    }
    return 'done'
  }
}
