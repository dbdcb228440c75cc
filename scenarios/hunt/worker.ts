/** Hunts some seeds, in a thread of its own. Of each thing that is found it gives the smallest schedule on request. */
import { drawSchedule } from './draw.ts'
import { type Finding, runSchedule } from './run.ts'
import type { Schedule } from './schedule.ts'
import { shrink } from './shrink.ts'

/** Of a seed, or all of it that is worth telling. */
export interface SeedResult {
  readonly seed: number
  readonly finding: Finding | null
  readonly events: number
  readonly virtualMs: number
  /** How much of the time that it may take the liveness phase took; null: it did not come to its end. */
  readonly livenessShare: number | null
}

export type HuntTask =
  | { readonly kind: 'hunt'; readonly seeds: readonly number[] }
  | { readonly kind: 'shrink'; readonly seed: number; readonly property: string }

const SHRINK_RUNS_MAX = 600

export function hunt(seeds: readonly number[]): SeedResult[] {
  return seeds.map((seed) => {
    const { finding, events, tookMs, livenessMs, livenessMaxMs } = runSchedule(drawSchedule(seed))
    const livenessShare = livenessMs === null ? null : livenessMs / livenessMaxMs
    return { seed, finding, events, virtualMs: tookMs, livenessShare }
  })
}

export function smallest(seed: number, property: string): Schedule {
  const fails = (candidate: Schedule) => runSchedule(candidate).finding?.property === property
  return shrink(drawSchedule(seed), fails, SHRINK_RUNS_MAX)
}

/** What piscina calls. */
export function run(task: HuntTask): readonly SeedResult[] | Schedule {
  return task.kind === 'hunt' ? hunt(task.seeds) : smallest(task.seed, task.property)
}
