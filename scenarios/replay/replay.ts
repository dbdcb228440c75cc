/** Runs a recorded cell again, and says whether it happened as it did then. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandError, usageError } from '../../client/node/command-error.ts'
import type { CellRow } from '../../results/schema.ts'
import { runCell } from '../engine/run-cell.ts'
import { simRuntime } from '../runtimes/sim/sim-runtime.ts'
import { type EventTrace, Names, openEventTrace, TRACE_HEAD } from './event-trace.ts'
import type { RecordedCell } from './recorded-cell.ts'
import { type RowDifference, rowDifferences } from './row-differences.ts'
import { firstDifference, type TraceDifference, traceSubject } from './trace-difference.ts'

export interface ReplaySetting {
  readonly recorded: RecordedCell
  /** Paths; null: not asked for. */
  readonly trace: string | null
  readonly pcap: string | null
  readonly against: string | null
  /** Name or index of a client; null: all in the trace, the one under test in the pcap. */
  readonly peer: string | null
  readonly twice: boolean
}

export interface ReplayOutcome {
  readonly row: Pick<CellRow, 'measures' | 'failure'>
  /** Between the record and now. */
  readonly differences: readonly RowDifference[]
  /** Between the run and one right after it; null where not asked for. */
  readonly twice: Comparison | null
  /** Between an earlier trace and now; null where not asked for. */
  readonly against: Comparison | null
}

export interface Comparison {
  readonly differences: readonly RowDifference[]
  readonly firstEvent: TraceDifference | null
}

type Row = ReplayOutcome['row']

export async function replay(setting: ReplaySetting): Promise<ReplayOutcome> {
  const { recorded, against, twice } = setting
  const names = new Names(recorded.scenario.swarm(recorded.cell.parameters, recorded.cell.seed))
  const only = clientOf(setting.peer, names)
  if (against !== null) await checkSubject(against, only === null ? 'all clients' : names.clients[only]!)
  // Traces that nobody asked for, to be compared and thrown away.
  const scratch = await mkdtemp(join(tmpdir(), 'swarmlab-replay-'))
  const isTraced = twice || against !== null
  const path = setting.trace ?? (isTraced ? join(scratch, 'first.txt') : null)
  try {
    const row = await runOnce(setting, { names, only, path, pcap: setting.pcap })
    let again: Comparison | null = null
    if (twice && path !== null) {
      const secondPath = join(scratch, 'second.txt')
      const second = await runOnce(setting, { names, only, path: secondPath, pcap: null })
      again = { differences: rowDifferences(row, second), firstEvent: await firstDifference(path, secondPath) }
    }
    const earlier =
      against === null || path === null ? null : { differences: [], firstEvent: await firstDifference(against, path) }
    return { row, differences: rowDifferences(recorded.row, row), twice: again, against: earlier }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

interface Once {
  readonly names: Names
  readonly only: number | null
  readonly path: string | null
  readonly pcap: string | null
}

async function runOnce({ recorded }: ReplaySetting, { names, only, path, pcap }: Once): Promise<Row> {
  const { scenario, cell } = recorded
  // What was to be written cannot be: nothing is compared with half a trace.
  const failed = (problem: string) => {
    throw new CommandError(problem, 1)
  }
  const title = `${scenario.name}, seed ${cell.seed}, ${JSON.stringify(cell.parameters)}`
  const trace: EventTrace | null =
    path === null ? null : openEventTrace({ path, option: '--trace', names, only, title, failed })
  const runtime = simRuntime({
    ...(trace === null ? {} : { observe: trace.observe }),
    ...(pcap === null ? {} : { captures: { files: { trace: undefined, pcap }, clientIndex: only ?? 0 } }),
  })
  try {
    const context = { signal: new AbortController().signal, progress: () => {} }
    return (await runCell({ scenario, runtime, node: '' }, cell, context)).row
  } finally {
    trace?.close()
  }
}

function clientOf(text: string | null, names: Names): number | null {
  if (text === null) return null
  const index = names.clientNamed(text)
  if (index !== null) return index
  const last = names.clients.length - 1
  throw usageError(`there is no client "${text}": 0 to ${last}, or a name like ${names.clients.slice(0, 3).join(', ')}`)
}

/** A trace of one client and one of all differ in their first line, and mean nothing by it. */
async function checkSubject(path: string, subject: string): Promise<void> {
  const found = await traceSubject(path, TRACE_HEAD)
  if (found === null) throw usageError(`--against ${path} is not a trace of \`replay --trace\``)
  if (found !== subject)
    throw usageError(`--against ${path} is a trace of ${found}, and this one would be of ${subject}`)
}
