/** The runtime of a name, loaded only when it is asked for. */
import type { RuntimeName, StartedRuntime } from './runtime.ts'
import type { SimOptions } from './sim/sim-runtime.ts'

export interface RuntimeOptions {
  /** For `sim` alone, and in this thread. */
  readonly sim?: SimOptions
  /** Threads for `sim`; left out: it runs in this one. */
  readonly workers?: number
}

export async function startRuntime(name: RuntimeName, { sim, workers }: RuntimeOptions): Promise<StartedRuntime> {
  if (name === 'processes') {
    const { processesRuntime } = await import('./processes/processes-runtime.ts')
    return { ...processesRuntime(), ...ONE_AT_A_TIME }
  }
  if (workers !== undefined) return (await import('./sim/sim-pool.ts')).pooledSimRuntime({ workers })
  return { ...(await import('./sim/sim-runtime.ts')).simRuntime(sim), ...ONE_AT_A_TIME }
}

const ONE_AT_A_TIME = { cellsAtOnce: 1, close: async () => {} } as const
