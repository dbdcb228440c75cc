/** What a DownloadManager is given: the torrent, the ports to the world, and the user's choices. */
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { PipelineDepth } from '../peer/pipeline.ts'
import type { Clock } from '../ports/clock.ts'
import type { Events } from '../ports/events.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { HttpClient } from '../ports/http.ts'
import type { Random } from '../ports/random.ts'
import type { Storage } from '../ports/storage.ts'
import type { PeerAddress, Transport } from '../ports/transport.ts'
import type { PeerId } from '../wire/peer-id.ts'

export interface DownloadPorts {
  readonly clock: Clock
  /** One stream for the picker, one for the tracker tiers: what one draws never shifts the other. */
  readonly pickerRandom: Random
  readonly trackerRandom: Random
  readonly transport: Transport
  readonly http: HttpClient
  readonly storage: Storage
  readonly hasher: Hasher
  readonly events: Events
}

export interface DownloadSettings {
  readonly torrent: TorrentFile
  readonly peerId: PeerId
  /** Announced to trackers; where `accept` gets its connections from. */
  readonly listenPort: number
  readonly pipelineDepth: PipelineDepth
  /** Connections at once, dials under way included. */
  readonly peersMax: number
  /** Tried first, however many they are. */
  readonly peers: readonly PeerAddress[]
  readonly useTrackers: boolean
}

export const PEERS_MAX_DEFAULT = 50
