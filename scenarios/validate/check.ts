/**
 * A check of theory, as data: which swarms it runs, which figures it takes from them, and what must hold of those.
 *
 * A *setting* is a swarm with its parameters; it runs once per seed, in `sim`. A *finding* is one line of the table: a
 * figure of one or more settings against what theory predicts for it. Verdicts: `verdict.ts`.
 */

import type { SwarmPlan } from '../engine/swarm-plan.ts'
import type { RunResult } from '../runtimes/runtime.ts'

export interface TheoryCheck {
  /** `T1` and so on. */
  readonly id: string
  /** `t01-request-pipeline`: for `--only`, and to find the file. */
  readonly name: string
  readonly title: string
  /** What theory says, and who says it, in one line. */
  readonly claim: string
  settings(effort: Effort): readonly Setting[]
  findings(runs: SettingRuns, effort: Effort): readonly Finding[]
}

/** `quick` is for CI: smaller swarms, shorter times. */
export type Effort = 'quick' | 'full'

export interface Setting {
  /** Unique in its check, for people: `20 Mbit/s, 50 ms, d = 5`. */
  readonly name: string
  /** `one`: nothing in it is random but the content, further seeds show nothing. */
  readonly seeds: 'one' | 'all'
  plan(seed: number): SwarmPlan
}

export interface SettingRun {
  readonly seed: number
  readonly plan: SwarmPlan
  readonly result: RunResult
}

/** By the name of the setting, in the order of the seeds; runs that failed are not in it. */
export type SettingRuns = ReadonlyMap<string, readonly SettingRun[]>

export interface Sample {
  readonly seed: number
  readonly value: number
}

export interface Finding {
  /** What was measured: `throughput, 20 Mbit/s, 50 ms, d = 5`. */
  readonly figure: string
  /** Behind the number; empty for counts and ratios. */
  readonly unit: string
  readonly samples: readonly Sample[]
  readonly prediction: Prediction
  /** Further figures, for the reader: `90 % of the runs below 3.2 s`. One line. */
  readonly note?: string
}

export interface Prediction {
  /** What theory gives; null where it gives a bound alone. */
  readonly value: number | null
  /** What counts as agreement, both ends included. */
  readonly low: number
  readonly high: number
  /** In words: `within 0.5 %`, `at least`. */
  readonly rule: string
  /** `each`: every run must agree. `typical`: the interval of the median must. */
  readonly of: 'each' | 'typical'
}
