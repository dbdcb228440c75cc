/** Carries a TrackerClient's requests to the HTTP and Datagrams ports and the answers back; peers and events come out. */
import type { Datagrams } from '../ports/datagrams.ts'
import type { TrackerEvent } from '../ports/events.ts'
import type { HttpClient, HttpExchange } from '../ports/http.ts'
import type { PeerAddress } from '../ports/transport.ts'
import { announceOutcome, exchangeFault } from './announce-outcome.ts'
import type { TrackerClient, TrackerClientRequest } from './tracker-client.ts'
import { UdpCarrier } from './udp-carrier.ts'

export interface AnnouncerPorts {
  readonly http: HttpClient
  /** Null where UDP trackers are out of reach. */
  readonly datagrams: Datagrams | null
}

export interface AnnouncerOwner {
  /** Something came of an announce: pump again. */
  announcerTouched(nowMs: number): void
  peersFound(addresses: readonly PeerAddress[]): void
  trackerEvent(nowMs: number, event: TrackerEvent): void
}

export class Announcer {
  readonly client: TrackerClient
  readonly #http: HttpClient
  readonly #udp: UdpCarrier | null
  readonly #owner: AnnouncerOwner
  /** One request is under way at most, by HTTP or UDP: one that is pulled replaces the one before. */
  #exchange: HttpExchange | null = null
  #askedByUdp = -1

  constructor(client: TrackerClient, { http, datagrams }: AnnouncerPorts, owner: AnnouncerOwner) {
    this.client = client
    this.#http = http
    this.#owner = owner
    const touched = (nowMs: number) => owner.announcerTouched(nowMs)
    this.#udp = datagrams === null ? null : new UdpCarrier({ datagrams, random: client.random, touched })
  }

  get isBusy(): boolean {
    return this.#exchange !== null || this.#udp?.isBusy === true
  }

  /** After everything that was done to it or to its client. */
  pump(nowMs: number): void {
    for (;;) {
      const outcome = this.#udp?.takeOutcome() ?? null
      if (outcome !== null && outcome.kind !== 'scrape') this.client.answered(nowMs, this.#askedByUdp, outcome)
      const request = this.client.nextRequest()
      if (request === null) break
      this.#giveUp()
      this.#send(nowMs, request)
    }
    if (this.client.isStopped) this.cancel()
    for (let event = this.client.nextEvent(); event !== null; event = this.client.nextEvent()) {
      if (event.type === 'peers-found') this.#owner.peersFound(event.peers)
      else this.#owner.trackerEvent(nowMs, event)
    }
  }

  handleDeadline(nowMs: number): void {
    this.client.handleDeadline(nowMs)
    this.#udp?.handleDeadline(nowMs)
  }

  deadlineMs(): number | null {
    const [own, udp] = [this.client.deadlineMs(), this.#udp?.deadlineMs() ?? null]
    return own === null || udp === null ? (own ?? udp) : Math.min(own, udp)
  }

  /** Gives up what is under way; nothing is left open. */
  cancel(): void {
    this.#giveUp()
    this.#udp?.close()
  }

  #giveUp(): void {
    this.#exchange?.cancel()
    this.#exchange = null
    this.#udp?.cancel()
  }

  #send(nowMs: number, { id, ...request }: TrackerClientRequest): void {
    if (request.kind === 'http') {
      this.#exchange = this.#http.get(request, (answeredMs, outcome) => {
        this.#exchange = null
        this.client.answered(answeredMs, id, announceOutcome(outcome))
        this.#owner.announcerTouched(answeredMs)
      })
    } else if (this.#udp === null) {
      this.client.answered(nowMs, id, exchangeFault('unreachable', 'no UDP here'))
    } else {
      this.#askedByUdp = id
      this.#udp.ask(nowMs, request)
    }
  }
}
