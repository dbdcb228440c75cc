/**
 * Virtual time: a timeline whose next event runs at once, and a hash of all that happened.
 *
 * All events in one line, or, given a look-ahead, a line of its own for each host. Nothing that one host does is noticed
 * by another sooner than the shortest path between them takes. So within that time each host can do all that it has to
 * do, and then the next one: its memory is fetched once for all of that and not once for each event. What concerns the
 * swarm as a whole (arrivals, samples, what the tracker is asked) is on the line of the simulation itself, which all hosts
 * have come to, and none has passed, when it runs. (Chandy, Misra and Bryant's conservative simulation, in one thread.)
 *
 * Either way the same seed gives the same events. The two ways differ in the order of what happens at one nanosecond.
 */
import { NS_PER_MS } from '../links/link.ts'
import { Timeline } from '../links/timeline.ts'
import { TraceHash } from './trace-hash.ts'

/** Its present is that of the whole where it has done nothing since. */
class HostTimeline extends Timeline {
  readonly #whole: Timeline

  constructor(whole: Timeline) {
    super(0)
    this.#whole = whole
  }

  override get nowNs(): number {
    return Math.max(super.nowNs, this.#whole.nowNs)
  }
}

export class Simulation extends Timeline {
  readonly trace = new TraceHash()
  readonly #lookaheadNs: number
  readonly #hosts = new Map<string, HostTimeline>()
  #eventCount = 0

  /** `lookaheadMs`: not longer than the shortest way between two hosts, ever. 0: all events in one line. */
  constructor(lookaheadMs = 0) {
    super(0)
    this.#lookaheadNs = Math.floor(lookaheadMs * NS_PER_MS)
  }

  get eventCount(): number {
    return this.#eventCount
  }

  /** Hosts run ahead of each other: what several of them do does not come in the order of time. */
  get looksAhead(): boolean {
    return this.#lookaheadNs > 0
  }

  /** What lives on this host, and what is on its way to it, goes by this timeline. */
  timelineOf(address: string): Timeline {
    if (!this.looksAhead) return this
    let host = this.#hosts.get(address)
    if (host === undefined) {
      host = new HostTimeline(this)
      this.#hosts.set(address, host)
    }
    return host
  }

  /**
   * Runs events until `done` says so, nothing is left, or virtual time reaches the limit; says which. With a look-ahead
   * `done` is asked at whole multiples of it, so that what a run ends with does not depend on what else is looked at.
   */
  run(done: () => boolean, limitMs: number): 'done' | 'idle' | 'limit' {
    const limitNs = Math.floor(limitMs * NS_PER_MS)
    let askedUntilNs = Number.NEGATIVE_INFINITY
    for (;;) {
      const wholeNs = this.queue.nextNs ?? Number.POSITIVE_INFINITY
      const hostNs = this.#firstOfHosts()
      const nextNs = Math.min(wholeNs, hostNs)
      if (!this.looksAhead || nextNs >= askedUntilNs) {
        if (done()) return 'done'
        askedUntilNs = this.#windowEndNs(nextNs)
      }
      if (nextNs > limitNs) return nextNs === Number.POSITIVE_INFINITY ? 'idle' : 'limit'
      if (wholeNs <= hostNs) this.#ran(this.step(limitNs)!)
      else this.#runHosts(Math.min(askedUntilNs, wholeNs, limitNs + 1))
    }
  }

  #windowEndNs(nextNs: number): number {
    return (Math.floor(nextNs / this.#lookaheadNs) + 1) * this.#lookaheadNs
  }

  #firstOfHosts(): number {
    let firstNs = Number.POSITIVE_INFINITY
    for (const { queue } of this.#hosts.values()) {
      const nextNs = queue.nextNs
      if (nextNs !== null && nextNs < firstNs) firstNs = nextNs
    }
    return firstNs
  }

  /** All that hosts have to do before `endNs`, one host after another. */
  #runHosts(endNs: number): void {
    const lastNs = endNs - 1
    for (const host of this.#hosts.values()) {
      for (let ranNs = host.step(lastNs); ranNs !== null; ranNs = host.step(lastNs)) this.#ran(ranNs)
    }
    const earliestNs = Math.min(this.#firstOfHosts(), this.queue.nextNs ?? Number.POSITIVE_INFINITY)
    if (earliestNs < endNs) throw new Error('a host was reached sooner than the look-ahead allows')
    this.advanceTo(lastNs)
  }

  #ran(dueNs: number): void {
    this.#eventCount++
    this.trace.mix(dueNs)
  }
}
