/** A download as plain lines: where it begins and ends, what changes in between, and progress every few seconds. */
import type { DownloadOutcome } from '../node/download.ts'
import { printLine } from '../node/output.ts'
import type { ClientEvent } from '../ports/events.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { progressLine, size } from './progress.ts'
import { completedLine, seededLine, stoppedLine } from './summary.ts'
import type { SwarmWatch } from './swarm-watch.ts'
import type { SwarmView, ViewOptions } from './view.ts'

/** A file or a pipe: enough to see that it goes on, little enough to read. */
const EVERY_MS = 5_000

export function linesView(watch: SwarmWatch, { seeds }: ViewOptions): SwarmView {
  const milestones = new Milestones(watch, seeds)
  let hasBegun = false
  return {
    progressEveryMs: EVERY_MS,
    toggleHelp: null,
    listening: (local) => milestones.listening(local),
    progress(_, status) {
      if (hasBegun) printLine(progressLine(status, watch))
      hasBegun = true
    },
    aside: (print) => print(),
    emit(nowMs, event) {
      for (const line of milestones.linesOf(nowMs, event)) printLine(line)
      if (event.type === 'paused') printLine(`${watch.name}: paused; SIGUSR2 goes on`)
      else if (event.type === 'resumed') printLine(`${watch.name}: goes on`)
    },
    ended(nowMs, outcome, status) {
      for (const line of milestones.endLines(nowMs, outcome, status)) printLine(line)
    },
  }
}

/** The lines that stay on a terminal too. */
export class Milestones {
  readonly #watch: SwarmWatch
  readonly #seeds: boolean
  #local: PeerAddress | null = null

  constructor(watch: SwarmWatch, seeds: boolean) {
    this.#watch = watch
    this.#seeds = seeds
  }

  listening(local: PeerAddress): void {
    this.#local = local
  }

  linesOf(nowMs: number, event: ClientEvent): string[] {
    switch (event.type) {
      case 'magnet-started':
        return [`${this.#watch.name}: getting the metadata${this.#listeningText()}`]
      case 'started': {
        const pieces = event.pieceCount === 1 ? '1 piece' : `${event.pieceCount} pieces`
        return [`${event.name}: ${size(event.totalBytes)} in ${pieces}${this.#listeningText()}`]
      }
      case 'completed': {
        const watch = this.#watch
        const line = completedLine(watch, event.bytes, (nowMs - (watch.startedMs ?? nowMs)) / 1000)
        return [this.#seeds ? `${line}; seeding until Ctrl-C` : line]
      }
      default:
        return []
    }
  }

  endLines(nowMs: number, outcome: DownloadOutcome, status: DownloadStatus): string[] {
    const watch = this.#watch
    if (watch.completedMs !== null) return this.#seeds ? [seededLine(watch, nowMs, status)] : []
    const line = stoppedLine(watch, outcome, status)
    return line === null ? [] : [line]
  }

  /** Said once. */
  #listeningText(): string {
    const local = this.#local
    this.#local = null
    return local === null ? '' : `; listening on ${formatAddress(local)}`
  }
}
