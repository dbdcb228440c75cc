/** A client of ours in virtual time, with all its production code; it leaves in good order, or is killed. */
import type { TorrentFile } from '../../../client/metainfo/torrent-file.ts'
import { nodeSha1 } from '../../../client/node/sha1.ts'
import type { Events } from '../../../client/ports/events.ts'
import type { HttpClient } from '../../../client/ports/http.ts'
import type { Random } from '../../../client/ports/random.ts'
import type { StorageFault } from '../../../client/ports/storage.ts'
import type { Transport } from '../../../client/ports/transport.ts'
import { DownloadManager } from '../../../client/swarm/download-manager.ts'
import { DEFAULT_CHOICES } from '../../../client/swarm/settings.ts'
import { makePeerId } from '../../../client/wire/peer-id.ts'
import type { Timeline } from '../../../links/timeline.ts'
import { simulatedHasher } from '../../../simulator/hasher.ts'
import { PURPOSE, type Purpose } from '../../../simulator/random.ts'
import { type SimulatedDisk, simulatedStorage } from '../../../simulator/storage.ts'
import type { ClientPlan } from '../../engine/swarm-plan.ts'
import { PEER_PORT } from '../addresses.ts'
import { choicesOf } from '../plan-choices.ts'
import { Lifeline } from './lifeline.ts'

export interface SimClientSetting {
  /** Of its host. */
  readonly timeline: Timeline
  readonly plan: ClientPlan
  readonly host: string
  readonly transport: Transport
  readonly http: HttpClient
  readonly torrent: TorrentFile
  readonly content: Uint8Array
  readonly disk: SimulatedDisk
  /** From a write to its landing: where a crash is to fall between. */
  readonly writeMs: number
  readonly random: (purpose: Purpose) => Random
  readonly events: Events
}

export interface SimClient {
  /** Connections are closed and the tracker is told; then `gone` is called, once. */
  leave(nowMs: number, gone: (nowMs: number, fault: StorageFault | null) => void): void
  /** As by `kill -9`. */
  kill(): void
}

export function startSimClient(setting: SimClientSetting): SimClient {
  const { timeline, plan, host, random, writeMs } = setting
  const lifeline = new Lifeline()
  const transport = lifeline.transport(setting.transport)
  const manager = new DownloadManager(
    {
      ...DEFAULT_CHOICES,
      ...choicesOf(plan),
      source: { kind: 'torrent', torrent: setting.torrent },
      peerId: makePeerId(random(PURPOSE.peerId)),
      listenPort: PEER_PORT,
    },
    {
      clock: lifeline.clock(timeline.clock),
      pickerRandom: random(PURPOSE.picker),
      trackerRandom: random(PURPOSE.tracker),
      transport,
      http: lifeline.http(setting.http),
      datagrams: null,
      openVerifier: null,
      openStorage: () => simulatedStorage(timeline, setting.disk, { writeMs, stateMs: writeMs }),
      sha1: nodeSha1,
      hasher: simulatedHasher(timeline, setting.content, setting.torrent.geometry.pieceLengthBytes),
      events: lifeline.events(setting.events),
    },
  )
  // Who cannot be reached announces its port all the same, as a client behind a NAT does.
  if (plan.isReachable) {
    transport.listen(
      { host, port: PEER_PORT },
      { listening: () => {}, failed: () => {}, accepted: (nowMs, connection) => manager.accept(nowMs, connection) },
    )
  }
  manager.start(timeline.nowMs)
  return {
    leave: (nowMs, gone) => {
      manager.stop(nowMs, (goneMs, fault) => {
        lifeline.cut()
        gone(goneMs, fault)
      })
    },
    kill: () => lifeline.cut(),
  }
}
