/** How far a download is, as text: for a terminal of any size, or in one line. Pure; sizes are powers of 1024. */
import prettyBytes from 'pretty-bytes'
import prettyMilliseconds from 'pretty-ms'
import { type DownloadStatus, etaSeconds, type PeerStatus } from '../swarm/status.ts'
import { displayWidth, fitted } from './text-width.ts'

export interface Progress {
  /** Of the torrent; safe to print. */
  readonly name: string
  readonly status: DownloadStatus
}

/** Columns and lines of what is drawn on. */
export interface Space {
  readonly columns: number
  readonly rows: number
}

/** A line that reaches the last column wraps on some terminals; one that is longer than this is hard to read. */
const COLUMNS_MAX = 100
const BAR_COLUMNS_MIN = 10

/** At most `rows - 1` lines (below them stands the cursor), each shorter than `columns`. */
export function renderProgress({ name, status }: Progress, { columns, rows }: Space): string {
  const width = Math.min(columns - 1, COLUMNS_MAX)
  const head = [titleLine(name, status, width), barLine(status, width), ratesLine(status)]
  const peers = peerLines(status.peers, width, rows - 1 - head.length)
  return [...head, ...peers]
    .slice(0, Math.max(1, rows - 1))
    .map((line) => fitted(line, width))
    .join('\n')
}

/** The same for a file or a pipe, without the peers. */
export function progressLine({ status }: Progress): string {
  const { completeBytes, totalBytes, piecesComplete, pieceCount } = status
  const sizes = `${size(completeBytes)} of ${size(totalBytes)}`
  return `${percent(status)}  ${sizes}  pieces ${piecesComplete}/${pieceCount}  ${ratesLine(status)}`
}

/** `1.5 MiB`; always with a decimal from KiB on, so that columns do not jump. */
export function size(bytes: number): string {
  const digits = bytes < 1024 ? 0 : 1
  return prettyBytes(bytes, { binary: true, minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function rate(bytesPerSecond: number): string {
  return `${size(Math.round(bytesPerSecond))}/s`
}

/** `1m 5s`. */
export function duration(seconds: number): string {
  return prettyMilliseconds(Math.ceil(seconds) * 1000, { unitCount: 2, secondsDecimalDigits: 0 })
}

function titleLine(name: string, { totalBytes }: DownloadStatus, width: number): string {
  const total = size(totalBytes)
  return `${fitted(name, width - total.length - 2)}  ${total}`
}

function barLine(status: DownloadStatus, width: number): string {
  const text = `${percent(status).padStart(7)}  pieces ${status.piecesComplete}/${status.pieceCount}`
  const columns = width - text.length - 1
  return columns < BAR_COLUMNS_MIN ? text.trimStart() : `${bar(shareOf(status), columns)} ${text}`
}

function bar(share: number, columns: number): string {
  const full = Math.floor(share * columns)
  return '█'.repeat(full) + '░'.repeat(columns - full)
}

function ratesLine(status: DownloadStatus): string {
  if (status.phase === 'preparing') return 'checking what is here already'
  const eta = etaSeconds(status)
  return [
    `down ${rate(status.downRateBytesPerSecond)}`,
    `up ${rate(status.upRateBytesPerSecond)}`,
    `ETA ${eta === null ? '-' : duration(eta)}`,
    `peers ${status.connectedPeers}/${status.knownPeers}`,
  ].join('  ')
}

/** Never 100 % before the last piece. */
function percent(status: DownloadStatus): string {
  return `${(Math.floor(shareOf(status) * 1000) / 10).toFixed(1)} %`
}

function shareOf({ completeBytes, totalBytes, phase }: DownloadStatus): number {
  if (totalBytes === 0) return phase === 'complete' ? 1 : 0
  return completeBytes / totalBytes
}

/** The fastest where not all fit, in the order they came, so that nobody jumps about. */
function peerLines(peers: readonly PeerStatus[], width: number, rows: number): string[] {
  if (peers.length <= rows) return peers.map((peer) => peerLine(peer, peers, width))
  if (rows < 1) return []
  const byRate = [...peers].sort((a, b) => b.downRateBytesPerSecond - a.downRateBytesPerSecond)
  const shown = new Set(byRate.slice(0, rows - 1))
  const lines = peers.filter((peer) => shown.has(peer)).map((peer) => peerLine(peer, [...shown], width))
  return [...lines, `  and ${peers.length - shown.size} more`]
}

const STATE_COLUMNS = 'downloading'.length
const RATE_COLUMNS = '1023.9 KiB/s'.length

function peerLine(peer: PeerStatus, shown: readonly PeerStatus[], width: number): string {
  const longest = Math.max(...shown.map(({ name }) => displayWidth(name)))
  const nameColumns = Math.min(longest, width - STATE_COLUMNS - RATE_COLUMNS - 6)
  const name = fitted(peer.name, nameColumns).padEnd(nameColumns)
  const speed = peer.state === 'downloading' ? rate(peer.downRateBytesPerSecond) : ''
  return `  ${name}  ${peer.state.padEnd(STATE_COLUMNS)}  ${speed.padStart(RATE_COLUMNS)}`.trimEnd()
}
