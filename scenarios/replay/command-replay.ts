/** What `npm run replay` prints: the same or not, and then what is not, the first event foremost. */
import { relative } from 'node:path'
import { usageError } from '../../client/node/command-error.ts'
import { printEvent, printLine, printProblem } from '../../client/node/output.ts'
import { exists } from '../../results/folder.ts'
import { provenanceOf } from '../../results/provenance.ts'
import { codeInWords } from '../../results/words.ts'
import { SCENARIOS } from '../index.ts'
import { findRun } from './find-run.ts'
import { type RecordedCell, recordedCell } from './recorded-cell.ts'
import { type Comparison, type ReplayOutcome, type ReplaySetting, replay } from './replay.ts'
import { differenceInWords } from './row-differences.ts'

export interface ReplayCommand extends Omit<ReplaySetting, 'recorded'> {
  /** As the user wrote it, and as a path. */
  readonly run: { readonly word: string; readonly path: string }
  readonly cellIndex: number | null
  readonly json: boolean
  readonly projectFolder: string
  readonly nodeVersion: string
}

/** Gives the exit code: 0 the same, 1 not. */
export async function replayFromCommandLine(command: ReplayCommand): Promise<number> {
  const { run, cellIndex, against, projectFolder, nodeVersion, json } = command
  const folder = await findRun(run.word, run.path, projectFolder)
  const recorded = await recordedCell(folder, cellIndex, SCENARIOS)
  if (against !== null && !(await exists(against))) throw usageError(`--against ${against}: no such file`)
  const { manifest, newParameters } = recorded
  const today = await provenanceOf(projectFolder, nodeVersion)
  for (const name of newParameters) printProblem(`warning: the parameter ${name} is new since; it is as by default`)
  if (manifest.git?.commit !== today.git?.commit || manifest.git?.dirty !== today.git?.dirty) {
    printProblem(`warning: it was run by ${codeInWords(manifest)}, this is ${codeInWords(today)}`)
  }
  const outcome = await replay({ ...command, recorded })
  if (json) printEvent({ event: 'replay', folder, cell: recorded.cell.index, same: isSame(outcome), ...outcome })
  else for (const line of [...outcomeLines(recorded, outcome), ...fileLines(command)]) printLine(line)
  return isSame(outcome) ? 0 : 1
}

function isSame({ differences, twice, against }: ReplayOutcome): boolean {
  return differences.length === 0 && isEqual(twice) && isEqual(against)
}

function isEqual(comparison: Comparison | null): boolean {
  return comparison === null || (comparison.differences.length === 0 && comparison.firstEvent === null)
}

export function outcomeLines({ cell }: Pick<RecordedCell, 'cell'>, outcome: ReplayOutcome): string[] {
  const { differences, twice, against, row } = outcome
  const name = `cell ${cell.index}`
  return [
    ...(differences.length === 0
      ? [`${name}: the same, traceHash ${row.measures.traceHash ?? 'none'}`]
      : [`${name}: not the same`, ...differences.map((each) => `  ${differenceInWords(each)}`)]),
    ...comparisonLines(`${name}, run twice`, twice, ['first', 'second']),
    ...comparisonLines(`${name} against the trace`, against, ['then', 'now']),
  ]
}

/** What was written, as other commands say it. */
function fileLines({ trace, pcap }: Pick<ReplaySetting, 'trace' | 'pcap'>): string[] {
  const lineOf = (name: string, path: string | null) => (path === null ? [] : [`  ${name}  ${relative('', path)}`])
  return [...lineOf('trace ', trace), ...lineOf('pcap  ', pcap)]
}

function comparisonLines(name: string, comparison: Comparison | null, sides: readonly [string, string]): string[] {
  if (comparison === null) return []
  const { differences, firstEvent } = comparison
  if (isEqual(comparison)) return [`${name}: the same, every event`]
  const width = Math.max(...sides.map((side) => side.length))
  const lines = (
    [
      [sides[0], firstEvent?.one],
      [sides[1], firstEvent?.other],
    ] as const
  ).map(([side, text]) => `  ${side.padEnd(width)}  ${text ?? 'nothing any more'}`)
  return [
    `${name}: not the same`,
    ...(firstEvent === null
      ? ['  every event of the clients is the same: what differs is below them']
      : [`  event ${firstEvent.event} is the first that differs`, ...lines]),
    ...differences.map((each) => `  ${differenceInWords(each)}`),
  ]
}
