/** How a download shows itself on stdout: on a terminal, as plain lines, as JSON, or not at all. */
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { DownloadOutcome } from '../node/download.ts'
import { printEvent, printLine } from '../node/output.ts'
import { terminalSize } from '../node/terminal.ts'
import type { ClientEvent, Events } from '../ports/events.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { eventAsJson, inSeconds, progressAsJson } from './event-json.ts'
import { progressLine, renderProgress, size } from './progress.ts'
import { Summary } from './summary.ts'

export interface DownloadView extends Events {
  /** How often it wants to be told of progress; null: never. */
  readonly progressEveryMs: number | null
  listening(local: PeerAddress): void
  progress(nowMs: number, status: DownloadStatus): void
  /** Lets `print` write lines that are no part of what is drawn. */
  aside(print: () => void): void
  ended(nowMs: number, outcome: DownloadOutcome, status: DownloadStatus): void
}

export interface ViewOptions {
  readonly json: boolean
  /** No progress. */
  readonly quiet: boolean
}

const ON_TERMINAL_EVERY_MS = 1_000
/** A file or a pipe: enough to see that it goes on, little enough to read. */
const LINES_EVERY_MS = 5_000

export async function openView(torrent: TorrentFile, { json, quiet }: ViewOptions): Promise<DownloadView> {
  if (json) return jsonView(quiet)
  if (quiet) return silentView()
  return terminalSize() === null ? linesView(torrent) : terminalView(torrent, (await import('log-update')).default)
}

/** Blocks and pieces are not told one by one: a torrent has thousands, and progress counts them. */
const NOT_IN_JSON: ReadonlySet<ClientEvent['type']> = new Set([
  'block-requested',
  'block-received',
  'piece-verified',
  'piece-stored',
])

function jsonView(quiet: boolean): DownloadView {
  let startedMs = 0
  return {
    progressEveryMs: quiet ? null : ON_TERMINAL_EVERY_MS,
    listening: (local) => printEvent({ event: 'listening', ...local }),
    progress: (nowMs, status) => printEvent(progressAsJson(status, nowMs - startedMs)),
    aside: (print) => print(),
    emit(nowMs, event) {
      if (event.type === 'started') startedMs = nowMs
      if (!NOT_IN_JSON.has(event.type)) printEvent(eventAsJson(event, nowMs - startedMs))
    },
    ended(nowMs, outcome, status) {
      const seconds = inSeconds(nowMs - startedMs)
      const { completeBytes } = status
      if (!quiet) printEvent(progressAsJson(status, nowMs - startedMs))
      if (outcome.kind === 'complete') {
        printEvent({ event: 'done', seconds: inSeconds(outcome.seconds * 1000), bytes: outcome.bytes })
      } else if (outcome.kind === 'stopped') {
        printEvent({ event: 'stopped', seconds, bytes: completeBytes })
      } else {
        printEvent({ event: 'failed', seconds, bytes: completeBytes, ...outcome.fault })
      }
    },
  }
}

function silentView(): DownloadView {
  return {
    progressEveryMs: null,
    listening() {},
    progress() {},
    aside: (print) => print(),
    emit() {},
    ended() {},
  }
}

function linesView(torrent: TorrentFile): DownloadView {
  const summary = new Summary(torrent)
  let hasBegun = false
  return {
    progressEveryMs: LINES_EVERY_MS,
    listening: (local) => printLine(startLine(torrent, local)),
    progress(_, status) {
      if (hasBegun) printLine(progressLine({ name: torrent.name, status }))
      hasBegun = true
    },
    aside: (print) => print(),
    emit: (nowMs, event) => summary.emit(nowMs, event),
    ended: (_, outcome, status) => printIfAny(summary.line(outcome, status.completeBytes)),
  }
}

interface LiveText {
  (text: string): void
  clear(): void
  done(): void
}

function terminalView(torrent: TorrentFile, live: LiveText): DownloadView {
  const summary = new Summary(torrent)
  let drawn: DownloadStatus | null = null
  const draw = (status: DownloadStatus) => {
    drawn = status
    const size = terminalSize()
    if (size !== null) live(renderProgress({ name: torrent.name, status }, size))
  }
  return {
    progressEveryMs: ON_TERMINAL_EVERY_MS,
    listening: (local) => printLine(startLine(torrent, local)),
    progress: (_, status) => draw(status),
    aside(print) {
      live.clear()
      print()
      if (drawn !== null) draw(drawn)
    },
    emit: (nowMs, event) => summary.emit(nowMs, event),
    ended(_, outcome, status) {
      live.clear()
      live.done()
      printIfAny(summary.line(outcome, status.completeBytes))
    },
  }
}

function startLine({ name, geometry }: TorrentFile, local: PeerAddress): string {
  return `${name}: ${size(geometry.totalBytes)} in ${geometry.pieceCount} pieces; listening on ${formatAddress(local)}`
}

function printIfAny(line: string | null): void {
  if (line !== null) printLine(line)
}
