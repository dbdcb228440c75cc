/** The trackers of one download: when it tells them what, on top of the tracker client. BEP 3, 12. */
import type { InfoHash } from '../metainfo/infohash.ts'
import { makeAnnounceKey } from '../tracker/announce-request.ts'
import { Announcer, type AnnouncerOwner } from '../tracker/announcer.ts'
import { type AnnounceTotals, TrackerClient } from '../tracker/tracker-client.ts'
import type { DownloadPorts, DownloadSettings } from './settings.ts'

export interface AnnouncingOwner extends AnnouncerOwner {
  totals(): AnnounceTotals
}

export class Announcing {
  readonly #tiers: readonly (readonly string[])[]
  readonly #infohash: InfoHash
  readonly #settings: DownloadSettings
  readonly #ports: DownloadPorts
  readonly #owner: AnnouncingOwner
  /** The same for as long as it lives: that is how a tracker knows us again. */
  readonly #key: string
  #announcer: Announcer | null = null

  constructor(
    of: { readonly tiers: readonly (readonly string[])[]; readonly infohash: InfoHash },
    settings: DownloadSettings,
    ports: DownloadPorts,
    owner: AnnouncingOwner,
  ) {
    this.#tiers = settings.useTrackers ? of.tiers : []
    this.#infohash = of.infohash
    this.#settings = settings
    this.#ports = ports
    this.#owner = owner
    this.#key = makeAnnounceKey(ports.trackerRandom)
  }

  /** Also after a stop. */
  start(nowMs: number): void {
    if (this.#tiers.length === 0) return
    this.cancel()
    const { peerId, listenPort } = this.#settings
    const client = new TrackerClient({
      tiers: this.#tiers,
      identity: { infohash: this.#infohash, peerId, port: listenPort, key: this.#key },
      totals: () => this.#owner.totals(),
      random: this.#ports.trackerRandom,
    })
    const { http, datagrams } = this.#ports
    this.#announcer = new Announcer(client, { http, datagrams }, this.#owner)
    client.start(nowMs)
  }

  get hasStarted(): boolean {
    return this.#announcer !== null
  }

  /** All is here that was missing. */
  complete(nowMs: number): void {
    this.#announcer?.client.complete(nowMs)
  }

  stop(nowMs: number): void {
    this.#announcer?.client.stop(nowMs)
  }

  wantMorePeers(nowMs: number): void {
    this.#announcer?.client.wantMorePeers(nowMs)
  }

  /** A tracker has not answered yet. */
  get isBusy(): boolean {
    return this.#announcer?.isBusy === true
  }

  handleDeadline(nowMs: number): void {
    this.#announcer?.handleDeadline(nowMs)
  }

  pump(nowMs: number): void {
    this.#announcer?.pump(nowMs)
  }

  deadlineMs(): number | null {
    return this.#announcer?.deadlineMs() ?? null
  }

  cancel(): void {
    this.#announcer?.cancel()
  }
}
