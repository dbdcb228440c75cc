/** A run as the command line asks for it: where its record goes, which runtime, how it is shown, which exit code. */
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { CommandError, usageError } from '../../client/node/command-error.ts'
import { makeFolders } from '../../client/node/make-folders.ts'
import { printLine } from '../../client/node/output.ts'
import { newestIncompleteRun, newRunFolder, RUNS_FOLDER } from '../../results/folder.ts'
import { provenanceOf } from '../../results/provenance.ts'
import { RecordError } from '../../results/record-error.ts'
import type { CaptureFiles, RuntimeName } from '../runtimes/runtime.ts'
import { type RuntimeOptions, startRuntime } from '../runtimes/start-runtime.ts'
import { makeCells } from './cells.ts'
import { type DisplayOptions, displayFor } from './display.ts'
import type { ParameterChoice } from './parameters.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import type { UntilChoice } from './until.ts'

export interface CommandRun {
  readonly scenario: Scenario
  readonly on: RuntimeName
  readonly choice: ParameterChoice
  readonly seed: number
  readonly repeats: number
  readonly until: UntilChoice | null
  readonly resume: boolean
  /** The folder that the user named, or null. */
  readonly out: string | null
  readonly projectFolder: string
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly nodeVersion: string
  /** Threads for cells in virtual time; null: as many as the machine has cores. */
  readonly workers: number | null
  /** In containers: one for every peer. */
  readonly isolate: boolean
  readonly captures: CaptureFiles
}

const EXIT_CODE_INTERRUPTED = 130

/** Gives the exit code: 0 all as expected, 1 not, 130 interrupted. */
export async function runFromCommandLine(setting: CommandRun, display: DisplayOptions): Promise<number> {
  const { scenario, choice, seed, repeats, until, resume, signal, on, now, projectFolder, nodeVersion } = setting
  if (!runsOn(scenario, on)) {
    throw usageError(`${scenario.name} does not run on ${on}; it runs on ${scenario.runtimes.join(', ')}`)
  }
  checkCaptures(setting)
  const dir = await folderOf(setting)
  if (!resume) await makeFolderFor(dir)
  const shown = displayFor(display, { scenario, dir: relative('', dir) || dir })
  const runtime = await startRuntime(on, runtimeOptions(setting, display))
  try {
    const provenance = await provenanceOf(projectFolder, nodeVersion)
    const outcome = await runScenario({
      scenario,
      runtime,
      choice,
      seed,
      repeats,
      until,
      dir,
      resume,
      signal,
      observer: shown,
      now,
      provenance,
    })
    shown.ended(outcome)
    if (outcome.state === 'interrupted') return EXIT_CODE_INTERRUPTED
    return outcome.passed ? 0 : 1
  } catch (error) {
    if (error instanceof RecordError) throw recordProblem(error, resume)
    throw error
  } finally {
    shown.close()
    await runtime.close()
  }
}

/**
 * Cells in virtual time run in threads of their own: beside each other, and so that somebody at a terminal can end one
 * that takes long. What is captured is written from this thread.
 */
function runtimeOptions(setting: CommandRun, { isTerminal, quiet, json }: DisplayOptions): RuntimeOptions {
  if (setting.on === 'containers') {
    const notice = (line: string) => {
      if (!quiet && !json) printLine(line)
    }
    return { containers: { isolate: setting.isolate, notice } }
  }
  const { choice, seed, repeats, workers } = setting
  if (isCaptured(setting)) return { sim: { captures: { files: setting.captures, clientIndex: 0 } } }
  const cells = makeCells(choice, seed, repeats).length
  if (workers === 1 || (cells === 1 && !isTerminal)) return {}
  return { workers: Math.min(workers ?? availableParallelism(), cells) }
}

/** In containers run the programs of `processes`. */
function runsOn({ runtimes }: Scenario, on: RuntimeName): boolean {
  return runtimes.includes(on) || (on === 'containers' && runtimes.includes('processes'))
}

/** What is captured is one client, in one run. */
function checkCaptures(setting: CommandRun): void {
  if (!isCaptured(setting)) return
  const { on, choice, seed, repeats } = setting
  if (on !== 'sim') throw usageError('--trace and --pcap go with --on sim; `npm run client` has them for real sockets')
  const cells = makeCells(choice, seed, repeats).length
  if (cells > 1) throw usageError(`--trace and --pcap are for one cell, not ${cells}: fix what is swept with --set`)
}

function isCaptured({ captures }: CommandRun): boolean {
  return captures.trace !== undefined || captures.pcap !== undefined
}

async function folderOf({ scenario, resume, out, projectFolder, now }: CommandRun): Promise<string> {
  if (out !== null) return out
  const root = join(projectFolder, RUNS_FOLDER)
  if (!resume) return newRunFolder(root, scenario.name, now())
  const newest = await newestIncompleteRun(root, scenario.name)
  if (newest === null) throw usageError(`there is no run of ${scenario.name} to resume`)
  return newest
}

async function makeFolderFor(dir: string): Promise<void> {
  try {
    await makeFolders(dir)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(`the folder ${dir} cannot be made (${code})`, 1)
  }
}

/** What the disk refuses is a failure; a folder that holds something else is a wrong folder. */
function recordProblem({ code, message }: RecordError, resume: boolean): CommandError {
  const isWrongFolder = code === 'exists' || code === 'different' || (code === 'missing' && resume)
  return new CommandError(message, isWrongFolder ? 2 : 1)
}
