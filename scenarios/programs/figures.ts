/** What every scenario measures of a client that is a program. */
import * as common from '../engine/common-parameters.ts'
import type { Figures } from '../engine/scenario.ts'
import type { SwarmPlan } from '../engine/swarm-plan.ts'
import type { RunResult } from '../runtimes/runtime.ts'

const GIB = 1024 * common.MIB

export function programFigures({ plan, result }: { readonly plan: SwarmPlan; readonly result: RunResult }): Figures {
  const { observations, client, contentMatches, endedEarly } = result
  const isRight = contentMatches !== false
  return {
    isComplete: observations.isComplete && isRight ? 1 : 0,
    endedEarly: endedEarly === true ? 1 : 0,
    wrongContent: observations.isComplete && !isRight ? 1 : 0,
    ...(client === null || !observations.isComplete
      ? {}
      : { cpuSecondsPerGib: (client.cpuSeconds / plan.content.totalBytes) * GIB }),
  }
}
