/**
 * Runtime `processes`: real TCP on loopback, links shaped in user space, real time. The client under test has a process
 * of its own, which the rig's does not disturb: what it costs is its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { syntheticName } from '../../../client/metainfo/synthetic-content.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { fileSha256, syntheticSha256 } from '../plan-content.ts'
import type { RunContext, RunResult, Runtime } from '../runtime.ts'
import { startChild } from './child.ts'
import type { ClientOrder, ClientReport, RigOrder, RigReport } from './messages.ts'
import { whyInvalid } from './timekeeping.ts'

const RIG = new URL('rig-process.ts', import.meta.url)
const CLIENT = new URL('client-process.ts', import.meta.url)

export function processesRuntime(): Runtime {
  return { name: 'processes', run: runInProcesses }
}

async function runInProcesses(plan: SwarmPlan, seed: number, { signal, progress }: RunContext): Promise<RunResult> {
  const startedMs = performance.now()
  const outDir = await mkdtemp(join(tmpdir(), 'swarmlab-'))
  const rig = startChild<RigOrder, RigReport>(RIG)
  const client = startChild<ClientOrder, ClientReport>(CLIENT)
  try {
    signal.throwIfAborted()
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    rig.send({ type: 'start', plan, seed })
    const { torrent, peers } = await Promise.race([rig.next('ready'), aborted])
    client.onReport((report) => {
      if (report.type === 'progress') progress(report.progress)
    })
    rig.send({ type: 'measure' })
    client.send({ plan, torrent, peers, outDir })
    const ended = await Promise.race([client.next('ended'), aborted])
    rig.send({ type: 'finish' })
    const { timekeeping } = await Promise.race([rig.next('timekeeping'), aborted])
    const wallSeconds = (performance.now() - startedMs) / 1000
    const { cpuSeconds, peakRssBytes, ...further } = timekeeping
    return {
      observations: ended.observations,
      failure: ended.failure,
      contentMatches: plan.window === null && ended.failure === null ? await contentMatches(plan, outDir) : null,
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
    await Promise.all([rig.end(), client.end()])
    await rm(outDir, { recursive: true, force: true })
  }
}

async function contentMatches({ content }: SwarmPlan, outDir: string): Promise<boolean> {
  const file = join(outDir, syntheticName(content.totalBytes, content.contentSeed))
  return (await fileSha256(file)) === syntheticSha256(content)
}
