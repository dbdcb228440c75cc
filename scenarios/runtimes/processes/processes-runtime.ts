/**
 * Runtime `processes`: real TCP on loopback, links shaped in user space, real time. Every client of ours has a process of
 * its own, which the rig's does not disturb: what it costs is its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BLOCK_BYTES } from '../../../client/metainfo/geometry.ts'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import { clientResults, type LedgerPage } from '../client-ledger.ts'
import { fileSha256, syntheticSha256 } from '../plan-content.ts'
import type { RunContext, RunCosts, RunResult, Runtime } from '../runtime.ts'
import { seederResult } from '../served-blocks.ts'
import { startChild } from './child.ts'
import { clientFolder, type Ended, startClients } from './clients.ts'
import type { RigOrder, RigReport, Timekeeping } from './messages.ts'
import { contentPath } from './seed-content.ts'
import { sharedMs } from './shared-clock.ts'
import { type SwarmWatch, watchSwarm } from './swarm-watch.ts'
import { whyInvalid } from './timekeeping.ts'

const RIG = new URL('rig-process.ts', import.meta.url)
/** For orders to reach their processes, and for those to open their ports. */
const START_AHEAD_MS = 300

export function processesRuntime(): Runtime {
  return { name: 'processes', run: runInProcesses }
}

async function runInProcesses(plan: SwarmPlan, seed: number, { signal, progress }: RunContext): Promise<RunResult> {
  const startedMs = performance.now()
  const outDir = await mkdtemp(join(tmpdir(), 'swarmlab-'))
  const rig = startChild<RigOrder, RigReport>(RIG)
  const clients = startClients(plan, outDir)
  let watch: SwarmWatch | null = null
  try {
    signal.throwIfAborted()
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    rig.send({ type: 'start', plan, seed })
    const { torrent, peers } = await Promise.race([rig.next('ready'), aborted])
    await Promise.race([clients.waiting(), aborted])
    clients.onReport((client, report) => {
      if (client === 0 && report.type === 'progress') progress(report.progress)
    })
    const startMs = sharedMs() + START_AHEAD_MS
    watch = watchSwarm(plan, clients, startMs)
    rig.send({ type: 'measure', startMs })
    const ended = await Promise.race([clients.run({ startMs, torrent, peers }), aborted])
    const endedMs = sharedMs()
    watch.stop()
    rig.send({ type: 'finish' })
    const finished = await Promise.race([rig.next('timekeeping'), aborted])
    const failure = ended.find((each) => each.failure !== null)?.failure ?? null
    const pages = ended.map(({ page }) => page)
    return {
      observations: ended[0]!.observations,
      failure,
      endedSeconds: (endedMs - startMs) / 1000,
      clients: clientResults(clientsOf(plan), pages, startMs),
      swarm: watch.samples,
      seeders: finished.served.map((each) => seederResult(each, startMs)),
      contentMatches: plan.window === null && failure === null ? await contentMatches(plan, pages, outDir) : null,
      invalid: whyInvalid(finished.timekeeping, ended[0]!.waitedShare, plan.disturbedShareMax),
      client: ended[0]!.costs,
      traceHash: null,
      costs: costsOf((performance.now() - startedMs) / 1000, finished.timekeeping, ended),
    }
  } finally {
    watch?.stop()
    await Promise.all([rig.end(), clients.end()])
    await rm(outDir, { recursive: true, force: true })
  }
}

function costsOf(wallSeconds: number, timekeeping: Timekeeping, ended: readonly Ended[]): RunCosts {
  const { cpuSeconds: rigCpuSeconds, peakRssBytes, ...further } = timekeeping
  const receivedBytes = ended.reduce((sum, { page }) => sum + page.receivedBytes, 0)
  return {
    wallSeconds,
    cpuSeconds: ended.reduce((sum, { costs }) => sum + costs.cpuSeconds, rigCpuSeconds),
    peakRssBytes: Math.max(peakRssBytes, ...ended.map(({ costs }) => costs.peakRssBytes)),
    blocksPerSecond: receivedBytes / BLOCK_BYTES / wallSeconds,
    further: { ...further, rigCpuSeconds, clientWaitedShare: ended[0]!.waitedShare },
  }
}

/** At every client that was complete. */
async function contentMatches({ content }: SwarmPlan, pages: readonly LedgerPage[], outDir: string): Promise<boolean> {
  const wanted = syntheticSha256(content)
  for (const [index, { completedMs }] of pages.entries()) {
    if (completedMs === null) continue
    if ((await fileSha256(contentPath(content, clientFolder(outDir, index)))) !== wanted) return false
  }
  return true
}
