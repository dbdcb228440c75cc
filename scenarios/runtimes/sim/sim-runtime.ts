/** Runtime `sim`: simulated links in one thread, virtual time, same seed -> same bytes. */
import { openCaptures } from '../../../client/node/captures.ts'
import { printProblem } from '../../../client/node/output.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { CLIENT_HOST } from '../addresses.ts'
import type { CaptureFiles, RunResult, Runtime } from '../runtime.ts'
import { seederResult } from '../served-blocks.ts'
import { SimSwarm } from './sim-swarm.ts'

/** A run replaces what the one before has captured. */
export function simRuntime(files: CaptureFiles = { trace: undefined, pcap: undefined }): Runtime {
  return {
    name: 'sim',
    run: (plan, seed) => Promise.resolve(runInSim(plan, seed, files)),
  }
}

function runInSim(plan: SwarmPlan, seed: number, files: CaptureFiles): RunResult {
  const startedMs = performance.now()
  const cpuBefore = process.cpuUsage()
  const swarm = new SimSwarm(plan, seed)
  const captures = openCaptures({
    ...files,
    clock: swarm.simulation.clock,
    originUnixMs: 0,
    localHost: CLIENT_HOST,
    pieceCount: () => swarm.pieceCount,
    failed: printProblem,
  })
  swarm.run(captures)
  captures.close()
  const wallSeconds = (performance.now() - startedMs) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  const startMs = swarm.startedMs ?? 0
  const observations = swarm.collector.observations(swarm.simulation.nowMs)
  return {
    observations,
    failure: swarm.failure,
    leecherSeconds: swarm.completedMs.map((atMs) => (atMs === null ? null : (atMs - startMs) / 1000)),
    seeders: swarm.served.map(({ served }) => seederResult(served, startMs)),
    contentMatches: plan.window === null ? swarm.contentMatches() : null,
    invalid: null,
    client: null,
    traceHash: swarm.simulation.trace.digest(),
    costs: {
      wallSeconds,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      blocksPerSecond: observations.usefulBytes / 16_384 / wallSeconds,
    },
  }
}
