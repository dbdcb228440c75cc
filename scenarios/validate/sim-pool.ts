/** Plans through `sim`, several at once: what a run gives does not depend on the thread that it ran in. */
import { Piscina } from 'piscina'
import type { RunPlan } from './run-checks.ts'
import type { SimOrder } from './sim-worker.ts'

export interface SimPool {
  readonly run: RunPlan
  close(): Promise<void>
}

/** An aborted `signal` gives up what runs: its promises reject. */
export function openSimPool(workers: number, signal: AbortSignal): SimPool {
  const pool = new Piscina({
    filename: new URL('./sim-worker.ts', import.meta.url).href,
    minThreads: 1,
    maxThreads: workers,
    // Each swarm has its content in memory: a plan is made when a thread is free for it.
    concurrentTasksPerWorker: 1,
  })
  return {
    run: (plan, seed) => pool.run({ plan, seed } satisfies SimOrder, { name: 'runPlan', signal }),
    close: () => pool.destroy(),
  }
}
