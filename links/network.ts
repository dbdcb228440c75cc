/**
 * The network between hosts: uplink of the sender, delay, downlink of the receiver. One pure model, in virtual time for
 * the simulator and in real time for the shaped transport, so that both can be compared cell by cell.
 *
 * Time is integer nanoseconds on an EventQueue that somebody else runs. No bytes are touched here: a unit is a size and
 * what to do on arrival.
 */
import type { Arrival } from './downlink.ts'
import type { Due, EventQueue } from './event-queue.ts'
import type { CutFlow, Host } from './host.ts'
import { msToNs } from './link.ts'
import { drawStalls, type LinkRandom, lossOfBoth } from './loss.ts'
import { Swallowed } from './swallowed.ts'
import { type Departure, UplinkFlow } from './uplink.ts'

/**
 * A unit on its way: out of the uplink, through the delay, out of the downlink. One object for all of it: millions are on
 * their way in a large swarm.
 */
export abstract class Passage implements Departure, Due, Arrival {
  readonly bytes: number
  /** Between its first byte and its last, on the uplink. */
  tookNs = 0
  readonly #flow: Flow

  constructor(flow: Flow, bytes: number) {
    this.#flow = flow
    this.bytes = bytes
  }

  left(leftNs: number, tookNs: number): void {
    this.tookNs = tookNs
    // What the sender does now comes behind it.
    this.#flow.travels(leftNs, this)
    this.hasLeft(leftNs)
  }

  /** It has come to the downlink. */
  due(dueNs: number): void {
    this.#flow.arrives(dueNs, this)
  }

  /** Its last byte has left the sender: at once on an unlimited uplink. */
  abstract hasLeft(nowNs: number): void
  /** The receiver has it. */
  abstract delivered(nowNs: number): void
}

class Message extends Passage {
  readonly #left: (nowNs: number) => void
  readonly #arrived: (nowNs: number) => void

  constructor(flow: Flow, bytes: number, left: (nowNs: number) => void, arrived: (nowNs: number) => void) {
    super(flow, bytes)
    this.#left = left
    this.#arrived = arrived
  }

  hasLeft(nowNs: number): void {
    this.#left(nowNs)
  }

  delivered(nowNs: number): void {
    this.#arrived(nowNs)
  }
}

/** Who sends over a flow. */
export interface Sender {
  /** What it sent into a partition was not acknowledged for too long. */
  timedOut(nowNs: number): void
}

/** One direction of one connection. Units arrive in the order they were sent. */
export class Flow implements CutFlow {
  sender: Sender | null = null
  protected readonly queue: EventQueue
  protected readonly from: Host
  protected readonly to: Host
  readonly #random: LinkRandom
  readonly #betweenNs: number
  readonly #uplinkFlow = new UplinkFlow()
  /** Nothing overtakes: not before this. */
  #lastArrivalNs = 0
  #isHeld = false
  /** What a partition keeps from arriving. */
  #swallowed: Swallowed<Passage> | null = null

  /** `betweenMs`: a round trip of the pair's own, on top of those of both links. */
  constructor(queue: EventQueue, random: LinkRandom, from: Host, to: Host, betweenMs = 0) {
    this.queue = queue
    this.from = from
    this.to = to
    this.#random = random
    this.#betweenNs = msToNs(betweenMs)
  }

  /** `left` when its last byte has left the sender (at once on an unlimited uplink), `arrived` when the receiver has it. */
  send(nowNs: number, bytes: number, left: (nowNs: number) => void, arrived: (nowNs: number) => void): void {
    this.pass(nowNs, new Message(this, bytes, left, arrived))
  }

  /** As `send`, without a function for each end. */
  pass(nowNs: number, passage: Passage): void {
    this.from.uplink.send(nowNs, this.#uplinkFlow, passage)
  }

  /** Ahead of what is queued, which is dropped; but not ahead of what has left. For resets. */
  sendUrgently(nowNs: number, arrived: (nowNs: number) => void): void {
    this.clear()
    this.signal(nowNs, arrived)
  }

  /** Ahead of what is queued, which goes on: what a system tells the other of itself, such as its receive window. */
  signal(nowNs: number, arrived: (nowNs: number) => void): void {
    this.travels(nowNs, new Message(this, 0, nothing, arrived))
  }

  /** Drops what has not begun to leave. */
  clear(): void {
    this.from.uplink.clear(this.#uplinkFlow)
  }

  /** While held nothing leaves: the receiver's window is closed. */
  hold(): void {
    this.#isHeld = true
    this.from.uplink.hold(this.#uplinkFlow)
  }

  release(nowNs: number): void {
    this.#isHeld = false
    if (this.#swallowed?.isFull !== true) this.from.uplink.release(nowNs, this.#uplinkFlow)
  }

  /** One way, without jitter and loss. */
  get delayNs(): number {
    return Math.round((this.from.rttNs + this.to.rttNs + this.#betweenNs) / 2)
  }

  get isSwallowing(): boolean {
    return this.#swallowed !== null
  }

  get isCut(): boolean {
    const [from, to] = [this.from.group, this.to.group]
    return from !== to && from !== 0 && to !== 0
  }

  heal(nowNs: number): void {
    const swallowed = this.#swallowed
    if (swallowed === null) return
    this.queue.at(swallowed.returnsNs(nowNs, this.delayNs), (atNs) => {
      if (this.#swallowed !== swallowed) return
      if (this.isCut) this.to.swallows(this, atNs)
      else this.#return(atNs, swallowed)
    })
  }

  timeOut(nowNs: number): void {
    this.sender?.timedOut(nowNs)
  }

  /** It has left the uplink. */
  travels(leftNs: number, passage: Passage): void {
    const delayedNs = leftNs + this.delayNs + this.#jitterNs() + this.#stallNs(passage.bytes)
    const arrivalNs = Math.max(this.#lastArrivalNs, delayedNs)
    this.#lastArrivalNs = arrivalNs
    this.to.queue.schedule(arrivalNs, passage)
  }

  /** It has come to the downlink. */
  arrives(arrivalNs: number, passage: Passage): void {
    if (this.#swallowed !== null || this.isCut) this.#swallow(arrivalNs, passage)
    else this.to.downlink.receive(arrivalNs, passage)
  }

  #swallow(nowNs: number, passage: Passage): void {
    if (this.#swallowed === null) {
      this.#swallowed = new Swallowed(nowNs)
      this.to.swallows(this, nowNs)
    }
    this.#swallowed.add(passage)
    if (this.#swallowed.isFull) this.from.uplink.hold(this.#uplinkFlow)
  }

  /** All at once, as by then the sender has it all to send again; the receiver's link takes its time. */
  #return(nowNs: number, { units }: Swallowed<Passage>): void {
    this.#swallowed = null
    for (const unit of units) {
      unit.tookNs = 0
      this.to.downlink.receive(nowNs, unit)
    }
    if (!this.#isHeld) this.from.uplink.release(nowNs, this.#uplinkFlow)
  }

  #jitterNs(): number {
    const jitterNs = this.from.jitterNs + this.to.jitterNs
    return jitterNs === 0 ? 0 : this.#random.below(jitterNs + 1)
  }

  #stallNs(bytes: number): number {
    const [from, to] = [this.from.link.lossRate, this.to.link.lossRate]
    if (from === 0 && to === 0) return 0
    return drawStalls(this.#random, lossOfBoth(from, to), bytes) * 2 * this.delayNs
  }
}

function nothing(): void {}
