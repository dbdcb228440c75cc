/** The connected peers, a line each: who they are, what goes on between us, how fast. */
import type { DownloadStatus, PeerStatus } from '../swarm/status.ts'
import { rate } from './progress.ts'
import type { Space, Style } from './style.ts'
import type { PeerFacts, SwarmWatch } from './swarm-watch.ts'
import { displayWidth, fitted } from './text-width.ts'

export interface TablePeers {
  readonly watch: SwarmWatch
  readonly status: DownloadStatus
}

/** What the letters of the table mean. */
export const LEGEND: readonly string[] = [
  'D  it sends what we asked for      d  it chokes us',
  'U  it may ask us, and wants to     u  it wants to, and we choke it',
  'O  unchoked on trial               S  snubbed: it owes us and sends nothing',
  'I  it dialled us',
]

/** Of one peer, the letters of the legend. */
export function peerFlags(peer: PeerStatus, facts: PeerFacts | undefined, phase: DownloadStatus['phase']): string {
  const { state, isUnchoked } = peer
  const isServed = facts?.isInterested === true && isUnchoked
  const isDenied = facts?.isInterested === true && !isUnchoked
  return [
    isSending(peer) ? 'D' : '',
    state === 'choked' && phase === 'downloading' ? 'd' : '',
    isServed ? 'U' : '',
    isDenied ? 'u' : '',
    isUnchoked && facts?.isOptimistic === true ? 'O' : '',
    state === 'snubbed' ? 'S' : '',
    facts?.incoming === true ? 'I' : '',
  ].join('')
}

/** Between two requests, where a limit holds us back, it owes nothing for a moment. */
function isSending({ state, downRateBytesPerSecond }: PeerStatus): boolean {
  return state === 'downloading' || (state === 'idle' && downRateBytesPerSecond >= RATE_MIN)
}

/** Below it a rate is shown as none. */
const RATE_MIN = 0.5
const RATE_COLUMNS = '1023.9 KiB/s'.length
const FLAGS_COLUMNS = 'DUOSI'.length
const HAS_COLUMNS = '100 %'.length
const NAME_COLUMNS_MAX = 28
const NAME_COLUMNS_MIN = 8
const CLIENT_COLUMNS_MIN = 8
const CLIENT_COLUMNS_MAX = 24

interface Row {
  readonly name: string
  readonly client: string
  readonly flags: string
  readonly has: string
  readonly down: string
  readonly up: string
}

const HEADER: Row = { name: 'PEER', client: 'CLIENT', flags: 'FLAGS', has: 'HAS', down: 'DOWN', up: 'UP' }

/**
 * The header and as many as fit, in the order they came, so that nobody jumps about; where not all fit the fastest, and
 * how many more there are. Nothing where not even one does.
 */
export function peerTable({ watch, status }: TablePeers, { columns, rows }: Space, style: Style): string[] {
  const open = status.peers.filter(({ state }) => state !== 'connecting' && state !== 'handshaking')
  const fitting = open.length <= rows - 1 ? open.length : rows - 2
  if (fitting < 1) return []
  const shown = fitting === open.length ? open : fastest(open, fitting)
  const table = shown.map((peer) => rowOf(peer, watch, status.phase))
  const layout = layoutOf(table, columns)
  const more = open.length - shown.length
  return [
    style.faint(lineOf(HEADER, layout)),
    ...table.map((row) => lineOf(row, layout)),
    ...(more > 0 ? [style.faint(fitted(`and ${more} more`, columns))] : []),
  ]
}

function fastest(peers: readonly PeerStatus[], count: number): readonly PeerStatus[] {
  const speed = (peer: PeerStatus) => peer.downRateBytesPerSecond + peer.upRateBytesPerSecond
  const chosen = new Set([...peers].sort((a, b) => speed(b) - speed(a)).slice(0, count))
  return peers.filter((peer) => chosen.has(peer))
}

function rowOf(peer: PeerStatus, watch: SwarmWatch, phase: DownloadStatus['phase']): Row {
  const facts = watch.peers.get(peer.name)
  return {
    name: peer.name,
    client: peer.client ?? facts?.software ?? '',
    flags: peerFlags(peer, facts, phase),
    has: hasText(peer, watch),
    down: rateOrNothing(peer.downRateBytesPerSecond),
    up: rateOrNothing(peer.upRateBytesPerSecond),
  }
}

function hasText({ pieces }: PeerStatus, { pieceCount }: SwarmWatch): string {
  return pieceCount === null || pieceCount === 0 ? '' : `${Math.floor((pieces * 100) / pieceCount)} %`
}

function rateOrNothing(bytesPerSecond: number): string {
  return bytesPerSecond < RATE_MIN ? '' : rate(bytesPerSecond)
}

interface Layout {
  readonly columns: number
  readonly name: number
  /** 0: left out, as `has` and `up` are where they are false. */
  readonly client: number
  readonly has: boolean
  readonly up: boolean
}

/**
 * Where nobody says what it is there is no client. Where it is narrow the client goes first, then the rate of what we
 * give, then what it has.
 */
function layoutOf(table: readonly Row[], columns: number): Layout {
  const longest = Math.max(NAME_COLUMNS_MIN, ...table.map(({ name }) => displayWidth(name)))
  const name = Math.min(longest, NAME_COLUMNS_MAX)
  const must = FLAGS_COLUMNS + 2 + RATE_COLUMNS + 2
  const has = name + must + HAS_COLUMNS + 2 <= columns
  const fixed = must + (has ? HAS_COLUMNS + 2 : 0)
  const up = name + fixed + RATE_COLUMNS + 2 <= columns
  const left = columns - name - fixed - (up ? RATE_COLUMNS + 2 : 0) - 2
  const widest = Math.max(...table.map(({ client }) => displayWidth(client)))
  const hasClient = widest > 0 && left >= CLIENT_COLUMNS_MIN
  const client = hasClient ? Math.min(left, Math.max(widest, CLIENT_COLUMNS_MIN), CLIENT_COLUMNS_MAX) : 0
  return { columns, name: Math.max(NAME_COLUMNS_MIN, Math.min(name, columns - fixed)), client, has, up }
}

function lineOf(row: Row, { columns, name, client, has, up }: Layout): string {
  const cells = [
    padded(row.name, name),
    ...(client === 0 ? [] : [padded(row.client, client)]),
    row.flags.padEnd(FLAGS_COLUMNS),
    ...(has ? [row.has.padStart(HAS_COLUMNS)] : []),
    row.down.padStart(RATE_COLUMNS),
    ...(up ? [row.up.padStart(RATE_COLUMNS)] : []),
  ]
  return fitted(cells.join('  ').trimEnd(), columns)
}

function padded(text: string, columns: number): string {
  const cut = fitted(text, columns)
  return `${cut}${' '.repeat(columns - displayWidth(cut))}`
}
