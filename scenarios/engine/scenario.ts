/**
 * A scenario: data plus small functions. Its question, its parameters, the swarm for a set of them, what theory
 * predicts, what must hold, and the charts. No scenario knows which runtime it runs in, but for tolerances and sweeps.
 */
import type { TopLevelSpec } from 'vega-lite'
import type { NumericMeasureName } from '../../results/measures.ts'
import type { RunRecord } from '../../results/read.ts'
import type { RunResult, RuntimeName } from '../runtimes/runtime.ts'
import type { SwarmPlan } from './swarm-plan.ts'

export type ParameterSpec = NumberSpec | WordSpec

export interface NumberSpec {
  /** What people read: `peers`, `round-trip time`. */
  readonly label: string
  /** Behind a value: `Mbit/s`, `ms`; empty for counts. */
  readonly unit: string
  readonly default: number
  readonly min: number
  readonly max: number
  /** Fractions are allowed. */
  readonly fractions?: true
}

/** One of a few words. */
export interface WordSpec<Word extends string = string> {
  readonly label: string
  readonly unit: ''
  readonly default: Word
  readonly words: readonly Word[]
}

export type Value = number | string
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>
export type Parameters<Specs extends ParameterSpecs = ParameterSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends NumberSpec
    ? number
    : Specs[Name] extends WordSpec<infer Word>
      ? Word
      : Value
}

/** Values of one parameter, each of which gets its cells. The first axis varies slowest. */
export interface Axis {
  readonly name: string
  readonly values: readonly Value[]
}

export type Figures = Partial<Record<NumericMeasureName, number>>

/** What ran, and what came of it. */
export interface CellRun<Specs extends ParameterSpecs = ParameterSpecs> {
  readonly runtime: RuntimeName
  readonly parameters: Parameters<Specs>
  readonly plan: SwarmPlan
  readonly result: RunResult
  readonly measures: Figures
  readonly predicted: Figures
}

/** Something that must hold; `found` says what was, for whoever reads that it did not. */
export interface Expectation {
  readonly claim: string
  readonly holds: boolean
  readonly found: string
}

export interface Chart {
  /** File name without ending. */
  readonly name: string
  readonly title: string
  readonly spec: TopLevelSpec
}

export interface Scenario<Specs extends ParameterSpecs = ParameterSpecs> {
  readonly name: string
  readonly title: string
  readonly question: string
  /** The one number that answers it: what `--until` narrows, and what settings are compared by. */
  readonly headline: NumericMeasureName
  readonly parameters: Specs
  readonly runtimes: readonly RuntimeName[]
  readonly defaultRuntime: RuntimeName
  /** Swept unless the user fixes or replaces it. */
  defaultSweep(runtime: RuntimeName): readonly Axis[]
  swarm(parameters: Parameters<Specs>, contentSeed: number): SwarmPlan
  predict(parameters: Parameters<Specs>): Figures
  /** Measures beside those that every scenario has. */
  measure(run: Omit<CellRun<Specs>, 'measures'>): Figures
  expect(run: CellRun<Specs>): readonly Expectation[]
  charts(record: RunRecord): readonly Chart[]
}

/** Lets the compiler infer the names of the parameters. */
export function defineScenario<const Specs extends ParameterSpecs>(scenario: Scenario<Specs>): Scenario {
  return scenario as unknown as Scenario
}
