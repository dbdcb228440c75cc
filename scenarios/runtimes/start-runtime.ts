/** The runtime of a name, loaded only when it is asked for. */
import type { Runtime, RuntimeName } from './runtime.ts'

export async function startRuntime(name: RuntimeName): Promise<Runtime> {
  if (name === 'sim') return (await import('./sim/sim-runtime.ts')).simRuntime()
  return (await import('./processes/processes-runtime.ts')).processesRuntime()
}
