/** A host, as its link sees it: both directions, how they change with time, and which side of a partition it is on. */
import { Downlink } from './downlink.ts'
import type { EventQueue, Scheduled } from './event-queue.ts'
import { type Link, msToNs, NS_PER_MS } from './link.ts'
import { changeTimesMs, linkAt } from './schedule.ts'
import { Uplink } from './uplink.ts'

/** A flow between two sides of a partition, which keeps what it brings. */
export interface CutFlow {
  /** It keeps something. */
  readonly isSwallowing: boolean
  /** Nothing gets through now. */
  readonly isCut: boolean
  /** The partition is over: what it kept comes when the sender tries again. */
  heal(nowNs: number): void
  /** Nobody acknowledged what its sender sent. */
  timeOut(nowNs: number): void
}

export class Host {
  /** Of all that comes to it and leaves it. */
  readonly queue: EventQueue
  readonly uplink: Uplink
  readonly downlink: Downlink
  /** As it is now. Of its schedule, what is still to come counts. */
  link: Link
  /** Of both, in each direction: half of the first, all of the second. */
  rttNs = 0
  jitterNs = 0
  /** Of a partition; 0: it reaches everybody. */
  group = 0
  /** Called by a flow to this host that begins to keep what it brings. */
  swallows: (flow: CutFlow, nowNs: number) => void = () => {}
  /** What times in a schedule count from; null: it does not follow one. */
  #originNs: number | null = null
  #changes: readonly Scheduled[] = []

  constructor(queue: EventQueue, link: Link) {
    this.queue = queue
    this.uplink = new Uplink(queue, link.upBytesPerSecond)
    this.downlink = new Downlink(queue, link.downBytesPerSecond)
    this.link = link
    this.#count()
  }

  /** From now on, for what is leaving or in line too. Of its schedule the times that are past change nothing. */
  setLink(nowNs: number, link: Link): void {
    this.#change(nowNs, link)
    this.#plan(nowNs)
  }

  /** Its link is what its schedule says, now and from now on. Times in it count from `originNs`. */
  followSchedule(nowNs: number, originNs: number): void {
    this.#originNs = originNs
    const { schedule } = this.link
    if (schedule === undefined) return
    this.#change(nowNs, { ...linkAt(this.link, (nowNs - originNs) / NS_PER_MS), schedule })
    this.#plan(nowNs)
  }

  #change(nowNs: number, link: Link): void {
    this.link = link
    this.#count()
    this.uplink.setRate(nowNs, link.upBytesPerSecond)
    this.downlink.setRate(nowNs, link.downBytesPerSecond)
  }

  #count(): void {
    this.rttNs = msToNs(this.link.rttMs)
    this.jitterNs = msToNs(this.link.jitterMs)
  }

  #plan(nowNs: number): void {
    for (const change of this.#changes) change.cancel()
    const originNs = this.#originNs
    const timesMs = originNs === null ? [] : changeTimesMs(this.link, (nowNs - originNs) / NS_PER_MS)
    this.#changes = timesMs.map((atMs) =>
      this.queue.at(originNs! + msToNs(atMs), (dueNs) => {
        const { schedule = [] } = this.link
        const changes = schedule.filter((change) => change.atMs === atMs)
        this.#change(dueNs, { ...linkAt({ ...this.link, schedule: changes }, atMs), schedule })
      }),
    )
  }
}
