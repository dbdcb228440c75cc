/** What the scripted peers saw of a program that was alone with them, as observations of it. */
import type { Observations } from '../../engine/observations.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import type { SeederResult } from '../runtime.ts'

/**
 * Bytes are those that the peers sent, corrupt ones included: what exceeds the content was wasted. A block counts from
 * the moment its request had arrived at the peer.
 */
export function seenFromOutside(
  { client, others, content }: SwarmPlan,
  own: Observations,
  seeders: readonly SeederResult[],
): Observations {
  if (client.program === undefined || others.length > 0) return own
  const sentBytes = seeders.reduce((sum, { bytes }) => sum + bytes, 0)
  const firstSeconds = Math.min(...seeders.map((each) => each.firstSeconds ?? Number.POSITIVE_INFINITY))
  const lastSeconds = Math.max(...seeders.map((each) => each.lastSeconds ?? Number.NEGATIVE_INFINITY))
  if (sentBytes === 0) return own
  const usefulBytes = Math.min(sentBytes, content.totalBytes)
  return {
    ...own,
    timeToFirstByteSeconds: firstSeconds,
    throughputBytesPerSecond: lastSeconds > firstSeconds ? usefulBytes / (lastSeconds - firstSeconds) : null,
    usefulBytes,
    wastedBytes: sentBytes - usefulBytes,
  }
}
