/** Results of runs that never ran, for tests of what is made of them. */

import type { SwarmPlan } from '../engine/swarm-plan.ts'
import { clientsOf } from '../engine/swarm-plan.ts'
import type { ClientResult, RunResult } from '../runtimes/runtime.ts'

export function plantedResult(changes: Partial<RunResult> = {}, throughputBytesPerSecond = 1e6): RunResult {
  return {
    observations: {
      seconds: 10,
      isComplete: true,
      throughputBytesPerSecond,
      timeToFirstByteSeconds: 0.1,
      usefulBytes: 0,
      wastedBytes: 0,
      hashFailures: 0,
      requests: { first: 0, again: 0, endgame: 0 },
      requestsLost: 0,
      announcesFailed: 0,
      restart: null,
      samples: [],
      marks: [],
    },
    failure: null,
    endedSeconds: 10,
    clients: [],
    swarm: [],
    seeders: [],
    contentMatches: null,
    invalid: null,
    client: null,
    traceHash: '00c0ffee',
    costs: { wallSeconds: 1, cpuSeconds: 1, peakRssBytes: 1, blocksPerSecond: 1 },
    ...changes,
  }
}

/** Of every client of the plan: complete after so many seconds, unless `change` says otherwise. */
export function plantedClients(
  plan: SwarmPlan,
  completedSeconds: number,
  change: (index: number) => Partial<ClientResult> = () => ({}),
): ClientResult[] {
  return clientsOf(plan).map(({ group, isSeed, arrivesMs }, index) => ({
    group,
    isSeed,
    arrivedSeconds: arrivesMs / 1000,
    completedSeconds: isSeed ? 0 : completedSeconds,
    firstPieceSeconds: isSeed ? 0 : completedSeconds / 2,
    leftSeconds: null,
    sentBytes: 0,
    receivedBytes: isSeed ? 0 : plan.content.totalBytes,
    fromSeedsBytes: 0,
    fromGroupBytes: 0,
    unchokedBySeedsSeconds: isSeed ? 0 : 90,
    ...change(index),
  }))
}
