/** How a run was made, in words: for the appendix and for `--explain`. */
import type { ReferenceRun } from '../../results/reference-runs.ts'
import { codeInWords } from '../../results/words.ts'

export interface Made {
  readonly run: string
  readonly group: string
  readonly title: string
  readonly command: string
  readonly runtime: string
  readonly seeds: string
  readonly cells: number
  readonly code: string
  readonly machine: string
  readonly at: string
  readonly seconds: number
}

export function madeOf(run: ReferenceRun): Made {
  const { name, cited } = run
  const about = { run: name, group: cited.group, title: cited.title, command: cited.command }
  if (run.kind === 'report') {
    const { provenance, seeds, startedAt, wallSeconds, checks } = run.report
    const { git, versions, machine } = provenance
    return {
      ...about,
      runtime: cited.group === 'sim' ? 'sim' : 'sim and processes',
      seeds: rangeOf(seeds),
      cells: checks.flatMap(({ findings }) => findings).length,
      code: codeInWords({ git, versions: { ...versions, dependencies: {} } }),
      machine: `${machine.cpu}, ${machine.cores} cores, Node ${versions.node}`,
      at: startedAt,
      seconds: wallSeconds,
    }
  }
  const { manifest, cells, costs } = run.record
  return {
    ...about,
    runtime: manifest.runtime,
    seeds: rangeOf(cells.map(({ seed }) => seed)),
    cells: cells.length,
    code: codeInWords(manifest),
    machine: `${manifest.machine.cpu}, ${manifest.machine.cores} cores, Node ${manifest.versions.node}`,
    at: manifest.startedAt,
    seconds: costs.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0),
  }
}

function rangeOf(seeds: readonly number[]): string {
  const [least, most] = [Math.min(...seeds), Math.max(...seeds)]
  return least === most ? String(least) : `${least} to ${most}`
}
