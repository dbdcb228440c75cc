/** What a client of a plan is told of itself, in every runtime. */
import type { DownloadChoices } from '../../client/swarm/settings.ts'
import type { ClientPlan } from '../engine/swarm-plan.ts'

export function choicesOf(plan: ClientPlan): Partial<DownloadChoices> {
  const { pipelineDepth, peersMax, picker, uploadSlots, fastResume, isSeed, seedsMs } = plan
  return { pipelineDepth, peersMax, picker, uploadSlots, fastResume, seeds: seedsMs !== 0, seedOnly: isSeed }
}
