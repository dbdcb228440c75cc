/**
 * T3 (Kumar and Ross 2006) for a whole plan: no protocol distributes the content sooner. Three things must have happened
 * by the time the last leecher is complete: the seeds have sent each byte once, every leecher's downlink has taken all of
 * it since its arrival, and all uplinks together have sent it once for each leecher. Capacities are payload, integrated
 * over time where links vary.
 *
 * It is a bound, so whatever cannot be known beforehand counts in its favour: who leaves gives until the end, and a
 * scripted peer whose script changes its uplink has the best of all these rates from the start.
 */
import type { Link } from '../../links/link.ts'
import { changeTimesMs, linkAt } from '../../links/schedule.ts'
import { type ClientPlan, clientsOf, type SeederPlan, type SwarmPlan } from './swarm-plan.ts'
import { payloadRate } from './theory.ts'

/** Somebody who gives, from a moment on. */
interface Giver {
  readonly link: Link
  readonly fromMs: number
}

/**
 * From the arrival of the first leecher to the completion of the last, in seconds. `isCounted`: by the client's place,
 * 0 being the one under test; left out, all that do not come as seeds. Infinity: never.
 */
export function minimumDistribution(plan: SwarmPlan, isCounted: (clientIndex: number) => boolean = () => true): number {
  const leechers = clientsOf(plan).filter((client, index) => !client.isSeed && isCounted(index))
  if (leechers.length === 0) return 0
  const { totalBytes } = plan.content
  const startMs = firstArrivalMs(plan)
  const seeds = [
    ...plan.seeders.map(asGiver),
    ...clientsOf(plan)
      .filter(({ isSeed }) => isSeed)
      .map(asArriving),
  ]
  const all = [
    ...seeds,
    ...clientsOf(plan)
      .filter(({ isSeed }) => !isSeed)
      .map(asArriving),
  ]
  const endsMs = [
    filledMs(seeds, 'up', startMs, totalBytes),
    filledMs(all, 'up', startMs, totalBytes * leechers.length),
    ...leechers.map((leecher) => filledMs([asArriving(leecher)], 'down', startMs, totalBytes)),
  ]
  return (endsMs.reduce((latest, endMs) => Math.max(latest, endMs), startMs) - startMs) / 1000
}

/** Of a leecher, from the start of the clients. */
export function firstArrivalMs(plan: SwarmPlan): number {
  let firstMs = Number.POSITIVE_INFINITY
  for (const { isSeed, arrivesMs } of clientsOf(plan)) if (!isSeed) firstMs = Math.min(firstMs, arrivesMs)
  return firstMs
}

function asArriving({ link, arrivesMs }: ClientPlan): Giver {
  return { link, fromMs: arrivesMs }
}

function asGiver({ link, script }: SeederPlan): Giver {
  const rates = script.flatMap(({ do: { behaviour, upBytesPerSecond } }) =>
    behaviour === 'slow-down' && typeof upBytesPerSecond === 'number' ? [upBytesPerSecond] : [],
  )
  if (link.upBytesPerSecond === null || rates.length === 0) return { link, fromMs: 0 }
  return { link: { ...link, upBytesPerSecond: Math.max(link.upBytesPerSecond, ...rates) }, fromMs: 0 }
}

/** A rate that changes: from `atMs` on so much more a second, or less; `unlimited` counts those without a limit. */
interface RateStep {
  readonly atMs: number
  readonly bytesPerSecond: number
  readonly unlimited: number
}

/** When so many bytes of payload have passed through all of these together, no sooner than `startMs`. */
function filledMs(givers: readonly Giver[], direction: 'up' | 'down', startMs: number, bytes: number): number {
  const steps = givers.flatMap((giver) => stepsOf(giver, direction, startMs)).sort((a, b) => a.atMs - b.atMs)
  let missing = bytes / payloadRate(1)
  let bytesPerSecond = 0
  let unlimited = 0
  for (const [index, step] of steps.entries()) {
    bytesPerSecond += step.bytesPerSecond
    unlimited += step.unlimited
    const nextMs = steps[index + 1]?.atMs ?? Number.POSITIVE_INFINITY
    if (nextMs === step.atMs) continue
    if (unlimited > 0) return step.atMs
    const endMs = step.atMs + (missing * 1000) / bytesPerSecond
    if (endMs <= nextMs) return endMs
    missing -= (bytesPerSecond * (nextMs - step.atMs)) / 1000
  }
  return Number.POSITIVE_INFINITY
}

function stepsOf({ link, fromMs }: Giver, direction: 'up' | 'down', startMs: number): RateStep[] {
  const firstMs = Math.max(startMs, fromMs)
  let before: number | null = 0
  return [firstMs, ...changeTimesMs(link, firstMs)].map((atMs) => {
    const { upBytesPerSecond, downBytesPerSecond } = linkAt(link, atMs)
    const rate = direction === 'up' ? upBytesPerSecond : downBytesPerSecond
    const unlimited = Number(rate === null) - Number(before === null)
    const step = { atMs, bytesPerSecond: (rate ?? 0) - (before ?? 0), unlimited }
    before = rate
    return step
  })
}
