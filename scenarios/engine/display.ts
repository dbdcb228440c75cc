/** How a run is shown while it goes on: to people (one line a cell, the running one live), as JSON lines, or not at all. */
import logUpdate from 'log-update'
import { printEvent, printLine } from '../../client/node/output.ts'
import type { CellRow } from '../../results/schema.ts'
import { relativeError } from '../../results/statistics.ts'
import { formatDeviation, formatNumber } from '../../results/units.ts'
import type { RunProgress } from '../runtimes/runtime.ts'
import type { Cell } from './cells.ts'
import type { RunObserver, ScenarioOutcome } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'

export interface DisplayOptions {
  readonly json: boolean
  readonly quiet: boolean
  /** Standard output is a terminal, on which a line can be replaced. */
  readonly isTerminal: boolean
}

export interface Shown {
  readonly scenario: Scenario
  readonly dir: string
}

export interface ScenarioDisplay extends RunObserver {
  ended(outcome: ScenarioOutcome): void
  close(): void
}

export function displayFor(options: DisplayOptions, shown: Shown): ScenarioDisplay {
  return options.json ? jsonDisplay(shown) : peopleDisplay(shown, options)
}

function jsonDisplay({ scenario, dir }: Shown): ScenarioDisplay {
  return {
    started: (run, cells, alreadyDone) => {
      const { runtime, seed } = run.manifest()
      printEvent({ event: 'started', scenario: scenario.name, runtime, seed, dir, cells: cells.length, alreadyDone })
    },
    cellStarted: () => {},
    cellProgress: (cell, progress) => printEvent({ event: 'progress', cell: cell.index, ...progress }),
    cellDone: (cell, row) => printEvent({ event: 'cell', cell: cell.index, ...row }),
    extended: (run, cells) => printEvent({ event: 'extended', repeats: run.manifest().repeats, cells }),
    drawing: () => {},
    ended: ({ state, passed, verdict, notes, charts }) => {
      printEvent({ event: 'done', state, passed, verdict, notes, dir, charts })
    },
    close: () => {},
  }
}

/** `quiet` keeps what is wrong, and the last line. */
function peopleDisplay({ scenario, dir }: Shown, { quiet, ...options }: DisplayOptions): ScenarioDisplay {
  const isTerminal = options.isTerminal && !quiet
  let cellCount = 0
  let doneCount = 0
  const running = new Map<number, { readonly cell: Cell; readonly progress: RunProgress | null }>()
  const persist = (line: string): void => {
    if (isTerminal) logUpdate.clear()
    printLine(line)
  }
  /** A line for each cell that runs. */
  const showRunning = (): void => {
    if (!isTerminal || running.size === 0) return
    const lines = [...running.values()].map(({ cell, progress }, place) => {
      const name = `${counter(doneCount + place + 1, cellCount)} ${cellName(cell, scenario)}`
      return `${name}  ${progress === null ? '…' : progressBar(progress)}`
    })
    logUpdate(lines.join('\n'))
  }
  return {
    started: (run, cells, alreadyDone) => {
      cellCount = cells.length
      doneCount = alreadyDone
      if (quiet) return
      const { runtime, seed } = run.manifest()
      const resumed = alreadyDone === 0 ? '' : `, ${alreadyDone} of them done before`
      persist(`${scenario.name} on ${runtime}, seed ${seed}: ${plural(cellCount, 'cell')}${resumed}`)
    },
    cellStarted: (cell) => {
      running.set(cell.index, { cell, progress: null })
      showRunning()
    },
    cellProgress: (cell, progress) => {
      running.set(cell.index, { cell, progress })
      showRunning()
    },
    cellDone: (cell, row) => {
      doneCount++
      running.delete(cell.index)
      const isWrong = !row.ok || row.invalid !== undefined
      if (!quiet || isWrong) persist(`${counter(doneCount, cellCount)} ${cellName(cell, scenario)}  ${outcome(row)}`)
      showRunning()
    },
    extended: (run, cells) => {
      cellCount = cells
      if (quiet) return
      persist(`not precise enough yet: repeat ${run.manifest().repeats} of each`)
    },
    drawing: () => {
      if (isTerminal) logUpdate('drawing charts …')
    },
    ended: ({ verdict, notes, charts }) => {
      persist(verdict)
      for (const note of notes) persist(note)
      if (quiet) return
      for (const chart of charts) persist(`  chart   ${dir}/${chart}`)
      persist(`  record  ${dir}`)
    },
    close: () => {
      if (isTerminal) logUpdate.done()
    },
  }
}

function counter(place: number, count: number): string {
  return `[${String(place).padStart(String(count).length)}/${count}]`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The swept parameters, or the first ones where nothing is swept, and the repeat. */
function cellName(cell: Cell, scenario: Scenario): string {
  const swept = new Set(Object.keys(cell.parameters).filter((name) => cell.sweptNames.includes(name)))
  const names = swept.size > 0 ? [...swept] : Object.keys(scenario.parameters).slice(0, 2)
  const values = names.map((name) => `${name}=${cell.parameters[name]}`)
  return [...values, ...(cell.repeat === 0 ? [] : [`repeat ${cell.repeat + 1}`])].join(' ')
}

const BAR_CELLS = 24

function progressBar({ share, downRateBytesPerSecond, connectedPeers }: RunProgress): string {
  const filled = Math.round(share * BAR_CELLS)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
  const percent = `${Math.floor(share * 100)} %`.padStart(5)
  return `${bar} ${percent}  ${mibPerSecond(downRateBytesPerSecond)}  ${plural(connectedPeers, 'peer')}`
}

function outcome({ measures, predicted, ok, failure, invalid }: CellRow): string {
  const { seconds, throughputBytesPerSecond: rate } = measures
  const expected = predicted?.throughputBytesPerSecond
  const deviation = rate === undefined || expected === undefined ? null : relativeError(rate, expected)
  const parts = [
    seconds === undefined ? '' : `${seconds.toFixed(2)} s`,
    rate === undefined ? '' : mibPerSecond(rate),
    deviation === null ? '' : `(theory ${formatDeviation(deviation)})`,
    ok ? 'ok' : `FAILED: ${failure}`,
    invalid === undefined ? '' : `INVALID: ${invalid}`,
  ]
  return parts.filter((part) => part !== '').join('  ')
}

function mibPerSecond(bytesPerSecond: number): string {
  return `${formatNumber(bytesPerSecond / 1_048_576)} MiB/s`
}
