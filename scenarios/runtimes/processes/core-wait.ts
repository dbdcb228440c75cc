/** How long this process stood in line for a core, as Linux counts it; 0 elsewhere. */
import { readFileSync } from 'node:fs'

const NS_PER_SECOND = 1e9

/** Of its main thread, since it began, in seconds. */
export function waitedForCoreSeconds(): number {
  try {
    // Time on a core, time runnable without one, and how often it got one.
    const [, waitedNs] = readFileSync('/proc/self/schedstat', 'utf8').split(' ')
    return Number(waitedNs) / NS_PER_SECOND
  } catch {
    return 0
  }
}
