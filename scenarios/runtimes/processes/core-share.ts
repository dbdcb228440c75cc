/** This process and the cores: how long it stood in line for one, as Linux counts it, and a better place in that line. */
import { readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const NS_PER_SECOND = 1e9

/** Of the main thread, since it began, in seconds; 0 where the system does not tell. */
export function waitedForCoreSeconds(): number {
  try {
    // Time on a core, time runnable without one, and how often it got one.
    const [, waitedNs] = readFileSync('/proc/self/schedstat', 'utf8').split(' ')
    return Number(waitedNs) / NS_PER_SECOND
  } catch {
    return 0
  }
}

/**
 * Ahead of other programs, so that what they do is not measured; rig and client alike, so that neither is favoured.
 * Only some users may; for others the cell is marked invalid where it mattered.
 */
export function goAheadOfOthers(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH)
  } catch {
    // As it is, then.
  }
}
