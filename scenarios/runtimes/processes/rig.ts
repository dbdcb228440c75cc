/** The rig on real sockets: a tracker and the scripted peers of a plan, each behind its own link, on one timeline. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SyntheticContent } from '../../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../../client/metainfo/torrent-file.ts'
import { preciseClock } from '../../../client/node/clock.ts'
import { nodeHttpClient } from '../../../client/node/http.ts'
import { tcpTransport } from '../../../client/node/tcp.ts'
import type { Clock } from '../../../client/ports/clock.ts'
import type { HttpClient } from '../../../client/ports/http.ts'
import { formatAddress } from '../../../client/ports/transport.ts'
import { Host } from '../../../links/host.ts'
import { type Link, msToNs, PERFECT_LINK } from '../../../links/link.ts'
import { PacedTimeline } from '../../../links/paced-timeline.ts'
import { shapedTransport } from '../../../links/shaped-transport.ts'
import { UNIT_BYTES_MAX } from '../../../links/unit.ts'
import { parseScript } from '../../../seeder/script.ts'
import { ScriptedPeer } from '../../../seeder/scripted-peer.ts'
import { PURPOSE, seededRandom } from '../../../simulator/random.ts'
import { TrackerHttpService } from '../../../tracker-mock/http-service.ts'
import { parseTrackerScript } from '../../../tracker-mock/script.ts'
import { startTrackerServer } from '../../../tracker-mock/server.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import type { Site } from '../addresses.ts'
import { planTorrent } from '../plan-content.ts'
import { type Served, ServedBlocks } from '../served-blocks.ts'
import type { RigOrder, Timekeeping } from './messages.ts'
import { localMs, sharedMs } from './shared-clock.ts'
import { TimekeepingMeter } from './timekeeping.ts'

const LOOK_EVERY_MS = 20

export interface Rig {
  readonly torrent: Uint8Array
  readonly announceUrl: string
  /** `HOST:PORT` of each seeder of this part, in the order of the plan. */
  readonly peers: readonly string[]
  /** Since `measureFromNow`. */
  timekeeping(): Timekeeping
  /** By each seeder; times are on the clock that processes share. */
  served(): readonly Served[]
  /** Resolves when the tracker, which is in this part, knows so many peers. */
  knowsPeers(count: number): Promise<void>
  /** `startMs` is the start of the clients, from which what links do counts. */
  measureFromNow(startMs: number): void
}

export async function startRig({ plan, seed, site, part }: RigOrder & { type: 'start' }): Promise<Rig> {
  const clock = preciseClock()
  const timeline: PacedTimeline = new PacedTimeline(clock, (latenessMs) => meter.ranLate(latenessMs))
  const meter = new TimekeepingMeter(() => timeline)
  const tracker = part.announceUrl === null ? await startTracker(plan, site, seed, clock) : null
  const announceUrl = part.announceUrl ?? tracker!.announceUrl
  const { torrent, bytes } = planTorrent(plan.content, announceUrl)
  const content = new SyntheticContent(plan.content.totalBytes, plan.content.contentSeed)
  const clientHost = new Host(timeline.queue, site.clientsShapeThemselves ? PERFECT_LINK : plan.client.link)
  const hosts = [clientHost]
  const served = plan.seeders.map(() => new ServedBlocks(plan.content.totalBytes))
  const linkRandom = seededRandom(seed, -1, PURPOSE.links)

  const startPeer = (index: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const seeder = plan.seeders[index]!
      let link: Link = seeder.link
      const local = new Host(timeline.queue, link)
      hosts.push(local)
      const inner = tcpTransport({ clock })
      const shaping = { timeline, random: linkRandom, local, hostOf: () => clientHost }
      let address = ''
      const peer = new ScriptedPeer(
        {
          torrent,
          read: (offsetBytes, lengthBytes) => {
            served[index]!.read(sharedMs(timeline.clock.nowMs()), offsetBytes, lengthBytes)
            return content.read(offsetBytes, lengthBytes)
          },
          address: { host: site.seederHosts[index]!, port: 0 },
          script: parseScript(seeder.script),
          trackerUrl: announceUrl,
          sendAheadBytes: UNIT_BYTES_MAX,
        },
        {
          clock: timeline.clock,
          transport: shapedTransport(inner, shaping),
          http: onTimeline(nodeHttpClient(), timeline),
          random: seededRandom(seed, index + 1, PURPOSE.behaviour),
          changeLink: (change) => {
            link = { ...link, ...change }
            local.setLink(timeline.nowNs, link)
          },
        },
        {
          listening: (bound) => {
            address = formatAddress(bound)
          },
          failed: ({ code }) => reject(new Error(`a peer cannot listen on ${site.seederHosts[index]}: ${code}`)),
          announced: (reason) => (reason === null ? resolve(address) : reject(new Error(`cannot announce: ${reason}`))),
          stepBegun: () => {},
        },
      )
      timeline.enter((nowMs) => peer.start(nowMs))
    })

  const peers = await Promise.all(part.seeders.map(startPeer))
  return {
    torrent: bytes,
    announceUrl,
    peers,
    timekeeping: () => meter.read(),
    served: () => part.seeders.map((index) => served[index]!.served),
    knowsPeers: (count) => knowsPeers(tracker!.service, torrent, count, clock),
    measureFromNow: (startMs) => {
      meter.start()
      followSchedules(timeline, hosts, startMs)
    },
  }
}

/** `startMs` is on the shared clock. */
function followSchedules(timeline: PacedTimeline, hosts: readonly Host[], startMs: number): void {
  const originNs = msToNs(localMs(startMs))
  timeline.enter(() => {
    for (const host of hosts) host.followSchedule(timeline.nowNs, originNs)
  })
}

async function startTracker(
  { trackerScript }: SwarmPlan,
  { trackerHost }: Site,
  seed: number,
  clock: Clock,
): Promise<{ readonly service: TrackerHttpService; readonly announceUrl: string }> {
  const service = new TrackerHttpService({
    random: seededRandom(seed, -1, PURPOSE.tracker),
    startMs: clock.nowMs(),
    script: parseTrackerScript(trackerScript),
  })
  const { announceUrl } = await startTrackerServer({ service, clock, host: trackerHost, port: 0 })
  return { service, announceUrl }
}

async function knowsPeers(
  { tracker }: TrackerHttpService,
  { infohashV1 }: TorrentFile,
  count: number,
  clock: Clock,
): Promise<void> {
  for (;;) {
    const counts = tracker.scrape([infohashV1!], clock.nowMs()).get(infohashV1!)
    if (counts !== undefined && (counts.complete ?? 0) + (counts.incomplete ?? 0) >= count) return
    await sleep(LOOK_EVERY_MS)
  }
}

/** Answers come in at the real present, as bytes do. */
function onTimeline(http: HttpClient, timeline: PacedTimeline): HttpClient {
  return {
    get: (request, done) => http.get(request, (_, outcome) => timeline.enter((nowMs) => done(nowMs, outcome))),
  }
}
