/** A cell of a record, and the scenario of today that it is to be run by. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError, usageError } from '../../client/node/command-error.ts'
import { decodeCell, decodeCost, decodeLines } from '../../results/encode.ts'
import { readManifest } from '../../results/read.ts'
import { onDisk } from '../../results/record-error.ts'
import type { CellRow, Manifest } from '../../results/schema.ts'
import type { Cell } from '../engine/cells.ts'
import { chooseParameters, ParameterError } from '../engine/parameters.ts'
import type { Scenario } from '../engine/scenario.ts'

export interface RecordedCell {
  readonly manifest: Manifest
  readonly row: CellRow
  readonly scenario: Scenario
  readonly cell: Cell
  /** Parameters that the scenario did not have then, and that are taken as they are by default. */
  readonly newParameters: readonly string[]
}

/** `cellIndex` null: the only one there is. Throws a CommandError of one line for whatever cannot be run again. */
export async function recordedCell(
  folder: string,
  cellIndex: number | null,
  scenarios: readonly Scenario[],
): Promise<RecordedCell> {
  const manifest = await readManifest(folder)
  if (manifest.runtime !== 'sim') {
    throw usageError(`${folder} ran on ${manifest.runtime}: only what ran on sim happens again in the same way`)
  }
  const index = cellIndex ?? onlyCell(manifest)
  const row = await rowOf(folder, manifest, index)
  const scenario = scenarios.find(({ name }) => name === manifest.scenario)
  if (scenario === undefined) throw usageError(`there is no scenario "${manifest.scenario}" any more`)
  const { parameters, newParameters } = parametersOf(scenario, row)
  const cell = { index, parameters, sweptNames: [], repeat: row.repeat, seed: row.seed }
  return { manifest, row, scenario, cell, newParameters }
}

function onlyCell({ cells }: Manifest): number {
  if (cells.total === 1) return 0
  throw usageError(`the run has ${cells.total} cells: choose one with --cell 0 to --cell ${cells.total - 1}`)
}

/** Line n of `costs.ndjson` says which cell line n of `cells.ndjson` is; an unfinished run has gaps. */
async function rowOf(folder: string, { cells }: Manifest, index: number): Promise<CellRow> {
  if (index >= cells.total) {
    throw usageError(`there is no cell ${index}: the run has ${cells.total}, --cell 0 to --cell ${cells.total - 1}`)
  }
  const rows = decodeLines(...(await linesOf(folder, 'cells.ndjson')), decodeCell)
  const costs = decodeLines(...(await linesOf(folder, 'costs.ndjson')), decodeCost)
  const row = rows[costs.findIndex(({ cell }) => cell === index)]
  if (row !== undefined) return row
  throw new CommandError(`cell ${index} has not run: the run has ${rows.length} of its ${cells.total} cells`, 1)
}

async function linesOf(folder: string, name: string): Promise<[text: string, file: string]> {
  const file = join(folder, name)
  return [await onDisk(file, () => readFile(file, 'utf8')), file]
}

function parametersOf(scenario: Scenario, row: CellRow) {
  const texts = Object.entries(row.parameters).map(([name, value]) => `${name}=${value}`)
  try {
    const { fixed } = chooseParameters(scenario, 'sim', texts, [])
    const newParameters = Object.keys(scenario.parameters).filter((name) => !Object.hasOwn(row.parameters, name))
    const added = newParameters.map((name) => [name, scenario.parameters[name]!.default] as const)
    return { parameters: { ...fixed, ...Object.fromEntries(added) }, newParameters }
  } catch (error) {
    if (error instanceof ParameterError) throw usageError(`the scenario has changed since: ${error.message}`)
    throw error
  }
}
