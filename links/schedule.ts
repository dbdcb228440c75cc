/**
 * Links that vary with time: what a link is at a moment, and how much passes through it between two. Pure.
 *
 * A change holds from its `atMs` on and leaves what it does not name; of two at one time the later in the list counts.
 * What is on its way when the rate changes goes on at the new one.
 */
import type { Link, LinkChange } from './link.ts'

/** The link with all changes up to and at `atMs`. It has no schedule any more: it is the link of that moment. */
export function linkAt(link: Link, atMs: number): Link {
  const { schedule = [], ...now } = link
  return schedule.reduce((changed, change) => (change.atMs > atMs ? changed : changedBy(changed, change)), now)
}

/** The moments after `afterMs` at which the link changes, each once, in the order of time. */
export function changeTimesMs({ schedule = [] }: Link, afterMs: number): readonly number[] {
  return schedule.map(({ atMs }) => atMs).filter((atMs, index) => atMs > afterMs && atMs !== schedule[index - 1]?.atMs)
}

/** What is wrong with a schedule, in one line; null: nothing. */
export function scheduleProblem({ schedule = [] }: Link): string | null {
  for (const [index, { atMs, lossRate, ...amounts }] of schedule.entries()) {
    const name = `schedule[${index}]`
    if (!(atMs >= 0 && Number.isFinite(atMs))) return `${name}.atMs: expected 0 or more, received ${atMs}`
    if (atMs < (schedule[index - 1]?.atMs ?? 0)) return `${name}.atMs: expected the order of time, received ${atMs}`
    for (const [field, value] of Object.entries(amounts)) {
      const isAmount = value === null ? field !== 'rttMs' : value >= 0 && Number.isFinite(value)
      if (!isAmount) return `${name}.${field}: expected 0 or more, received ${value}`
    }
    if (lossRate !== undefined && !(lossRate >= 0 && lossRate < 1)) {
      return `${name}.lossRate: expected 0 to below 1, received ${lossRate}`
    }
  }
  return null
}

/**
 * The bytes that can pass in one direction between two moments: the rate, integrated. Infinity where it is unlimited
 * for any time between them. This is what bounds a distribution where links vary (T3).
 */
export function capacityBytesBetween(link: Link, fromMs: number, toMs: number, direction: 'up' | 'down'): number {
  const momentsMs = [fromMs, ...changeTimesMs(link, fromMs).filter((atMs) => atMs < toMs), toMs]
  let bytes = 0
  for (const [index, startMs] of momentsMs.entries()) {
    const endMs = momentsMs[index + 1]
    if (endMs === undefined || endMs <= startMs) continue
    const { upBytesPerSecond, downBytesPerSecond } = linkAt(link, startMs)
    const rate = direction === 'up' ? upBytesPerSecond : downBytesPerSecond
    if (rate === null) return Number.POSITIVE_INFINITY
    bytes += (rate * (endMs - startMs)) / 1000
  }
  return bytes
}

function changedBy(link: Link, { atMs: _, ...change }: LinkChange): Link {
  return { ...link, ...change }
}
