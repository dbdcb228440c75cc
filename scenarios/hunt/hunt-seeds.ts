/** Many seeds, over threads: what was found, told as it comes, and the smallest schedule for each thing that is new. */
import { Piscina } from 'piscina'
import type { Regression } from './regression.ts'
import type { Schedule } from './schedule.ts'
import type { HuntTask, SeedResult } from './worker.ts'

export interface HuntOptions {
  readonly from: number
  readonly seeds: number
  readonly workers: number
}

export interface HuntObserver {
  progressed(done: number, found: number): void
  found(result: SeedResult): void
  /** The first of its property. */
  shrunk(regression: Regression): Promise<void>
}

export interface HuntFigures {
  readonly done: number
  readonly found: number
  readonly events: number
  readonly virtualMs: number
  /** The largest share of its bound that a liveness phase took. */
  readonly livenessShareMax: number
}

/** Enough for a thread to be busy for half a second. */
const SEEDS_PER_TASK = 10

export async function huntSeeds({ from, seeds, workers }: HuntOptions, observer: HuntObserver): Promise<HuntFigures> {
  const pool = new Piscina({
    filename: new URL('./worker.ts', import.meta.url).href,
    name: 'run',
    minThreads: 1,
    maxThreads: workers,
  })
  const figures = { done: 0, found: 0, events: 0, virtualMs: 0, livenessShareMax: 0 }
  const findings: SeedResult[] = []
  const take = (results: readonly SeedResult[]): void => {
    for (const result of results) {
      figures.done++
      figures.events += result.events
      figures.virtualMs += result.virtualMs
      figures.livenessShareMax = Math.max(figures.livenessShareMax, result.livenessShare ?? 0)
      if (result.finding === null) continue
      figures.found++
      findings.push(result)
      observer.found(result)
    }
    observer.progressed(figures.done, figures.found)
  }
  const run = async (task: HuntTask) => pool.run(task)
  try {
    const tasks = tasksOf(from, seeds)
    await Promise.all(tasks.map(async (task) => take((await run(task)) as SeedResult[])))
    for (const result of firstOfEach(findings)) await observer.shrunk(await smallestOf(result))
  } finally {
    await pool.destroy()
  }
  return figures

  async function smallestOf({ seed, finding }: SeedResult): Promise<Regression> {
    const { property, detail } = finding!
    return { property, detail, seed, schedule: (await run({ kind: 'shrink', seed, property })) as Schedule }
  }
}

function tasksOf(from: number, seeds: number): HuntTask[] {
  return Array.from({ length: Math.ceil(seeds / SEEDS_PER_TASK) }, (_, index) => {
    const first = from + index * SEEDS_PER_TASK
    const count = Math.min(SEEDS_PER_TASK, from + seeds - first)
    return { kind: 'hunt', seeds: Array.from({ length: count }, (_, each) => first + each) }
  })
}

/** Of each property the one with the lowest seed: threads finish in any order. */
function firstOfEach(findings: readonly SeedResult[]): SeedResult[] {
  const first = new Map<string, SeedResult>()
  for (const result of [...findings].sort((a, b) => a.seed - b.seed)) {
    const property = result.finding!.property
    if (!first.has(property)) first.set(property, result)
  }
  return [...first.values()]
}
