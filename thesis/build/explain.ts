/** `--explain`: which run a figure or a number is from, and how that run was made. */
import { join } from 'node:path'
import { REFERENCE_FOLDER, type ReferenceRun, readReference } from '../../results/reference-runs.ts'
import { valuesOf } from '../../results/reference-values.ts'
import { formatNumber } from '../../results/units.ts'
import { chartsOf, figureLabel } from './charts.ts'
import { madeOf } from './provenance.ts'

/** Of `fig:NAME` or `val:NAME`; null: there is none. */
export async function explanation(projectDir: string, what: string): Promise<string[] | null> {
  const runs = await readReference(projectDir)
  const name = what.replace(/^(?:fig|val):/, '')
  const head = what.startsWith('val:') ? valueLine(runs, name) : await chartLine(runs, name)
  if (head === null) return null
  const { run, command, runtime, seeds, cells, code, machine, at, seconds } = madeOf(head.run)
  return [
    head.line,
    `  run      ${join(REFERENCE_FOLDER, run)} (${head.run.cited.title}; ${cells} ${head.run.kind === 'run' ? 'cells' : 'figures'}, runtime ${runtime}, ${formatNumber(Math.round(seconds))} s)`,
    `  seeds    ${seeds}`,
    `  code     ${code}`,
    `  machine  ${machine}, ${at}`,
    `  command  ${command}`,
    `  or       npm run reference -- --only ${run} --again`,
  ]
}

interface Head {
  readonly run: ReferenceRun
  readonly line: string
}

async function chartLine(runs: readonly ReferenceRun[], name: string): Promise<Head | null> {
  const charts = await chartsOf(runs)
  const chart = Object.keys(charts).find((key) => key === name || figureLabel(key) === `fig:${name}`)
  const run = chart === undefined ? undefined : runs.find((each) => each.name === charts[chart]!.run)
  return run === undefined ? null : { run, line: `${figureLabel(name)}: ${charts[chart!]!.path.slice(1)}` }
}

function valueLine(runs: readonly ReferenceRun[], name: string): Head | null {
  const value = valuesOf(runs).get(name)
  const run = runs.find((each) => name.startsWith(`${each.name}/`))
  if (value === undefined || run === undefined) return null
  const shown = `${formatNumber(value.value / value.per)} ${value.symbol}`.trim()
  return { run, line: `${name}: ${shown}` }
}
