/**
 * Runtime `processes`: real TCP on loopback, links shaped in user space, real time. Every client of ours has a process of
 * its own, which the rig's does not disturb: what it costs is its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { syntheticName } from '../../../client/metainfo/synthetic-content.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { fileSha256, syntheticSha256 } from '../plan-content.ts'
import type { RunContext, RunResult, Runtime } from '../runtime.ts'
import { seederResult } from '../served-blocks.ts'
import { startChild } from './child.ts'
import { clientFolder, startClients } from './clients.ts'
import type { RigOrder, RigReport } from './messages.ts'
import { whyInvalid } from './timekeeping.ts'

const RIG = new URL('rig-process.ts', import.meta.url)

export function processesRuntime(): Runtime {
  return { name: 'processes', run: runInProcesses }
}

async function runInProcesses(plan: SwarmPlan, seed: number, { signal, progress }: RunContext): Promise<RunResult> {
  const startedMs = performance.now()
  const outDir = await mkdtemp(join(tmpdir(), 'swarmlab-'))
  const rig = startChild<RigOrder, RigReport>(RIG)
  const clients = startClients(plan, outDir)
  try {
    signal.throwIfAborted()
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    rig.send({ type: 'start', plan, seed })
    const { torrent, peers } = await Promise.race([rig.next('ready'), aborted])
    await Promise.race([clients.waiting(), aborted])
    clients.onReport((report) => {
      if (report.type === 'progress') progress(report.progress)
    })
    rig.send({ type: 'measure' })
    const { underTest: ended, leechers } = await Promise.race([clients.run({ torrent, peers }), aborted])
    rig.send({ type: 'finish' })
    const { timekeeping, served } = await Promise.race([rig.next('timekeeping'), aborted])
    const { startedMs: clientStartedMs } = ended
    const failure = [ended, ...leechers].find((each) => each.failure !== null)?.failure ?? null
    const wallSeconds = (performance.now() - startedMs) / 1000
    const { cpuSeconds, peakRssBytes, ...further } = timekeeping
    return {
      observations: ended.observations,
      failure,
      leecherSeconds: leechers.map(({ completedMs }) => completedMs && (completedMs - clientStartedMs) / 1000),
      seeders: served.map((each) => seederResult(each, clientStartedMs)),
      contentMatches: plan.window === null && failure === null ? await contentMatches(plan, outDir) : null,
      invalid: whyInvalid(timekeeping, ended.waitedShare, plan.disturbedShareMax),
      client: ended.costs,
      traceHash: null,
      costs: {
        wallSeconds,
        cpuSeconds: cpuSeconds + ended.costs.cpuSeconds,
        peakRssBytes: Math.max(peakRssBytes, ended.costs.peakRssBytes),
        blocksPerSecond: ended.observations.usefulBytes / 16_384 / wallSeconds,
        further: { ...further, rigCpuSeconds: cpuSeconds, clientWaitedShare: ended.waitedShare },
      },
    }
  } finally {
    await Promise.all([rig.end(), clients.end()])
    await rm(outDir, { recursive: true, force: true })
  }
}

/** At every client. */
async function contentMatches({ content, leechers }: SwarmPlan, outDir: string): Promise<boolean> {
  const wanted = syntheticSha256(content)
  for (let index = 0; index <= leechers.length; index++) {
    const file = join(clientFolder(outDir, index), syntheticName(content.totalBytes, content.contentSeed))
    if ((await fileSha256(file)) !== wanted) return false
  }
  return true
}
