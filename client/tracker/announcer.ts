/** Carries a TrackerClient's requests to the HTTP port and the answers back; peers and events come out. */
import type { TrackerEvent } from '../ports/events.ts'
import type { HttpClient, HttpExchange } from '../ports/http.ts'
import type { PeerAddress } from '../ports/transport.ts'
import type { TrackerClient } from './tracker-client.ts'

export interface AnnouncerOwner {
  /** An answer is in: pump again. */
  announcerTouched(nowMs: number): void
  peersFound(addresses: readonly PeerAddress[]): void
  trackerEvent(nowMs: number, event: TrackerEvent): void
}

export class Announcer {
  readonly client: TrackerClient
  readonly #http: HttpClient
  readonly #owner: AnnouncerOwner
  /** At most one: a request that is pulled replaces the one before. */
  #underWay: HttpExchange | null = null

  constructor(client: TrackerClient, http: HttpClient, owner: AnnouncerOwner) {
    this.client = client
    this.#http = http
    this.#owner = owner
  }

  get isBusy(): boolean {
    return this.#underWay !== null
  }

  pump(nowMs: number): void {
    for (let request = this.client.nextRequest(); request !== null; request = this.client.nextRequest()) {
      this.cancel()
      const { id, ...get } = request
      this.#underWay = this.#http.get(get, (answeredMs, outcome) => {
        this.#underWay = null
        this.client.answered(answeredMs, id, outcome)
        this.#owner.announcerTouched(answeredMs)
      })
    }
    for (let event = this.client.nextEvent(); event !== null; event = this.client.nextEvent()) {
      if (event.type === 'peers-found') this.#owner.peersFound(event.peers)
      else this.#owner.trackerEvent(nowMs, event)
    }
  }

  cancel(): void {
    this.#underWay?.cancel()
    this.#underWay = null
  }
}
