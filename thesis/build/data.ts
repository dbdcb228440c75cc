/**
 * What the build hands to Typst as `thesis/build/data.json`: values, charts, groups of runs, excerpts. And what is asked
 * for and not there, one line each, with the place where it is asked for.
 */
import { groupByParameters } from '../../results/groups.ts'
import type { ReferenceRun } from '../../results/reference-runs.ts'
import type { CitedValues } from '../../results/reference-values.ts'
import type { ParameterSet } from '../../results/schema.ts'
import { varyingNames } from '../../results/words.ts'
import { type ChartOfRun, chartsOf } from './charts.ts'
import { type Excerpt, excerptOf } from './excerpts.ts'
import { type Made, madeOf } from './provenance.ts'
import type { Use, Uses } from './sources.ts'

export interface ThesisData {
  readonly draft: boolean
  /** Value in the unit of the record, how many of it a shown unit has, the shown unit. */
  readonly values: Readonly<Record<string, readonly [value: number, per: number, symbol: string]>>
  readonly charts: Readonly<Record<string, ChartOfRun>>
  readonly groups: Readonly<Record<string, readonly GroupOfRun[]>>
  readonly reports: Readonly<Record<string, unknown>>
  readonly excerpts: Readonly<Record<string, Excerpt>>
  /** For the appendix: how each run was made. */
  readonly made: readonly Made[]
}

interface GroupOfRun {
  readonly parameters: ParameterSet
  /** Behind a value's name: `@peers=3`; of a run without a sweep, nothing. */
  readonly suffix: string
}

export interface Gathered {
  readonly data: ThesisData
  readonly missing: string[]
}

export interface GatherInput {
  readonly projectDir: string
  readonly runs: readonly ReferenceRun[]
  readonly values: CitedValues
  readonly uses: Uses
  readonly draft: boolean
}

export async function gather({ projectDir, runs, values, uses, draft }: GatherInput): Promise<Gathered> {
  const charts = await chartsOf(runs)
  const groups = Object.fromEntries(runs.map((run) => [run.name, groupsOf(run)]))
  const taken = new Map(uses.excerpts.map(({ name }) => [name, excerptOf(projectDir, ...splitExcerpt(name))]))
  const missing = [
    ...without(uses.values, (name) => values.has(name), 'value', 'results/reference'),
    ...without(uses.charts, (name) => name in charts, 'chart', 'results/reference'),
    ...without(uses.tables, (name) => name in groups, 'run', 'results/reference'),
    ...without(uses.excerpts, (name) => taken.get(name) !== null, 'excerpt', 'the sources'),
  ]
  const excerpts = [...taken].filter((entry): entry is [string, Excerpt] => entry[1] !== null)
  const data = {
    draft,
    values: Object.fromEntries(
      [...values].map(([name, { value, per, symbol }]) => [name, [value, per, symbol] as const]),
    ),
    charts,
    groups,
    reports: Object.fromEntries(runs.flatMap((run) => (run.kind === 'report' ? [[run.name, run.report.checks]] : []))),
    excerpts: Object.fromEntries(excerpts),
    made: runs.map(madeOf),
  }
  return { data, missing }
}

function groupsOf(run: ReferenceRun): GroupOfRun[] {
  if (run.kind === 'report') return []
  const names = varyingNames(run.record.manifest.parameters)
  return groupByParameters(run.record.cells).map(({ parameters }) => ({
    parameters,
    suffix: names.length === 0 ? '' : `@${names.map((name) => `${name}=${parameters[name]}`).join(',')}`,
  }))
}

function splitExcerpt(name: string): [file: string, symbol: string] {
  const at = name.indexOf('#')
  return [name.slice(0, at), name.slice(at + 1)]
}

function without(uses: readonly Use[], isThere: (name: string) => boolean, kind: string, place: string): string[] {
  return uses
    .filter(({ name }) => !isThere(name))
    .map(({ name, where }) => `${where}: no ${kind} "${name}" in ${place}`)
}
