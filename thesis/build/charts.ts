/** The charts of `results/reference`, by the names that the text has for them. */
import { join } from 'node:path'
import { chartNames, REFERENCE_FOLDER, type ReferenceRun } from '../../results/reference-runs.ts'

export interface ChartOfRun {
  readonly run: string
  /** From the project's folder, as Typst has it. */
  readonly path: string
}

/** By `RUN/CHART`, and by `RUN` where it has but one. */
export async function chartsOf(runs: readonly ReferenceRun[]): Promise<Record<string, ChartOfRun>> {
  const charts: Record<string, ChartOfRun> = {}
  for (const { name, dir } of runs) {
    const names = await chartNames(dir)
    for (const chart of names) {
      const found = { run: name, path: `/${join(REFERENCE_FOLDER, name, 'charts', `${chart}.svg`)}` }
      charts[`${name}/${chart}`] = found
      if (names.length === 1) charts[name] = found
    }
  }
  return charts
}

/** The label of a figure: `fig:multi-peer-drop-rates`. */
export function figureLabel(chart: string): string {
  return `fig:${chart.replace('/', '-')}`
}
