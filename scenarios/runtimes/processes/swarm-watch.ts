/** The swarm as a whole, from what the processes of its clients report, looked at as often as the plan says. */
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { clientsOf } from '../../engine/swarm-plan.ts'
import type { SwarmSample } from '../runtime.ts'
import { SwarmCensus } from '../swarm-census.ts'
import type { Clients } from './clients.ts'
import { sharedMs } from './shared-clock.ts'

export interface SwarmWatch {
  readonly samples: readonly SwarmSample[]
  stop(): void
}

/** `startMs` is the start of the clients. What they stored is known a tenth of a second late. */
export function watchSwarm(plan: SwarmPlan, clients: Clients, startMs: number): SwarmWatch {
  const { sampleEveryMs, content } = plan
  const samples: SwarmSample[] = []
  if (sampleEveryMs === null) return { samples, stop: () => {} }
  const census = new SwarmCensus(Math.ceil(content.totalBytes / content.pieceLengthBytes))
  const plans = clientsOf(plan)
  clients.onReport((client, report) => {
    if (report.type === 'arrived') census.arrived(client, plans[client]!.isSeed)
    else if (report.type === 'stored') for (const piece of report.pieces) census.stored(client, piece)
    else if (report.type === 'completed') census.completed(client)
    else if (report.type === 'left') census.left(client)
  })
  clients.onCrash(() => census.away(0))
  let nextMs = 0
  const look = () => {
    const tMs = sharedMs() - startMs
    if (tMs >= nextMs) samples.push(census.sample(tMs))
    nextMs = Math.max(nextMs, Math.floor(tMs / sampleEveryMs + 1) * sampleEveryMs)
    timer = setTimeout(look, Math.max(1, nextMs - tMs))
  }
  let timer = setTimeout(look, Math.max(1, startMs - sharedMs()))
  return { samples, stop: () => clearTimeout(timer) }
}
