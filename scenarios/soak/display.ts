/** How a soak is shown: to people one live line and one of figures at the end, or as JSON lines. */
import logUpdate from 'log-update'
import prettyBytes from 'pretty-bytes'
import { printEvent, printLine } from '../../client/node/output.ts'
import type { Moment } from './moments.ts'
import type { SoakFigures, SoakObserver, SoakOptions } from './soak-options.ts'

export interface SoakDisplay extends SoakObserver {
  done(figures: SoakFigures, seconds: number): void
  close(): void
}

export interface DisplayOptions {
  readonly json: boolean
  /** Standard output is a terminal, on which a line can be replaced. */
  readonly isTerminal: boolean
}

export function soakDisplay(
  options: Pick<SoakOptions, 'kills' | 'signal' | 'seed' | 'fastResume'>,
  { json, isTerminal }: DisplayOptions,
): SoakDisplay {
  if (json) return jsonDisplay(options)
  const { kills, signal, seed } = options
  let downloads = 0
  const show = (line: string) => {
    if (isTerminal) logUpdate(line)
  }
  return {
    ended({ number, moment, storedPieces }) {
      show(
        `${signal} ${number} of ${kills}, download ${downloads + 1}: ${inWords(moment)}, ${storedPieces} pieces stored`,
      )
    },
    downloaded({ number, sessions }) {
      downloads = number
      show(`download ${number} has the right bytes after ${sessions} sessions`)
    },
    done(figures, seconds) {
      if (isTerminal) logUpdate.clear()
      printLine(`${figuresLine(figures, signal)}; ${seconds.toFixed(0)} s, seed ${seed}`)
    },
    close() {
      if (isTerminal) logUpdate.done()
    },
  }
}

/** Figures in one line. */
function figuresLine(figures: SoakFigures, signal: SoakOptions['signal']): string {
  const { kills, downloads, restarts, contentBytes, againBytes, exposedBytes } = figures
  const { stateLagMs, statesCut, trustedPieces } = figures
  return [
    `${kills} times ${signal} in ${downloads} downloads of ${size(contentBytes)}, ${restarts} restarts: right bytes`,
    `downloaded again at most ${size(againBytes.max)} (bound ${size(exposedBytes.max)})`,
    `in all ${size(againBytes.total)} (bound ${size(exposedBytes.total)})`,
    `resume state at most ${Math.round(stateLagMs)} ms behind, cut ${statesCut} times, believed for ${trustedPieces} pieces`,
  ].join('; ')
}

function jsonDisplay({ kills, signal, seed, fastResume }: Parameters<typeof soakDisplay>[0]): SoakDisplay {
  printEvent({ event: 'started', kills, signal, seed, fastResume })
  return {
    ended: (end) => printEvent({ event: 'ended', signal, ...end }),
    downloaded: (download) => printEvent({ event: 'downloaded', ...download }),
    done: (figures, seconds) => printEvent({ event: 'done', seconds: Math.round(seconds * 1000) / 1000, ...figures }),
    close: () => {},
  }
}

function inWords(moment: Moment): string {
  switch (moment.kind) {
    case 'start':
      return 'at the start'
    case 'verification':
      return 'while verifying'
    case 'mid-piece':
      return `${moment.afterMs} ms after the first block`
    case 'state-write':
      return 'while the resume state was written'
    case 'end':
      return 'at the end'
  }
}

function size(bytes: number): string {
  return prettyBytes(bytes, { binary: true })
}
