/** Runs a scenario: its cells in seeded random order, each recorded as it ends, then the charts and the summary. */
import { hostname } from 'node:os'
import { renderChart } from '../../results/charts/render.ts'
import type { CellRow, Manifest, Provenance } from '../../results/schema.ts'
import { createRun, openRun, type Plan, type Run } from '../../results/store.ts'
import { verdict } from '../../results/summary.ts'
import type { RunProgress, StartedRuntime } from '../runtimes/runtime.ts'
import { type Cell, makeCells, shuffled } from './cells.ts'
import { inLanes } from './lanes.ts'
import { BIN_MS } from './observations.ts'
import type { ParameterChoice } from './parameters.ts'
import { runCell } from './run-cell.ts'
import type { Scenario } from './scenario.ts'
import { precisionInWords, type UntilChoice, wantsAnother } from './until.ts'

export interface ScenarioRun {
  readonly scenario: Scenario
  readonly runtime: StartedRuntime
  readonly choice: ParameterChoice
  readonly seed: number
  readonly repeats: number
  /** Repeats are added to these until the headline is this precise; else none are. */
  readonly until?: UntilChoice | null
  readonly dir: string
  /** Continue the record in `dir` instead of starting one. */
  readonly resume: boolean
  readonly signal: AbortSignal
  readonly observer: RunObserver
  readonly provenance: Provenance
  /** The time of day, for the manifest. */
  readonly now: () => Date
}

/** Whoever shows how it goes. */
export interface RunObserver {
  started(run: Run, cells: readonly Cell[], alreadyDone: number): void
  cellStarted(cell: Cell): void
  cellProgress(cell: Cell, progress: RunProgress): void
  cellDone(cell: Cell, row: CellRow): void
  /** There are to be more repeats: so many cells in all. */
  extended(run: Run, cellsTotal: number): void
  drawing(): void
}

export interface ScenarioOutcome {
  readonly state: 'complete' | 'interrupted'
  /** Every cell ran, none was spoiled, and all was as expected. */
  readonly passed: boolean
  readonly verdict: string
  /** Findings about the run as a whole. */
  readonly notes: readonly string[]
  /** Of the run's folder. */
  readonly charts: readonly string[]
}

export async function runScenario(setting: ScenarioRun): Promise<ScenarioOutcome> {
  const { scenario, signal } = setting
  const plan = planOf(setting)
  const options = { dir: setting.dir, plan, now: setting.now }
  const run = setting.resume ? await openRun(options) : await createRun(options)
  const cells = cellsOf(setting, run.manifest())
  setting.observer.started(run, cells, run.doneCells().size)
  try {
    await runCells(setting, run)
  } catch (error) {
    if (!signal.aborted) {
      await run.finish('failed')
      throw error
    }
  }
  if (signal.aborted) {
    await run.finish('interrupted')
    return { state: 'interrupted', passed: false, verdict: verdict(run.manifest(), run.rows()), notes: [], charts: [] }
  }
  setting.observer.drawing()
  const charts = await drawCharts(scenario, run)
  const notes = precisionInWords(run.manifest(), run.rows())
  await run.finish('complete', { charts, notes, headline: scenario.headline })
  const words = verdict(run.manifest(), run.rows())
  const passed = run.rows().every(({ ok, invalid }) => ok && invalid === undefined)
  return { state: 'complete', passed, verdict: words, notes, charts: charts.map(({ png }) => png) }
}

/** All that are left, in seeded random order; then one repeat more, as often as one is wanted. */
async function runCells(setting: ScenarioRun, run: Run): Promise<void> {
  const { seed, signal, observer } = setting
  for (;;) {
    const cells = cellsOf(setting, run.manifest())
    const done = run.doneCells()
    const left = shuffled(cells, seed).filter(({ index }) => !done.has(index))
    await inLanes(setting.runtime.cellsAtOnce, left, signal, (cell, eitherSignal) =>
      runOne({ ...setting, signal: eitherSignal }, run, cell),
    )
    const manifest = run.manifest()
    if (signal.aborted || !wantsAnother(manifest, run.rows())) return
    const repeats = manifest.repeats + 1
    const cellsTotal = cellsOf(setting, { ...manifest, repeats }).length
    await run.extend({ repeats, cellsTotal })
    observer.extended(run, cellsTotal)
  }
}

function cellsOf({ choice, seed }: ScenarioRun, { repeats, until }: Pick<Manifest, 'repeats' | 'until'>): Cell[] {
  return makeCells(choice, seed, repeats, until === undefined ? 'by-parameters' : 'repeats-last')
}

async function runOne({ scenario, runtime, signal, observer }: ScenarioRun, run: Run, cell: Cell): Promise<void> {
  observer.cellStarted(cell)
  const context = { signal, progress: (progress: RunProgress) => observer.cellProgress(cell, progress) }
  const result = await runCell({ scenario, runtime, node: hostname() }, cell, context)
  if (signal.aborted) return
  observer.cellDone(cell, await run.add(result))
}

async function drawCharts(scenario: Scenario, run: Run): Promise<{ title: string; png: string }[]> {
  const drawn: { title: string; png: string }[] = []
  for (const { name, title, spec } of scenario.charts(await run.record())) {
    const { png } = await renderChart(spec, name, run.dir)
    drawn.push({ title, png })
  }
  return drawn
}

function planOf(setting: ScenarioRun): Plan {
  const { scenario, runtime, choice, seed, repeats, provenance } = setting
  const until = setting.until == null ? undefined : { ...setting.until, measure: scenario.headline }
  return {
    scenario: scenario.name,
    question: scenario.question,
    parameters: {
      fixed: choice.fixed,
      sweep: choice.sweep.map(({ name, values }) => ({ name, values: [...values] })),
      about: Object.fromEntries(
        Object.entries(scenario.parameters).map(([name, { label, unit }]) => [name, { label, unit }]),
      ),
    },
    seed,
    repeats,
    ...(until === undefined ? {} : { until }),
    runtime: runtime.name,
    timelineBinMs: BIN_MS,
    ...provenance,
    cellsTotal: makeCells(choice, seed, repeats).length,
  }
}
