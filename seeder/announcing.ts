/** How a scripted peer keeps a tracker told of itself: complete or not, under its own address, and wanting nobody. */
import type { Geometry } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { Alarm, Clock } from '../client/ports/clock.ts'
import type { Datagrams } from '../client/ports/datagrams.ts'
import type { HttpClient } from '../client/ports/http.ts'
import { isTestbedAddress } from '../client/ports/ip-address.ts'
import type { Random } from '../client/ports/random.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import { makeAnnounceKey } from '../client/tracker/announce-request.ts'
import { Announcer } from '../client/tracker/announcer.ts'
import { TrackerClient } from '../client/tracker/tracker-client.ts'
import type { Bitfield } from '../client/wire/bitfield.ts'
import type { PeerId } from '../client/wire/peer-id.ts'

export interface AnnouncingOptions {
  readonly trackerUrl: string
  readonly infohash: InfoHash
  readonly peerId: PeerId
  readonly address: PeerAddress
  readonly totals: () => {
    readonly uploadedBytes: number
    readonly downloadedBytes: number
    readonly leftBytes: number
  }
}

export interface AnnouncingPorts {
  readonly clock: Clock
  readonly http: HttpClient
  /** Left out: UDP trackers are out of reach. */
  readonly datagrams?: Datagrams
  readonly random: Random
}

export class Announcing {
  readonly #announcer: Announcer
  readonly #alarm: Alarm

  /** `announced`: the tracker knows of it now, or did not answer: `reason`. */
  constructor(options: AnnouncingOptions, ports: AnnouncingPorts, announced: (reason: string | null) => void) {
    const { infohash, peerId, address } = options
    const client = new TrackerClient({
      tiers: [[options.trackerUrl]],
      identity: { infohash, peerId, port: address.port, key: makeAnnounceKey(ports.random), ...ownAddress(address) },
      totals: options.totals,
      numWant: 0,
      random: ports.random,
    })
    this.#alarm = ports.clock.alarm((nowMs) => {
      this.#announcer.handleDeadline(nowMs)
      this.#pump(nowMs)
    })
    this.#announcer = new Announcer(
      client,
      { http: ports.http, datagrams: ports.datagrams ?? null },
      {
        announcerTouched: (nowMs) => this.#pump(nowMs),
        peersFound: () => {},
        trackerEvent: (_, event) => {
          if (event.type === 'announced') announced(null)
          else if (event.type === 'announce-failed') announced(event.reason)
        },
      },
    )
  }

  start(nowMs: number): void {
    this.#announcer.client.start(nowMs)
    this.#pump(nowMs)
  }

  /** The tracker is not told. */
  stop(): void {
    this.#announcer.cancel()
    this.#alarm.set(null)
  }

  #pump(nowMs: number): void {
    this.#announcer.pump(nowMs)
    this.#alarm.set(this.#announcer.deadlineMs())
  }
}

/** Many peers share a machine: each is known under its own address. Other addresses speak for themselves. */
function ownAddress({ host }: PeerAddress): { ip?: string } {
  return isTestbedAddress(host) ? { ip: host } : {}
}

/** Of the pieces that it lacks. */
export function leftBytes(geometry: Geometry, pieces: Bitfield): number {
  const { pieceCount, pieceLengthBytes } = geometry
  const last = geometry.pieceIndex(pieceCount - 1)
  const shortBytes = last === null || pieces.has(last) ? 0 : pieceLengthBytes - geometry.pieceBytes(last)
  return (pieceCount - pieces.setCount) * pieceLengthBytes - shortBytes
}
