/** In a thread of its own: one plan after another through `sim`. Loaded by `sim-pool.ts`. */
import type { SwarmPlan } from '../engine/swarm-plan.ts'
import type { RunResult } from '../runtimes/runtime.ts'
import { runInSim } from '../runtimes/sim/sim-runtime.ts'

export interface SimOrder {
  readonly plan: SwarmPlan
  readonly seed: number
}

export function runPlan({ plan, seed }: SimOrder): RunResult {
  return runInSim(plan, seed, {}, () => {})
}
