/**
 * Runtime `sim` in worker threads: a swarm has a thread to itself, so several cells run side by side, what they give is
 * the same as in one thread, and whoever waits for them can still end them.
 */
import { totalmem } from 'node:os'
import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { CellDied } from '../cell-died.ts'
import type { RunContext, RunProgress, RunResult, StartedRuntime } from '../runtime.ts'
import type { SimTask } from './sim-worker.ts'

const WORKER = new URL('./sim-worker.ts', import.meta.url).href
/** Of the machine's memory, for the heaps of all threads together. */
const MEMORY_SHARE = 0.8
const MIB = 1_048_576

export interface SimPoolOptions {
  readonly workers: number
  /** Of the heap of each thread; left out: a share of what the machine has. */
  readonly heapMib?: number
}

export function pooledSimRuntime({ workers, heapMib = heapShareMib(workers) }: SimPoolOptions): StartedRuntime {
  const pool = new Piscina({
    filename: WORKER,
    minThreads: workers,
    maxThreads: workers,
    resourceLimits: { maxOldGenerationSizeMb: heapMib },
  })
  return {
    name: 'sim',
    cellsAtOnce: workers,
    run: (plan, seed, context) => runInPool(pool, { plan, seed }, context, heapMib),
    close: () => pool.destroy(),
  }
}

async function runInPool(
  pool: Piscina,
  { plan, seed }: { readonly plan: SwarmPlan; readonly seed: number },
  { signal, progress }: RunContext,
  heapMib: number,
): Promise<RunResult> {
  const { port1, port2 } = new MessageChannel()
  port1.on('message', (told: RunProgress) => progress(told))
  const startedMs = performance.now()
  const task: SimTask = { plan, seed, port: port2 }
  try {
    return await pool.run(task, { name: 'runTask', transferList: [port2], signal })
  } catch (error) {
    signal.throwIfAborted()
    const how = deathOf(error, heapMib)
    throw how === null ? error : new CellDied(how, (performance.now() - startedMs) / 1000)
  } finally {
    port1.close()
  }
}

/** How the thread died; null: it lives, and what it ran threw this. */
function deathOf(error: unknown, heapMib: number): string | null {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `the thread of this cell needed more than ${heapMib} MiB: run fewer at once with --workers`
  }
  return /worker exited/i.test(message) ? `the thread of this cell died: ${message}` : null
}

function heapShareMib(workers: number): number {
  return Math.floor((totalmem() * MEMORY_SHARE) / workers / MIB)
}
