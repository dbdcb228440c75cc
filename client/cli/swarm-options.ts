/** The options that `download` and `seed` share, and what they come to. */
import { parseHost, parseInteger, parseOneOf, parsePeerAddresses, parseRateLimit } from '../node/option-values.ts'
import type { PeerAddress } from '../ports/transport.ts'
import { RateLimiter } from '../swarm/rate-limiter.ts'
import { type DownloadChoices, PEERS_MAX_DEFAULT, UPLOAD_SLOTS_DEFAULT } from '../swarm/settings.ts'
import type { LogLevel } from './log.ts'

/** libtorrent's limit is 200; a process may usually open 1,024 files. */
const PEERS_MAX = 500

export const SWARM_OPTIONS = {
  peer: { array: true, coerce: parsePeerAddresses, describe: 'HOST:PORT of a peer to ask; may be given again' },
  host: { coerce: parseHost, defaultDescription: 'all', describe: 'The address of this machine to use' },
  port: {
    coerce: parseInteger(0, 65_535),
    defaultDescription: '6881 or the next free one',
    describe: 'The port to listen on; 0 takes any free one',
  },
  tracker: { boolean: true, default: true, describe: 'Ask the trackers of the torrent; --no-tracker does not' },
  pex: { boolean: true, default: true, describe: 'Exchange addresses with peers; --no-pex does not' },
  'max-peers': {
    coerce: parseInteger(1, PEERS_MAX),
    default: PEERS_MAX_DEFAULT,
    describe: 'Connections at the same time',
  },
  'limit-up': {
    coerce: parseRateLimit,
    defaultDescription: 'none',
    describe: 'At most so much is uploaded, as 500KiB/s or 20Mbit',
  },
  'upload-slots': {
    coerce: parseInteger(1, PEERS_MAX),
    default: UPLOAD_SLOTS_DEFAULT,
    describe: 'Peers that are uploaded to at the same time, beside one on trial',
  },
  'fast-resume': {
    boolean: true,
    describe: 'Believe what was noted of files whose size and time are as then, and verify only the others',
  },
  trace: { describe: 'Write what goes over the wire to this file, to be read' },
  pcap: { describe: 'The same for Wireshark' },
  log: { describe: 'Append what happens to this file, a line of JSON each' },
  'log-level': {
    coerce: parseOneOf<LogLevel>('error', 'warn', 'info', 'debug'),
    defaultDescription: 'info',
    describe: 'How much goes to the log: error, warn, info or debug (every block)',
  },
  json: { boolean: true, describe: 'Print one JSON object a line' },
  quiet: { boolean: true, describe: 'No progress, only warnings and errors' },
} as const

/** Their values. */
export interface SwarmArguments {
  readonly peer: readonly PeerAddress[] | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly tracker: boolean
  readonly pex: boolean
  readonly maxPeers: number
  readonly limitUp: number | null | undefined
  readonly uploadSlots: number
  readonly fastResume: boolean
  readonly trace: string | undefined
  readonly pcap: string | undefined
  readonly log: string | undefined
  readonly logLevel: LogLevel | undefined
  readonly json: boolean
  readonly quiet: boolean
}

export function sharedChoices(args: SwarmArguments): Partial<DownloadChoices> {
  return {
    peers: args.peer ?? [],
    useTrackers: args.tracker,
    usePex: args.pex,
    peersMax: args.maxPeers,
    upLimiters: limitersOf(args.limitUp),
    uploadSlots: args.uploadSlots,
    fastResume: args.fastResume,
  }
}

/** Null and undefined are no limit. */
export function limitersOf(rateBytesPerSecond: number | null | undefined): readonly RateLimiter[] {
  return rateBytesPerSecond == null ? [] : [new RateLimiter(rateBytesPerSecond)]
}
