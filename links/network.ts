/**
 * The network between hosts: uplink of the sender, delay, downlink of the receiver. One pure model, in virtual time for
 * the simulator and in real time for the shaped transport, so that both can be compared cell by cell.
 *
 * Time is integer nanoseconds on an EventQueue that somebody else runs. No bytes are touched here: a unit is a size and
 * what to do on arrival.
 *
 * The downlink is served in order of arrival and cut through: a unit that came in slowly enough is through the moment
 * its last byte arrives. Its work counts from its first byte, so at most one unit per flow is ahead of a fluid link.
 */
import type { Due, EventQueue } from './event-queue.ts'
import { type Link, msToNs } from './link.ts'
import { type Departure, Uplink, UplinkFlow } from './uplink.ts'

/** Integers in [0, bound). The client's Random port fits. */
export interface LinkRandom {
  below(bound: number): number
}

/** Loss is drawn per segment of this many payload bytes: TCP over Ethernet with timestamps. */
const SEGMENT_BYTES = 1_448
const LOSS_SCALE = 1_000_000_000

export class Host {
  readonly uplink: Uplink
  link: Link
  /** Until when the downlink has work, in its own virtual time. */
  downBusyUntilNs = 0

  constructor(queue: EventQueue, link: Link) {
    this.link = link
    this.uplink = new Uplink(queue, link.upBytesPerSecond)
  }

  /** Takes effect from the next unit on. */
  setLink(link: Link): void {
    this.link = link
    this.uplink.setRate(link.upBytesPerSecond)
  }
}

/**
 * A unit on its way: out of the uplink, through the delay, out of the downlink. One object for all of it: millions are on
 * their way in a large swarm.
 */
export abstract class Passage implements Departure, Due {
  readonly bytes: number
  /** Between its first byte and its last, on the uplink. */
  tookNs = 0
  readonly #flow: Flow
  #hasArrived = false

  constructor(flow: Flow, bytes: number) {
    this.#flow = flow
    this.bytes = bytes
  }

  left(leftNs: number, tookNs: number): void {
    this.tookNs = tookNs
    this.hasLeft(leftNs)
    this.#flow.travels(leftNs, this)
  }

  due(dueNs: number): void {
    if (!this.#hasArrived) {
      this.#hasArrived = true
      const deliveryNs = this.#flow.throughNs(dueNs, this)
      if (deliveryNs > dueNs) return this.#flow.waits(deliveryNs, this)
    }
    this.delivered(dueNs)
  }

  /** Its last byte has left the sender: at once on an unlimited uplink. */
  protected abstract hasLeft(nowNs: number): void
  /** The receiver has it. */
  protected abstract delivered(nowNs: number): void
}

class Message extends Passage {
  readonly #left: (nowNs: number) => void
  readonly #arrived: (nowNs: number) => void

  constructor(flow: Flow, bytes: number, left: (nowNs: number) => void, arrived: (nowNs: number) => void) {
    super(flow, bytes)
    this.#left = left
    this.#arrived = arrived
  }

  protected hasLeft(nowNs: number): void {
    this.#left(nowNs)
  }

  protected delivered(nowNs: number): void {
    this.#arrived(nowNs)
  }
}

/** One direction of one connection. Units arrive in the order they were sent. */
export class Flow {
  readonly #queue: EventQueue
  readonly #random: LinkRandom
  readonly #from: Host
  readonly #to: Host
  readonly #uplinkFlow = new UplinkFlow()
  /** Nothing overtakes: not before this. */
  #lastArrivalNs = 0
  #lastDeliveryNs = 0

  constructor(queue: EventQueue, random: LinkRandom, from: Host, to: Host) {
    this.#queue = queue
    this.#random = random
    this.#from = from
    this.#to = to
  }

  /** `left` when its last byte has left the sender (at once on an unlimited uplink), `arrived` when the receiver has it. */
  send(nowNs: number, bytes: number, left: (nowNs: number) => void, arrived: (nowNs: number) => void): void {
    this.pass(nowNs, new Message(this, bytes, left, arrived))
  }

  /** As `send`, without a function for each end. */
  pass(nowNs: number, passage: Passage): void {
    this.#from.uplink.send(nowNs, this.#uplinkFlow, passage)
  }

  /** Ahead of what is queued, which is dropped; but not ahead of what has left. For resets. */
  sendUrgently(nowNs: number, arrived: (nowNs: number) => void): void {
    this.#from.uplink.clear(this.#uplinkFlow)
    this.travels(nowNs, new Message(this, 0, nothing, arrived))
  }

  /** Drops what has not begun to leave. */
  clear(): void {
    this.#from.uplink.clear(this.#uplinkFlow)
  }

  /** While held nothing leaves: the receiver's window is closed. */
  hold(): void {
    this.#from.uplink.hold(this.#uplinkFlow)
  }

  release(nowNs: number): void {
    this.#from.uplink.release(nowNs, this.#uplinkFlow)
  }

  /** One way, without jitter and loss. */
  get delayNs(): number {
    return Math.round((msToNs(this.#from.link.rttMs) + msToNs(this.#to.link.rttMs)) / 2)
  }

  /** It has left the uplink. */
  travels(leftNs: number, passage: Passage): void {
    const delayedNs = leftNs + this.delayNs + this.#jitterNs() + this.#stallNs(passage.bytes)
    const arrivalNs = Math.max(this.#lastArrivalNs, delayedNs)
    this.#lastArrivalNs = arrivalNs
    this.#queue.schedule(arrivalNs, passage)
  }

  /** It has come to the downlink; gives when it is through. */
  throughNs(arrivalNs: number, { bytes, tookNs }: Passage): number {
    const rate = this.#to.link.downBytesPerSecond
    if (rate !== null) {
      const startNs = Math.max(this.#to.downBusyUntilNs, arrivalNs - tookNs)
      this.#to.downBusyUntilNs = startNs + Math.round((bytes * 1e9) / rate)
    }
    const throughNs = rate === null ? arrivalNs : Math.max(arrivalNs, this.#to.downBusyUntilNs)
    this.#lastDeliveryNs = Math.max(this.#lastDeliveryNs, throughNs)
    return this.#lastDeliveryNs
  }

  waits(deliveryNs: number, passage: Passage): void {
    this.#queue.schedule(deliveryNs, passage)
  }

  #jitterNs(): number {
    const jitterNs = msToNs(this.#from.link.jitterMs + this.#to.link.jitterMs)
    return jitterNs === 0 ? 0 : this.#random.below(jitterNs + 1)
  }

  /** One round trip for each segment lost on the way: found by duplicate acknowledgements, sent again. */
  #stallNs(bytes: number): number {
    const lossRate = this.#from.link.lossRate + this.#to.link.lossRate
    if (lossRate === 0) return 0
    const threshold = Math.round(lossRate * LOSS_SCALE)
    let stallNs = 0
    for (let at = 0; at < bytes; at += SEGMENT_BYTES) {
      if (this.#random.below(LOSS_SCALE) < threshold) stallNs += 2 * this.delayNs
    }
    return stallNs
  }
}

function nothing(): void {}
