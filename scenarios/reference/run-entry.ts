/**
 * Runs an entry into a folder of its own below `results/runs/reference`, where an interrupted run is gone on with, and
 * gives the folder when all of it has run.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from '../../client/node/command-error.ts'
import { makeFolders } from '../../client/node/make-folders.ts'
import { exists, RUNS_FOLDER } from '../../results/folder.ts'
import { RecordError } from '../../results/record-error.ts'
import type { Provenance } from '../../results/schema.ts'
import { displayFor } from '../engine/display.ts'
import { chooseParameters, type ParameterChoice } from '../engine/parameters.ts'
import { runScenario, type ScenarioRun } from '../engine/run-scenario.ts'
import type { Scenario } from '../engine/scenario.ts'
import { SCENARIOS } from '../index.ts'
import { startRuntime } from '../runtimes/start-runtime.ts'
import { validateAgainstProcesses } from '../validate/command-processes.ts'
import { validateAgainstTheory } from '../validate/command-theory.ts'
import { type Entry, type ScenarioEntry, SEED, type ValidationEntry } from './plan.ts'

export interface EntrySetting {
  readonly projectFolder: string
  readonly provenance: Provenance
  /** Threads for cells in virtual time. */
  readonly workers: number
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly nodeVersion: string
  readonly isTerminal: boolean
}

/** Null: it was interrupted. What was expected and did not come is in the record, and no error. */
export async function runEntry(entry: Entry, setting: EntrySetting): Promise<string | null> {
  const dir = join(setting.projectFolder, RUNS_FOLDER, 'reference', entry.name)
  if (entry.kind === 'validation') return runValidation(entry, dir, setting)
  try {
    return await runRecord(entry, dir, setting)
  } catch (error) {
    // Of a plan that has changed since, there is nothing to go on with.
    if (!(error instanceof RecordError) || error.code !== 'different') throw error
    await rm(dir, { recursive: true })
    return runRecord(entry, dir, setting)
  }
}

export function scenarioOf({ scenario }: ScenarioEntry): Scenario {
  const found = SCENARIOS.find(({ name }) => name === scenario)
  if (found === undefined) throw new CommandError(`there is no scenario "${scenario}"`, 1)
  return found
}

export function choiceOf(entry: ScenarioEntry): ParameterChoice {
  return chooseParameters(scenarioOf(entry), entry.on, entry.set, entry.sweep)
}

async function runRecord(entry: ScenarioEntry, dir: string, setting: EntrySetting): Promise<string | null> {
  const { provenance, signal, now, workers, isTerminal } = setting
  await makeFolders(dir)
  const scenario = scenarioOf(entry)
  const shown = displayFor({ json: false, quiet: false, isTerminal }, { scenario, dir })
  const runtime = await startRuntime(entry.on, workers > 1 ? { workers } : {})
  const run: ScenarioRun = {
    scenario,
    runtime,
    choice: choiceOf(entry),
    seed: SEED,
    repeats: entry.repeats,
    dir,
    resume: await exists(join(dir, 'manifest.json')),
    signal,
    observer: shown,
    provenance,
    now,
  }
  try {
    const outcome = await runScenario(run)
    shown.ended(outcome)
    return outcome.state === 'complete' ? dir : null
  } finally {
    shown.close()
    await runtime.close()
  }
}

/** Has nothing to go on with: it runs as a whole. */
async function runValidation(entry: ValidationEntry, dir: string, setting: EntrySetting): Promise<string | null> {
  const { projectFolder, workers, now, nodeVersion, isTerminal } = setting
  await rm(dir, { recursive: true, force: true })
  const validate = entry.against === 'theory' ? validateAgainstTheory : validateAgainstProcesses
  const exitCode = await validate({
    only: null,
    effort: entry.quick ? 'quick' : 'full',
    seedCount: entry.seeds,
    workers,
    out: dir,
    projectFolder,
    nodeVersion,
    now,
    display: { json: false, quiet: false, isTerminal },
  })
  return exitCode <= 1 ? dir : null
}
