/** The runtime of a name, loaded only when it is asked for. */
import type { ContainersOptions } from './containers/containers-runtime.ts'
import type { RuntimeName, StartedRuntime } from './runtime.ts'
import type { SimOptions } from './sim/sim-runtime.ts'

export interface RuntimeOptions {
  /** For `sim` alone, and in this thread. */
  readonly sim?: SimOptions
  /** Threads for `sim`; left out: it runs in this one. */
  readonly workers?: number
  /** For `containers` alone. */
  readonly containers?: ContainersOptions
}

export async function startRuntime(
  name: RuntimeName,
  { sim, workers, containers }: RuntimeOptions,
): Promise<StartedRuntime> {
  if (name === 'processes') {
    const { processesRuntime } = await import('./processes/processes-runtime.ts')
    return { ...processesRuntime(), ...ONE_AT_A_TIME }
  }
  if (name === 'containers') {
    const { containersRuntime } = await import('./containers/containers-runtime.ts')
    return containersRuntime(containers ?? { isolate: false, notice: () => {} })
  }
  if (workers !== undefined) return (await import('./sim/sim-pool.ts')).pooledSimRuntime({ workers })
  return { ...(await import('./sim/sim-runtime.ts')).simRuntime(sim), ...ONE_AT_A_TIME }
}

const ONE_AT_A_TIME = { cellsAtOnce: 1, close: async () => {} } as const
