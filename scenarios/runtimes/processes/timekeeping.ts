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
  readonly #workedMs: () => number
  #startedMs = 0
  #workedBeforeMs = 0
  #cpuBefore = process.cpuUsage()

  /** `workedMs`: time spent working, not waiting, so far. */
  constructor(workedMs: () => number) {
    this.#workedMs = workedMs
  }

  start(): void {
    this.#startedMs = performance.now()
    this.#workedBeforeMs = this.#workedMs()
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
      busyShare: (this.#workedMs() - this.#workedBeforeMs) / wallMs,
      cpuSeconds,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    }
  }
}

/** Why figures of this cell cannot be trusted; null when they can. */
export function whyInvalid({ latenessP99Ms, loopDelayP99Ms, busyShare }: Timekeeping): string | null {
  if (latenessP99Ms > LATENESS_P99_MS_MAX) {
    return `the rig was late: links ran ${latenessP99Ms.toFixed(1)} ms behind (99th percentile, bound ${LATENESS_P99_MS_MAX} ms)`
  }
  if (loopDelayP99Ms > LOOP_DELAY_P99_MS_MAX) {
    return `the rig was held up: event loop ${loopDelayP99Ms.toFixed(1)} ms late (99th percentile, bound ${LOOP_DELAY_P99_MS_MAX} ms)`
  }
  if (busyShare > BUSY_SHARE_MAX) {
    return `the rig saturated its core: ${Math.round(busyShare * 100)} % busy (bound ${BUSY_SHARE_MAX * 100} %)`
  }
  return null
}
