/** One cell in real time: the rig is brought up, the clients live, all report. Where the processes run, the stage says. */
import { BLOCK_BYTES } from '../../../client/metainfo/geometry.ts'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import type { Site } from '../addresses.ts'
import { clientResults, type LedgerPage } from '../client-ledger.ts'
import { filesSha256, syntheticSha256 } from '../plan-content.ts'
import type { ProcessCosts, RunContext, RunCosts, RunResult } from '../runtime.ts'
import { seederResult } from '../served-blocks.ts'
import { type ClientChild, clientFolder, type Ended, startClients } from './clients.ts'
import type { Timekeeping } from './messages.ts'
import type { WholeRig } from './rig-parts.ts'
import { contentFiles } from './seed-content.ts'
import { seenFromOutside } from './seen-from-outside.ts'
import { sharedMs } from './shared-clock.ts'
import { type SwarmWatch, watchSwarm } from './swarm-watch.ts'
import { whyInvalid } from './timekeeping.ts'

/** For orders to reach their processes, and for those to open their ports. */
const START_AHEAD_MS = 300
/** And for programs to be up but for their beginning, in containers too. */
const PROGRAMS_AHEAD_MS = 1_500

/** Processes of a cell, started; whoever made the stage clears it away. */
export interface Stage {
  readonly site: Site
  readonly rig: WholeRig
  /** One for each client of the plan, and one more that waits where the client under test is to crash. */
  readonly clients: readonly ClientChild[]
  /** Of this cell, and what its processes call it. */
  readonly outDir: string
  readonly outDirInside: string
  /** Every client's folder is as it must be. */
  foldersReady(): Promise<void>
  /** What was counted from outside since the clients started; null: nobody counts. */
  readonly account: StageAccount | null
}

export interface StageAccount {
  start(): Promise<void>
  stop(): void
  read(): Promise<{ readonly client: ProcessCosts; readonly further: Readonly<Record<string, number>> }>
}

export async function runOnStage(
  stage: Stage,
  plan: SwarmPlan,
  seed: number,
  { signal, progress }: RunContext,
): Promise<RunResult> {
  const startedMs = performance.now()
  const { rig, account, outDir } = stage
  const clients = startClients(plan, stage)
  let watch: SwarmWatch | null = null
  try {
    signal.throwIfAborted()
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    aborted.catch(() => {})
    const { torrent, peers } = await Promise.race([rig.start(plan, seed, stage.site), aborted])
    await Promise.race([clients.waiting(), aborted])
    await stage.foldersReady()
    const programSeeds = await Promise.race([clients.seedPrograms(torrent), aborted])
    if (programSeeds > 0) await Promise.race([rig.awaitPeers(plan.seeders.length + programSeeds), aborted])
    clients.onReport((client, report) => {
      if (client === 0 && report.type === 'progress') progress(report.progress)
    })
    await account?.start()
    const hasPrograms = clientsOf(plan).some(({ program }) => program !== undefined)
    const startMs = sharedMs() + (hasPrograms ? PROGRAMS_AHEAD_MS : START_AHEAD_MS)
    watch = watchSwarm(plan, clients, startMs)
    rig.measure(startMs)
    const ended = await Promise.race([clients.run({ startMs, torrent, peers }), aborted])
    const endedMs = sharedMs()
    watch.stop()
    const finished = await Promise.race([rig.finish(), aborted])
    const counted = (await account?.read()) ?? { client: ended[0]!.costs, further: {} }
    const failure = ended.find((each) => each.failure !== null)?.failure ?? null
    const pages = ended.map(({ page }) => page)
    const seeders = finished.served.map((each) => seederResult(each, startMs))
    return {
      observations: seenFromOutside(plan, ended[0]!.observations, seeders),
      ...(ended[0]!.endedEarly === true ? { endedEarly: true } : {}),
      failure,
      endedSeconds: (endedMs - startMs) / 1000,
      clients: clientResults(clientsOf(plan), pages, startMs),
      swarm: watch.samples,
      seeders,
      contentMatches: plan.window === null && failure === null ? await contentMatches(plan, pages, outDir) : null,
      invalid: whyInvalid(finished.timekeeping, ended[0]!.waitedShare, plan.disturbedShareMax),
      client: costsOfClient(ended[0]!.costs, counted.client, plan),
      traceHash: null,
      costs: costsOf((performance.now() - startedMs) / 1000, finished.timekeeping, ended, counted.further),
    }
  } finally {
    account?.stop()
    watch?.stop()
  }
}

/** Of a program what its processes say, where they can be read: a container holds more than the program. */
function costsOfClient(own: ProcessCosts, counted: ProcessCosts, { client }: SwarmPlan): ProcessCosts {
  return client.program !== undefined && own.peakRssBytes > 0 ? own : counted
}

function costsOf(
  wallSeconds: number,
  timekeeping: Timekeeping,
  ended: readonly Ended[],
  counted: Readonly<Record<string, number>>,
): RunCosts {
  const { cpuSeconds: rigCpuSeconds, peakRssBytes, ...further } = timekeeping
  const receivedBytes = ended.reduce((sum, { page }) => sum + page.receivedBytes, 0)
  return {
    wallSeconds,
    cpuSeconds: ended.reduce((sum, { costs }) => sum + costs.cpuSeconds, rigCpuSeconds),
    peakRssBytes: Math.max(peakRssBytes, ...ended.map(({ costs }) => costs.peakRssBytes)),
    blocksPerSecond: receivedBytes / BLOCK_BYTES / wallSeconds,
    further: { ...further, rigCpuSeconds, clientWaitedShare: ended[0]!.waitedShare, ...counted },
  }
}

/** At every client that was complete. */
async function contentMatches({ content }: SwarmPlan, pages: readonly LedgerPage[], outDir: string): Promise<boolean> {
  const wanted = syntheticSha256(content)
  for (const [index, { completedMs }] of pages.entries()) {
    if (completedMs === null) continue
    const paths = contentFiles(content, clientFolder(outDir, index)).map(({ path }) => path)
    if ((await filesSha256(paths)) !== wanted) return false
  }
  return true
}
