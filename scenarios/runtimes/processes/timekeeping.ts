/** Does the rig keep time? Lateness of the link model's events, delay of the event loop, and load, over one cell. */
import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Timekeeping } from './messages.ts'

/**
 * One event in a hundred may be this late. Lateness does not add up, so it costs one round trip in a hundred: at the
 * shortest swept, 20 ms, that is 1 %, a fifth of what a scenario tolerates.
 */
const LATENESS_P99_MS_MAX = 20
/** Asked every millisecond; a loop that answers later than this is held up by something else than its deadlines. */
const LOOP_DELAY_P99_MS_MAX = 20
/** Of one core. Beyond it the rig is the limit, not the client. */
const BUSY_SHARE_MAX = 0.9

const NS_PER_MS = 1e6

export class TimekeepingMeter {
  readonly #lateness = createHistogram()
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 1 })
  readonly #spent: () => { readonly workedMs: number; readonly behindMs: number }
  #startedMs = 0
  #before = { workedMs: 0, behindMs: 0 }
  #cpuBefore = process.cpuUsage()

  /** `spent`: time spent working and not waiting, and time behind, so far. */
  constructor(spent: () => { readonly workedMs: number; readonly behindMs: number }) {
    this.#spent = spent
  }

  start(): void {
    this.#startedMs = performance.now()
    const { workedMs, behindMs } = this.#spent()
    this.#before = { workedMs, behindMs }
    this.#cpuBefore = process.cpuUsage()
    this.#lateness.reset()
    this.#loopDelay.enable()
    this.#loopDelay.reset()
  }

  ranLate(latenessMs: number): void {
    this.#lateness.record(Math.max(1, Math.round(latenessMs * NS_PER_MS)))
  }

  read(): Timekeeping {
    const { user, system } = process.cpuUsage(this.#cpuBefore)
    const cpuSeconds = (user + system) / 1e6
    const wallMs = performance.now() - this.#startedMs
    return {
      latenessP99Ms: this.#lateness.percentile(99) / NS_PER_MS,
      latenessMaxMs: this.#lateness.max > Number.MAX_SAFE_INTEGER ? 0 : this.#lateness.max / NS_PER_MS,
      loopDelayP99Ms: this.#loopDelay.percentile(99) / NS_PER_MS,
      behindShare: (this.#spent().behindMs - this.#before.behindMs) / wallMs,
      busyShare: (this.#spent().workedMs - this.#before.workedMs) / wallMs,
      cpuSeconds,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    }
  }
}

/** Why figures of this cell cannot be trusted; null when they can. */
export function whyInvalid(
  { latenessP99Ms, loopDelayP99Ms, behindShare, busyShare }: Timekeeping,
  waitedShare: number,
  disturbedShareMax: number,
): string | null {
  const checks: readonly (readonly [string, number, number, string])[] = [
    ['links ran late (99th percentile)', latenessP99Ms, LATENESS_P99_MS_MAX, 'ms'],
    ['the event loop of the rig was late (99th percentile)', loopDelayP99Ms, LOOP_DELAY_P99_MS_MAX, 'ms'],
    ['the rig worked', busyShare * 100, BUSY_SHARE_MAX * 100, '% of the time'],
    ['the rig was behind', behindShare * 100, disturbedShareMax * 100, '% of the time'],
    ['the client waited for a core', waitedShare * 100, disturbedShareMax * 100, '% of the time'],
  ]
  const broken = checks.find(([, found, bound]) => found > bound)
  if (broken === undefined) return null
  const [what, found, bound, unit] = broken
  return `${what}: ${found.toFixed(1)} ${unit}, bound ${bound} ${unit}`
}
