/** A client of ours in virtual time, with all its production code; it leaves in good order, or is killed. */
import type { TorrentFile } from '../../../client/metainfo/torrent-file.ts'
import { nodeSha1 } from '../../../client/node/sha1.ts'
import type { Events } from '../../../client/ports/events.ts'
import type { HttpClient } from '../../../client/ports/http.ts'
import type { Random } from '../../../client/ports/random.ts'
import type { StorageFault } from '../../../client/ports/storage.ts'
import type { Listener, Transport } from '../../../client/ports/transport.ts'
import { DownloadManager } from '../../../client/swarm/download-manager.ts'
import { DEFAULT_CHOICES, type DownloadPorts } from '../../../client/swarm/settings.ts'
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
  /** It will be: `kill` may be called. */
  readonly isKilled: boolean
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
  return setting.isKilled ? startKillable(setting) : startPlain(setting)
}

/** Each of its messages goes through a function of its lifeline: only one that is killed has one. */
function startKillable(setting: SimClientSetting): SimClient {
  const lifeline = new Lifeline()
  const manager = managerOf(setting, {
    clock: lifeline.clock(setting.timeline.clock),
    transport: lifeline.transport(setting.transport),
    http: lifeline.http(setting.http),
    events: lifeline.events(setting.events),
  })
  listen(setting, manager, lifeline.transport(setting.transport))
  manager.start(setting.timeline.nowMs)
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

function startPlain(setting: SimClientSetting): SimClient {
  const { timeline, transport, http, events } = setting
  const manager = managerOf(setting, { clock: timeline.clock, transport, http, events })
  const listener = listen(setting, manager, transport)
  manager.start(timeline.nowMs)
  return {
    leave: (nowMs, gone) => {
      manager.stop(nowMs, (goneMs, fault) => {
        listener?.close()
        gone(goneMs, fault)
      })
    },
    kill: () => {
      throw new Error('this client was not started as one that is killed')
    },
  }
}

function managerOf(
  { timeline, plan, random, writeMs, disk, content, torrent }: SimClientSetting,
  ports: Pick<DownloadPorts, 'clock' | 'transport' | 'http' | 'events'>,
): DownloadManager {
  return new DownloadManager(
    {
      ...DEFAULT_CHOICES,
      ...choicesOf(plan),
      source: { kind: 'torrent', torrent },
      peerId: makePeerId(random(PURPOSE.peerId)),
      listenPort: PEER_PORT,
    },
    {
      ...ports,
      pickerRandom: random(PURPOSE.picker),
      trackerRandom: random(PURPOSE.tracker),
      datagrams: null,
      openVerifier: null,
      openStorage: () => simulatedStorage(timeline, disk, { writeMs, stateMs: writeMs }),
      sha1: nodeSha1,
      hasher: simulatedHasher(timeline, content, torrent.geometry.pieceLengthBytes),
    },
  )
}

/** Null: nobody can reach it. It announces its port all the same, as a client behind a NAT does. */
function listen({ plan, host }: SimClientSetting, manager: DownloadManager, transport: Transport): Listener | null {
  if (!plan.isReachable) return null
  return transport.listen(
    { host, port: PEER_PORT },
    { listening: () => {}, failed: () => {}, accepted: (nowMs, connection) => manager.accept(nowMs, connection) },
  )
}
