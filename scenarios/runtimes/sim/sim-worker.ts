/** A thread of `sim-pool.ts`: a swarm at a time, from plan and seed to result. */
import type { MessagePort } from 'node:worker_threads'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import type { RunResult } from '../runtime.ts'
import { runInSim } from './sim-runtime.ts'

export interface SimTask {
  readonly plan: SwarmPlan
  readonly seed: number
  /** Where progress goes. */
  readonly port: MessagePort
}

export function runTask({ plan, seed, port }: SimTask): RunResult {
  try {
    return runInSim(plan, seed, {}, (progress) => port.postMessage(progress))
  } finally {
    port.close()
  }
}
