/**
 * Whether `results/reference` still holds. Of what runs in virtual time cells are run again, and must give the same row
 * to the byte; charts must be what the scenario draws from the record, and what is derived what the records say.
 */
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { chartSvg } from '../../results/charts/render.ts'
import { decodeCell, encodeCell } from '../../results/encode.ts'
import { exists } from '../../results/folder.ts'
import { type RunRecord, readRun } from '../../results/read.ts'
import { REFERENCE_FOLDER } from '../../results/reference-runs.ts'
import { SCHEMA_VERSION } from '../../results/schema.ts'
import { makeCells } from '../engine/cells.ts'
import { runCell } from '../engine/run-cell.ts'
import { startRuntime } from '../runtimes/start-runtime.ts'
import { type Entry, type ScenarioEntry, SEED } from './plan.ts'
import { derivedFiles, isPublished } from './publish.ts'
import { choiceOf, scenarioOf } from './run-entry.ts'

export interface CheckSetting {
  readonly projectFolder: string
  /** Null: every cell. */
  readonly seconds: number | null
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** 0: all the same. 1: something is not, or there was nothing to check. */
export async function checkReference(entries: readonly Entry[], setting: CheckSetting): Promise<number> {
  const { projectFolder, signal, say } = setting
  const problems: string[] = []
  const records = await publishedRecords(entries, projectFolder)
  for (const { entry, record } of records) {
    problems.push(...(await chartProblems(entry, record, projectFolder)))
  }
  problems.push(...(await derivedProblems(projectFolder)))
  const inSim = records.filter(({ entry }) => entry.on === 'sim')
  const chosen = chosenCells(inSim, setting.seconds)
  for (const { entry, record, index } of chosen) {
    if (signal.aborted) return 1
    problems.push(...(await cellProblems(entry, record, index)))
    say(`${entry.name}: cell ${index} ran again`)
  }
  const without = inSim.filter(({ entry }) => !chosen.some((each) => each.entry === entry))
  if (without.length > 0) say(`no time for ${without.map(({ entry }) => entry.name).join(', ')}: --seconds`)
  for (const problem of problems) say(problem)
  say(
    `${problems.length} differences; ${chosen.length} cells ran again, charts of ${records.length} runs were drawn again`,
  )
  return problems.length === 0 && records.length > 0 ? 0 : 1
}

interface Published {
  readonly entry: ScenarioEntry
  readonly record: RunRecord
}

async function publishedRecords(entries: readonly Entry[], projectFolder: string): Promise<Published[]> {
  const published: Published[] = []
  for (const entry of entries) {
    if (entry.kind !== 'scenario' || !(await isPublished(entry, projectFolder))) continue
    published.push({ entry, record: await readRun(join(projectFolder, REFERENCE_FOLDER, entry.name)) })
  }
  return published
}

interface ChosenCell extends Published {
  readonly index: number
}

/** Null: all. Else of each run the cell that took least, as long as all that are chosen took at most so long together. */
function chosenCells(published: readonly Published[], secondsMax: number | null): ChosenCell[] {
  if (secondsMax === null) {
    return published.flatMap((each) => each.record.cells.map((_, index) => ({ ...each, index })))
  }
  const cheapest = published.map((each) => {
    const { costs } = each.record
    const seconds = Math.min(...costs.map(({ wallSeconds }) => wallSeconds))
    return { ...each, seconds, index: costs.findIndex(({ wallSeconds }) => wallSeconds === seconds) }
  })
  let sum = 0
  return cheapest
    .sort((one, other) => one.seconds - other.seconds)
    .filter(({ seconds }) => {
      sum += seconds
      return sum <= secondsMax
    })
}

async function cellProblems(entry: ScenarioEntry, record: RunRecord, index: number): Promise<string[]> {
  const scenario = scenarioOf(entry)
  const cell = makeCells(choiceOf(entry), SEED, entry.repeats)[index]
  const was = record.cells[index]
  if (cell === undefined || was === undefined) return [`${entry.name}: there is no cell ${index} in the plan of today`]
  const runtime = await startRuntime('sim', {})
  const context = { signal: new AbortController().signal, progress: () => {} }
  const { row } = await runCell({ scenario, runtime, node: hostname() }, cell, context)
  await runtime.close()
  const is = decodeCell(
    { ...row, schema: SCHEMA_VERSION, scenario: scenario.name, runtime: 'sim' },
    { file: entry.name },
  )
  if (encodeCell(is) === encodeCell(was)) return []
  return [`${entry.name}: cell ${index} gives another row than that of ${join(REFERENCE_FOLDER, entry.name)}`]
}

async function chartProblems(entry: ScenarioEntry, record: RunRecord, projectFolder: string): Promise<string[]> {
  const problems: string[] = []
  for (const { name, spec } of scenarioOf(entry).charts(record)) {
    const file = join(REFERENCE_FOLDER, entry.name, 'charts', `${name}.svg`)
    const { svg } = await chartSvg(spec)
    if (!(await isSame(join(projectFolder, file), svg)))
      problems.push(`${file}: not what the scenario draws now; --redraw`)
  }
  return problems
}

async function derivedProblems(projectFolder: string): Promise<string[]> {
  const problems: string[] = []
  for (const [name, text] of Object.entries(await derivedFiles(projectFolder))) {
    const file = join(REFERENCE_FOLDER, name)
    if (!(await isSame(join(projectFolder, file), text))) problems.push(`${file}: not what the runs say; --redraw`)
  }
  return problems
}

async function isSame(file: string, text: string): Promise<boolean> {
  return (await exists(file)) && (await readFile(file, 'utf8')) === text
}
