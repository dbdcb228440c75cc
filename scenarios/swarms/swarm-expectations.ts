/** What must hold of a swarm of clients of ours, in every runtime. */
import type { Expectation } from '../engine/scenario.ts'
import type { ClientResult } from '../runtimes/runtime.ts'
import { lastCompletionSeconds } from './swarm-measures.ts'

/** Those who left before they could be are not asked. */
export function allComplete(clients: readonly ClientResult[]): Expectation {
  const stayed = clients.filter(
    ({ leftSeconds, completedSeconds }) => leftSeconds === null || completedSeconds !== null,
  )
  const missing = stayed.filter(({ completedSeconds }) => completedSeconds === null).length
  return {
    claim: 'everybody who stays completes',
    holds: missing === 0,
    found: `${missing} of ${stayed.length} did not`,
  }
}

/** T3. Nothing to say where somebody never was complete: that is another expectation's. */
export function neverBeatsTheory(clients: readonly ClientResult[], minimumSeconds: number): Expectation[] {
  const last = lastCompletionSeconds(clients)
  if (last === null) return []
  return [
    {
      claim: `the last is not complete before ${minimumSeconds.toFixed(2)} s (T3)`,
      holds: last >= minimumSeconds,
      found: `it was complete after ${last.toFixed(2)} s`,
    },
  ]
}

/** A figure that is there and at least so much. */
export function atLeast(what: string, value: number | null | undefined, least: number): Expectation {
  return {
    claim: `${what} at least ${plain(least)}`,
    holds: (value ?? Number.NEGATIVE_INFINITY) >= least,
    found: foundOf(value),
  }
}

/** A figure that is there and at most so much. */
export function atMost(what: string, value: number | null | undefined, most: number): Expectation {
  return {
    claim: `${what} at most ${plain(most)}`,
    holds: (value ?? Number.POSITIVE_INFINITY) <= most,
    found: foundOf(value),
  }
}

/** Within a share of what is expected, on both sides. */
export function within(
  what: string,
  value: number | null | undefined,
  expected: number,
  tolerance: number,
): Expectation {
  return {
    claim: `${what} within ${plain(tolerance * 100)} % of ${plain(expected)}`,
    holds: Math.abs((value ?? Number.NaN) - expected) <= tolerance * expected,
    found: foundOf(value),
  }
}

function foundOf(value: number | null | undefined): string {
  return value === null || value === undefined ? 'there is none' : `it is ${plain(value)}`
}

function plain(value: number): string {
  return String(Number(value.toFixed(3)))
}
