/** What a DownloadManager is given: the torrent or magnet link, the ports to the world, and the user's choices. */
import type { FileSelection } from '../metainfo/file-selection.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import type { NamePlatform } from '../metainfo/safe-path.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { PipelineDepth } from '../peer/pipeline.ts'
import type { PickStrategy } from '../pieces/pick-strategy.ts'
import type { Clock } from '../ports/clock.ts'
import type { Datagrams } from '../ports/datagrams.ts'
import type { Events } from '../ports/events.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { HttpClient } from '../ports/http.ts'
import type { PieceVerifier } from '../ports/piece-verifier.ts'
import type { Random } from '../ports/random.ts'
import type { Sha1 } from '../ports/sha1.ts'
import type { Storage } from '../ports/storage.ts'
import type { PeerAddress, Transport } from '../ports/transport.ts'
import type { PeerId } from '../wire/peer-id.ts'
import type { RateLimiter } from './rate-limiter.ts'

export interface DownloadPorts {
  readonly clock: Clock
  /** One stream for the picker, one for the tracker tiers: what one draws never shifts the other. */
  readonly pickerRandom: Random
  readonly trackerRandom: Random
  readonly transport: Transport
  readonly http: HttpClient
  /** Null where UDP trackers are out of reach. */
  readonly datagrams: Datagrams | null
  /** Called once, when the torrent is known: at the start, or when a magnet's metadata is here. */
  readonly openStorage: (torrent: TorrentFile) => Storage
  readonly hasher: Hasher
  /** Checks what is on the disk already, in threads; null: with storage and hasher. */
  readonly openVerifier: ((torrent: TorrentFile) => PieceVerifier) | null
  readonly sha1: Sha1
  readonly events: Events
}

/** What is to be downloaded: known whole, or by its infohash (BEP 9). */
export type DownloadSource =
  | { readonly kind: 'torrent'; readonly torrent: TorrentFile }
  /** `infoBytes`: the info dictionary, where an earlier run has kept it; it was compared with the infohash. */
  | { readonly kind: 'magnet'; readonly magnet: Magnet; readonly infoBytes?: Uint8Array }

export interface DownloadSettings extends DownloadChoices {
  readonly source: DownloadSource
  readonly peerId: PeerId
  /** Announced to trackers and peers; where `accept` gets its connections from. */
  readonly listenPort: number
}

/** All of them have a default. */
export interface DownloadChoices {
  readonly pipelineDepth: PipelineDepth
  readonly picker: PickStrategy
  /** Connections at once, dials under way included. */
  readonly peersMax: number
  /** Our address as peers see it, an IP literal, where it is known. */
  readonly localHost: string | null
  /** Tried first, however many they are. */
  readonly peers: readonly PeerAddress[]
  readonly useTrackers: boolean
  /** Peer exchange (BEP 11); a private torrent (BEP 27) never uses it. */
  readonly usePex: boolean
  readonly useWebSeeds: boolean
  /** Null: all files. */
  readonly selectedFiles: FileSelection | null
  /** Believe the resume state where sizes and times of the files agree with it. */
  readonly fastResume: boolean
  /** Stay and share what is complete; the owner ends it. */
  readonly seeds: boolean
  /** Never write: content that is not whole on the disk is a fault. */
  readonly seedOnly: boolean
  /** Whose rules file names of a magnet's torrent are to follow. */
  readonly namePlatform: NamePlatform
  /** Peers unchoked for what they give, beside the optimistic one; 0: nobody is unchoked, and nothing given. */
  readonly uploadSlots: number
  /** Each of them must let a block through: of this torrent, and shared by several. */
  readonly downLimiters: readonly RateLimiter[]
  readonly upLimiters: readonly RateLimiter[]
}

export const PEERS_MAX_DEFAULT = 50
export const UPLOAD_SLOTS_DEFAULT = 4

export const DEFAULT_CHOICES: DownloadChoices = {
  pipelineDepth: 'auto',
  picker: 'rarest-first',
  peersMax: PEERS_MAX_DEFAULT,
  localHost: null,
  peers: [],
  useTrackers: true,
  usePex: true,
  useWebSeeds: true,
  selectedFiles: null,
  fastResume: false,
  seeds: false,
  seedOnly: false,
  namePlatform: 'linux',
  uploadSlots: UPLOAD_SLOTS_DEFAULT,
  downLimiters: [],
  upLimiters: [],
}
