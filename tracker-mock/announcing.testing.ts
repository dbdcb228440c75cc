/** A client of ours that announces, on real sockets or in the simulator, for tests of trackers. */
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { nodeClock } from '../client/node/clock.ts'
import { nodeHttpClient } from '../client/node/http.ts'
import { nodeRandom } from '../client/node/random.ts'
import { udpDatagrams } from '../client/node/udp.ts'
import type { Clock } from '../client/ports/clock.ts'
import type { TrackerEvent } from '../client/ports/events.ts'
import { formatAddress } from '../client/ports/transport.ts'
import { Announcer, type AnnouncerPorts } from '../client/tracker/announcer.ts'
import { TrackerClient } from '../client/tracker/tracker-client.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash

export interface AnnouncingOptions {
  readonly urls: readonly string[]
  readonly port?: number
  readonly leftBytes?: number
  readonly ports?: AnnouncerPorts & { readonly clock: Clock }
}

/** Of a torrent and a port of its own. What it tells is kept, but for `announcing`. */
export class Announcing {
  readonly client: TrackerClient
  readonly announcer: Announcer
  events: TrackerEvent[] = []
  /** `HOST:PORT` of all peers that it was told of, in order. */
  readonly peers: string[] = []
  readonly #clock: Clock
  readonly #alarm: ReturnType<Clock['alarm']>
  /** As time goes on it asks again. */
  keepsOn = false
  #settled: () => void = () => {}

  constructor({ urls, port = 7001, leftBytes = 10, ports = realPorts() }: AnnouncingOptions) {
    const peerId = peerIdFromBytes(new TextEncoder().encode(`-XX0001-${String(port).padStart(12, '0')}`))
    this.#clock = ports.clock
    this.client = new TrackerClient({
      tiers: urls.map((url) => [url]),
      identity: { infohash: INFOHASH, peerId, port, key: '00ff00ff' },
      totals: () => ({ uploadedBytes: 0, downloadedBytes: 0, leftBytes }),
      random: nodeRandom(),
    })
    this.announcer = new Announcer(this.client, ports, {
      announcerTouched: (nowMs) => this.#pump(nowMs),
      peersFound: (peers) => this.peers.push(...peers.map(formatAddress)),
      trackerEvent: (_, event) => {
        if (event.type !== 'announcing') this.events.push(event)
      },
    })
    this.#alarm = ports.clock.alarm((nowMs) => {
      this.announcer.handleDeadline(nowMs)
      this.#pump(nowMs)
    })
  }

  get nowMs(): number {
    return this.#clock.nowMs()
  }

  start(): this {
    this.client.start(this.nowMs)
    this.#pump(this.nowMs)
    return this
  }

  stop(): this {
    this.client.stop(this.nowMs)
    this.#pump(this.nowMs)
    return this
  }

  complete(): this {
    this.client.complete(this.nowMs)
    this.#pump(this.nowMs)
    return this
  }

  /** As if it were time for the next announce. */
  again(): this {
    const dueMs = this.client.deadlineMs()
    if (dueMs === null) throw new Error('nothing is due')
    this.client.handleDeadline(dueMs)
    this.#pump(this.nowMs)
    return this
  }

  /** Until nothing is under way; gives what was told since it was asked last. */
  async told(): Promise<TrackerEvent[]> {
    if (this.announcer.isBusy) {
      await new Promise<void>((resolve) => {
        this.#settled = resolve
      })
    }
    return this.events.splice(0)
  }

  #pump(nowMs: number): void {
    this.announcer.pump(nowMs)
    const isBusy = this.announcer.isBusy
    this.#alarm.set(isBusy || this.keepsOn ? this.announcer.deadlineMs() : null)
    if (!isBusy) this.#settled()
  }
}

function realPorts() {
  const clock = nodeClock()
  return { clock, http: nodeHttpClient(), datagrams: udpDatagrams({ clock }) }
}
