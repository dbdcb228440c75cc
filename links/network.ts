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
import type { EventQueue } from './event-queue.ts'
import { type Link, msToNs } from './link.ts'
import { Uplink, UplinkFlow } from './uplink.ts'

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
    this.#from.uplink.send(nowNs, this.#uplinkFlow, {
      bytes,
      left: (leftNs, tookNs) => {
        left(leftNs)
        this.#travel(leftNs, tookNs, bytes, arrived)
      },
    })
  }

  /** Ahead of what is queued, which is dropped; but not ahead of what has left. For resets. */
  sendUrgently(nowNs: number, arrived: (nowNs: number) => void): void {
    this.#from.uplink.clear(this.#uplinkFlow)
    this.#travel(nowNs, 0, 0, arrived)
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

  #travel(leftNs: number, tookNs: number, bytes: number, arrived: (nowNs: number) => void): void {
    const arrivalNs = Math.max(this.#lastArrivalNs, leftNs + this.delayNs + this.#jitterNs() + this.#stallNs(bytes))
    this.#lastArrivalNs = arrivalNs
    this.#queue.at(arrivalNs, () => this.#receive(arrivalNs, tookNs, bytes, arrived))
  }

  #receive(arrivalNs: number, tookNs: number, bytes: number, arrived: (nowNs: number) => void): void {
    const rate = this.#to.link.downBytesPerSecond
    if (rate !== null) {
      const startNs = Math.max(this.#to.downBusyUntilNs, arrivalNs - tookNs)
      this.#to.downBusyUntilNs = startNs + Math.round((bytes * 1e9) / rate)
    }
    const throughNs = rate === null ? arrivalNs : Math.max(arrivalNs, this.#to.downBusyUntilNs)
    const deliveryNs = Math.max(this.#lastDeliveryNs, throughNs)
    this.#lastDeliveryNs = deliveryNs
    if (deliveryNs === arrivalNs) arrived(arrivalNs)
    else this.#queue.at(deliveryNs, arrived)
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
