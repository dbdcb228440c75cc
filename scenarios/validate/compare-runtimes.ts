/**
 * The same cells in `sim` and in `processes`: a report as that of theory has, whose figures are the quotients of the two.
 *
 * Cells and repeats run in seeded random order, each right after its counterpart, so that what drifts on the machine
 * meets all of them. A cell that the rig spoiled counts for nothing; one in which something went wrong is a fail.
 */

import { measureOf, type NumericMeasureName, shownOf } from '../../results/measures.ts'
import type { CellRow } from '../../results/schema.ts'
import { median } from '../../results/statistics.ts'
import { formatNumber } from '../../results/units.ts'
import { type Cell, shuffled } from '../engine/cells.ts'
import { chooseParameters } from '../engine/parameters.ts'
import { runCell } from '../engine/run-cell.ts'
import type { Scenario } from '../engine/scenario.ts'
import type { RunContext, Runtime } from '../runtimes/runtime.ts'
import type { Finding, Sample } from './check.ts'
import { about } from './predictions.ts'
import type { CheckReport } from './run-checks.ts'
import type { SharedCells } from './shared-cells.ts'
import { judge, overall } from './verdict.ts'

/** The aim: flow-level and packet-level simulations differ by up to 30 %. */
const GAP_MAX = 0.05

export interface CompareSetting {
  readonly shared: readonly SharedCells[]
  readonly scenarios: readonly Scenario[]
  readonly reference: Runtime
  readonly real: Runtime
  readonly seeds: readonly number[]
  readonly signal: AbortSignal
  readonly progress: (done: number, of: number, what: string) => void
}

type Row = Pick<CellRow, 'measures' | 'failure' | 'invalid'>

interface Pair {
  readonly seed: number
  readonly reference: Row
  readonly real: Row
}

interface Job {
  readonly shared: SharedCells
  readonly set: readonly string[]
  readonly seed: number
}

export async function compareRuntimes(setting: CompareSetting): Promise<CheckReport[]> {
  const { shared, seeds, signal, progress } = setting
  const jobs = shared.flatMap((each) => each.cells.flatMap((set) => seeds.map((seed) => ({ shared: each, set, seed }))))
  const pairs = new Map<string, Pair[]>()
  let done = 0
  for (const job of shuffled(jobs, seeds[0]!)) {
    if (signal.aborted) break
    const pair = await runPair(setting, job)
    if (pair === null) break
    pairs.set(nameOf(job), [...(pairs.get(nameOf(job)) ?? []), pair])
    progress(++done, jobs.length, `${nameOf(job)}, seed ${job.seed}`)
  }
  return shared.map((each) => reportOf(setting, each, pairs))
}

/** Null: it was given up. */
async function runPair({ scenarios, reference, real, signal }: CompareSetting, job: Job): Promise<Pair | null> {
  const scenario = scenarios.find(({ name }) => name === job.shared.scenario)!
  const { fixed } = chooseParameters(scenario, 'sim', job.set, [])
  const defaults = Object.entries(scenario.parameters).map(([name, spec]) => [name, spec.default] as const)
  const parameters = { ...Object.fromEntries(defaults), ...fixed }
  const cell: Cell = { index: 0, parameters, sweptNames: [], repeat: 0, seed: job.seed }
  const context: RunContext = { signal, progress: () => {} }
  try {
    const inReference = await runCell({ scenario, runtime: reference, node: '' }, cell, context)
    const inReal = await runCell({ scenario, runtime: real, node: '' }, cell, context)
    return { seed: job.seed, reference: inReference.row, real: inReal.row }
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

function reportOf(
  { real, reference, signal }: CompareSetting,
  shared: SharedCells,
  pairs: ReadonlyMap<string, readonly Pair[]>,
): CheckReport {
  const findings = shared.cells.flatMap((set) => {
    const own = (pairs.get(nameOf({ shared, set })) ?? []).toSorted((one, other) => one.seed - other.seed)
    return shared.measures.map((measure) => {
      const problems = own.flatMap(({ real: { failure }, seed }) => {
        return failure === undefined ? [] : [`${real.name}, seed ${seed}: ${failure}`]
      })
      return judge(findingOf(set, measure, own), problems, own.length > 0 && !signal.aborted)
    })
  })
  return {
    id: shared.scenario,
    title: `${real.name} against ${reference.name}`,
    claim: `${real.name} over ${reference.name} is 1 within ${GAP_MAX * 100} % in every cell.`,
    verdict: overall(findings.map(({ verdict }) => verdict)),
    findings,
  }
}

function findingOf(set: readonly string[], measure: NumericMeasureName, pairs: readonly Pair[]): Finding {
  const counted = pairs.filter(({ real }) => real.invalid === undefined)
  const samples = counted.flatMap(({ seed, reference, real }): Sample[] => {
    const [expected, measured] = [reference.measures[measure], real.measures[measure]]
    return expected === undefined || measured === undefined ? [] : [{ seed, value: measured / expected }]
  })
  const medians = (['reference', 'real'] as const).map((side) => {
    const values = counted.flatMap((pair) => pair[side].measures[measure] ?? [])
    return values.length === 0 ? null : median(values)
  })
  const invalid = pairs.length - counted.length
  const note = [
    ...(medians.includes(null) ? [] : [inWords(medians as number[], measure)]),
    ...(invalid === 0 ? [] : [`${invalid} invalid, the rig was the limit`]),
  ].join('; ')
  return {
    figure: `${measureOf(measure).label}, ${set.join(' ')}`,
    unit: '',
    samples,
    prediction: about(1, GAP_MAX),
    ...(note === '' ? {} : { note }),
  }
}

function inWords([reference, real]: readonly number[], measure: NumericMeasureName): string {
  const { per, symbol } = shownOf(measure)
  return `${formatNumber(reference! / per)} and ${formatNumber(real! / per)} ${symbol}`.trim()
}

function nameOf({ shared, set }: Pick<Job, 'shared' | 'set'>): string {
  return `${shared.scenario} ${set.join(' ')}`
}
