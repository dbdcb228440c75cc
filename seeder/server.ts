/** A scripted peer on real sockets: as fast as the machine, or behind the model of a link in real time. */
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import { nodeClock, preciseClock } from '../client/node/clock.ts'
import { nodeHttpClient } from '../client/node/http.ts'
import { findPlace, type ListenChoice } from '../client/node/listen.ts'
import { nodeRandom } from '../client/node/random.ts'
import { tcpTransport } from '../client/node/tcp.ts'
import { udpDatagrams } from '../client/node/udp.ts'
import type { Clock } from '../client/ports/clock.ts'
import type { ListenFault, PeerAddress, Transport } from '../client/ports/transport.ts'
import { Host } from '../links/host.ts'
import { type Link, PERFECT_LINK } from '../links/link.ts'
import { PacedTimeline } from '../links/paced-timeline.ts'
import { shapedTransport } from '../links/shaped-transport.ts'
import { UNIT_BYTES_MAX } from '../links/unit.ts'
import type { Step } from './script.ts'
import { ScriptedPeer, type ScriptedPeerReport } from './scripted-peer.ts'

/** Enough to keep a socket busy where only the machine limits it. */
const SEND_AHEAD_BYTES = 262_144

export interface SeederOptions extends ListenChoice {
  readonly torrent: TorrentFile
  readonly read: (offsetBytes: number, lengthBytes: number) => Uint8Array
  /** Null: none, unless the script changes it. */
  readonly link: Link | null
  readonly script: readonly Step[]
  readonly trackerUrl: string | null
  /** Whom a step `dial` dials when it names nobody. */
  readonly clientAddress?: PeerAddress
  /** `failed`: it was to listen again, and could not. */
  readonly report: Pick<ScriptedPeerReport, 'announced' | 'stepBegun' | 'failed'>
}

export interface Seeder {
  readonly local: PeerAddress
  /** Connections closed, port free; no tracker is told, as when a machine is switched off. */
  stop(): void
}

/** Resolves when it listens; rejects with a CommandError when it cannot. */
export async function startSeeder(options: SeederOptions): Promise<Seeder> {
  const { torrent, read, script, trackerUrl, clientAddress, report } = options
  const content = { torrent, read, script, trackerUrl, ...(clientAddress === undefined ? {} : { clientAddress }) }
  const link = options.link ?? (script.some(({ behaviour }) => behaviour.name === 'slow-down') ? PERFECT_LINK : null)
  const network = link === null ? plainNetwork() : shapedNetwork(link)
  const { sendAheadBytes } = network
  const { local, peer } = await findPlace(options, (address) => {
    const { promise, resolve } = Promise.withResolvers<{ local: PeerAddress; peer: ScriptedPeer } | ListenFault>()
    let hasListened = false
    const candidate = new ScriptedPeer({ ...content, address, sendAheadBytes }, network, {
      ...report,
      listening: (bound) => {
        hasListened = true
        resolve({ local: bound, peer: candidate })
      },
      failed: (fault) => (hasListened ? report.failed(fault) : resolve(fault)),
    })
    network.enter((nowMs) => candidate.start(nowMs))
    return promise
  })
  return { local, stop: () => network.enter(() => peer.stop()) }
}

function plainNetwork() {
  const clock = nodeClock()
  return {
    ...ports(clock, tcpTransport({ clock })),
    sendAheadBytes: SEND_AHEAD_BYTES,
    changeLink() {},
    enter: (act: (nowMs: number) => void) => act(clock.nowMs()),
  }
}

function shapedNetwork(initial: Link) {
  const clock = preciseClock()
  const timeline = new PacedTimeline(clock)
  let link = initial
  const local = new Host(timeline.queue, link)
  const others = new Host(timeline.queue, PERFECT_LINK)
  const shaping = { timeline, random: nodeRandom(), local, hostOf: () => others }
  return {
    ...ports(timeline.clock, shapedTransport(tcpTransport({ clock }), shaping)),
    sendAheadBytes: UNIT_BYTES_MAX,
    changeLink(change: Partial<Link>) {
      link = { ...link, ...change }
      local.setLink(timeline.nowNs, link)
    },
    enter: (act: (nowMs: number) => void) => timeline.enter(act),
  }
}

function ports(clock: Clock, transport: Transport) {
  return { clock, transport, http: nodeHttpClient(), datagrams: udpDatagrams({ clock }), random: nodeRandom() }
}
