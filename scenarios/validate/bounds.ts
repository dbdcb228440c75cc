/** What no run can beat, of whatever plan: T3, the minimum distribution time, and the capacity of all uplinks. */
import { sum } from 'simple-statistics'
import { distributionTime } from '../engine/swarm-figures.ts'
import { clientsOf, type SwarmPlan } from '../engine/swarm-plan.ts'
import { payloadRate } from '../engine/theory.ts'
import type { RunResult } from '../runtimes/runtime.ts'

/** How many times the minimum (T3) the run took: below 1 nobody can be. Null: nobody was complete. */
export function timesMinimum(plan: SwarmPlan, result: RunResult): number | null {
  const time = distributionTime(plan, result)
  return time === null ? null : time.tookSeconds / time.minimumSeconds
}

/**
 * Payload that the clients have received from each other, useful and once, over what the uplinks of all of them, seeds
 * too, could have sent while they were there, until `untilSeconds` from their start. Above 1 nobody can be; uplinks
 * without a limit make it 0.
 */
export function uploadUtilisation(plan: SwarmPlan, { clients }: RunResult, untilSeconds: number): number {
  const capacityBytes = clientsOf(plan).map(({ link }, index) => {
    const { arrivedSeconds, leftSeconds } = clients[index]!
    const presentSeconds = Math.max(0, Math.min(leftSeconds ?? untilSeconds, untilSeconds) - arrivedSeconds)
    const rate = link.upBytesPerSecond === null ? Number.POSITIVE_INFINITY : payloadRate(link.upBytesPerSecond)
    return presentSeconds === 0 ? 0 : rate * presentSeconds
  })
  return sum(clients.map(({ receivedBytes }) => receivedBytes)) / sum(capacityBytes)
}
