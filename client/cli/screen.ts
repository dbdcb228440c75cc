/**
 * A download on one screen, for a terminal of any size: what it is, how far, how fast, with whom. Pure.
 *
 * Where there are too few rows, the least important lines are missing; where a line is too long, its least important
 * parts are, from the end.
 */
import type { PieceMap } from '../node/download.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { LEGEND, peerTable } from './peer-table.ts'
import { pieceBar, shareBar } from './piece-bar.ts'
import { ratesTexts, shareRatio, size, stateTexts } from './progress.ts'
import type { Space, Style } from './style.ts'
import type { SwarmWatch } from './swarm-watch.ts'
import { displayWidth, fitted } from './text-width.ts'

export interface Shown {
  readonly watch: SwarmWatch
  readonly status: DownloadStatus
  readonly pieces: PieceMap | null
  /** In place of the peers, what the keys and letters mean. */
  readonly showsHelp: boolean
  readonly takesKeys: boolean
}

/** One that is longer than this is hard to read. */
const COLUMNS_MAX = 120
/** From here on there are empty lines between the parts. */
const AIRY_ROWS_MIN = 20
/** From here on a line says which keys there are. */
const FOOTER_ROWS_MIN = 10

/** At most `rows - 1` lines (below them stands the cursor), each shorter than `columns`: a full line wraps on some. */
export function renderScreen(shown: Shown, { columns, rows }: Space, style: Style): string[] {
  const width = Math.min(columns - 1, COLUMNS_MAX)
  const head = headLines(shown, width, Math.max(1, rows - 1), style)
  const air = rows >= AIRY_ROWS_MIN ? [''] : []
  const keys = shown.takesKeys && rows >= FOOTER_ROWS_MIN ? [...air, style.faint(keysLine(shown, width))] : []
  const left = rows - 1 - head.length - air.length - keys.length
  const body = shown.showsHelp ? helpLines(shown, width, left) : peerTable(shown, { columns: width, rows: left }, style)
  return [...head, ...(body.length > 0 ? air : []), ...body, ...keys]
}

/** Of lines that are broken at so many columns. */
export function rowsTaken(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0)
}

/** Which of them to leave out first: the swarm, the title, the rates, the bar; never the state. */
function headLines(shown: Shown, width: number, rows: number, style: Style): string[] {
  const { status, watch } = shown
  const hasContent = status.phase !== 'metadata'
  const lines = [
    { from: 4, text: () => style.strong(titleLine(watch, width)) },
    { from: 1, text: () => joined(stateTexts(status, watch), width) },
    ...(hasContent ? [{ from: 2, text: () => barLine(shown, width) }] : []),
    ...(hasContent ? [{ from: 3, text: () => joined(transferTexts(status), width) }] : []),
    { from: 5, text: () => joined(swarmTexts(shown), width) },
  ]
  return lines.filter(({ from }) => rows >= from).map(({ text }) => text())
}

function titleLine({ name, totalBytes }: SwarmWatch, width: number): string {
  const total = totalBytes === null ? '' : `  ${size(totalBytes)}`
  return fitted(`${fitted(name, width - total.length)}${total}`, width)
}

function barLine({ status, watch: { checked }, pieces }: Shown, width: number): string {
  if (pieces !== null) return pieceBar(pieces, width)
  return shareBar(status.phase === 'preparing' && checked !== null ? checked.pieces / checked.ofPieces : 0, width)
}

function transferTexts(status: DownloadStatus): string[] {
  const ratio = shareRatio(status)
  const shared = ratio === null ? [] : [`ratio ${ratio.toFixed(2)}`]
  return [...ratesTexts(status), `uploaded ${size(status.uploadedBytes)}`, ...shared]
}

function swarmTexts({ status, watch }: Shown): string[] {
  const seeds = watch.seedCount(status)
  return [
    `peers ${status.connectedPeers} connected`,
    ...(seeds === 0 ? [] : [seeds === 1 ? '1 seed' : `${seeds} seeds`]),
    `${status.knownPeers} known`,
  ]
}

function keysLine({ status, showsHelp }: Shown, width: number): string {
  return joined([status.isPaused ? 'p go on' : 'p pause', 'q end', showsHelp ? '? peers' : '? help'], width)
}

function helpLines({ takesKeys }: Shown, width: number, rows: number): string[] {
  const keys = takesKeys ? ['p, space  pause, or go on', 'q, Ctrl-C  end; what is here stays', ''] : []
  return [...keys, ...LEGEND].slice(0, Math.max(0, rows)).map((line) => fitted(line, width))
}

/** As many as fit. */
function joined(texts: readonly string[], width: number): string {
  let line = ''
  for (const text of texts) {
    const longer = line === '' ? text : `${line}  ${text}`
    if (longer.length > width) break
    line = longer
  }
  return line === '' ? fitted(texts[0] ?? '', width) : line
}
