/** The entries one after another: what is there is kept, what is missing is run and published. Gives the exit code. */
import { join } from 'node:path'
import { printLine } from '../../client/node/output.ts'
import { provenanceOf } from '../../results/provenance.ts'
import { readManifest } from '../../results/read.ts'
import { REFERENCE_FOLDER } from '../../results/reference-runs.ts'
import type { Entry } from './plan.ts'
import { SEED } from './plan.ts'
import { isPublished, publish, redraw, writeDerived } from './publish.ts'
import { choiceOf, type EntrySetting, runEntry } from './run-entry.ts'

export async function listEntries(entries: readonly Entry[], projectFolder: string): Promise<number> {
  for (const entry of entries) {
    const state = (await isCurrent(entry, projectFolder)) ? 'made' : 'not made'
    printLine(`${entry.group.padEnd(8)}${entry.name.padEnd(28)}${state.padEnd(10)}${entry.title}`)
  }
  return 0
}

export async function redrawEntries(entries: readonly Entry[], projectFolder: string): Promise<number> {
  for (const entry of entries) {
    if (entry.kind !== 'scenario' || !(await isPublished(entry, projectFolder))) continue
    await redraw(entry, projectFolder)
    printLine(`${entry.name}: drawn`)
  }
  await writeDerived(projectFolder)
  return 0
}

export interface MakeSetting extends Omit<EntrySetting, 'provenance'> {
  readonly again: boolean
}

/** 0: all are there. A scenario that is not as expected is a result, and published as one. */
export async function makeEntries(entries: readonly Entry[], { again, ...setting }: MakeSetting): Promise<number> {
  const { projectFolder, signal, nodeVersion } = setting
  const provenance = await provenanceOf(projectFolder, nodeVersion)
  for (const [index, entry] of entries.entries()) {
    const counter = `[${index + 1}/${entries.length}] ${entry.name}`
    if (!again && (await isCurrent(entry, projectFolder))) {
      printLine(`${counter}: is there`)
      continue
    }
    printLine(`${counter}: ${entry.title}`)
    const runDir = await runEntry(entry, { ...setting, provenance })
    if (runDir === null || signal.aborted) return 1
    await publish(entry, runDir, projectFolder)
  }
  await writeDerived(projectFolder)
  return 0
}

/** Published, and of the cells that the plan has today. */
async function isCurrent(entry: Entry, projectFolder: string): Promise<boolean> {
  if (!(await isPublished(entry, projectFolder))) return false
  if (entry.kind === 'validation') return true
  const { parameters, runtime, repeats, seed } = await readManifest(join(projectFolder, REFERENCE_FOLDER, entry.name))
  const { fixed, sweep } = choiceOf(entry)
  const sorted = (values: object) => JSON.stringify(Object.entries(values).sort())
  return (
    runtime === entry.on &&
    repeats === entry.repeats &&
    seed === SEED &&
    sorted(parameters.fixed) === sorted(fixed) &&
    JSON.stringify(parameters.sweep) === JSON.stringify(sweep)
  )
}
