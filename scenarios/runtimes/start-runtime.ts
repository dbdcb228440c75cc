/** The runtime of a name, loaded only when it is asked for. */
import type { CaptureFiles, Runtime, RuntimeName } from './runtime.ts'

/** `captures`: what the client under test sends and gets, for `sim` alone. */
export async function startRuntime(name: RuntimeName, captures: CaptureFiles): Promise<Runtime> {
  if (name === 'sim') return (await import('./sim/sim-runtime.ts')).simRuntime(captures)
  return (await import('./processes/processes-runtime.ts')).processesRuntime()
}
