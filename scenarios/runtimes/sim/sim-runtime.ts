/** Runtime `sim`: simulated links in one thread, virtual time, same seed -> same bytes. */

import { BLOCK_BYTES } from '../../../client/metainfo/geometry.ts'
import { openCaptures } from '../../../client/node/captures.ts'
import { printProblem } from '../../../client/node/output.ts'
import type { ClientEvent } from '../../../client/ports/events.ts'
import type { Transport } from '../../../client/ports/transport.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { clientHost } from '../addresses.ts'
import type { CapturedClient, RunContext, RunProgress, RunResult, Runtime } from '../runtime.ts'
import { seederResult } from '../served-blocks.ts'
import { SimSwarm } from './sim-swarm.ts'

export interface SimOptions {
  /** What one client sends and gets is written down; a run replaces what the one before has captured. */
  readonly captures?: CapturedClient
  /** Called for every event of every client of ours; client 0 is the one under test. */
  readonly observe?: (nowMs: number, client: number, event: ClientEvent) => void
}

const PROGRESS_EVERY_MS = 500

export function simRuntime(options: SimOptions = {}): Runtime {
  return {
    name: 'sim',
    run: (plan, seed, { progress }) => Promise.resolve(runInSim(plan, seed, options, progress)),
  }
}

/** In this thread, which does nothing else meanwhile. */
export function runInSim(
  plan: SwarmPlan,
  seed: number,
  options: SimOptions,
  progress: RunContext['progress'],
): RunResult {
  const startedMs = performance.now()
  const cpuBefore = process.threadCpuUsage()
  const swarm = new SimSwarm(plan, seed)
  const captures = capturesOf(swarm, options.captures)
  const { tapped } = captures
  swarm.run({ tapped, observe: options.observe ?? null }, progressOf(swarm, plan, progress))
  captures.close()
  const wallSeconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.threadCpuUsage(cpuBefore)
  const cost = { wallSeconds, cpuSeconds: (user + system) / 1e6 }
  return resultOf(swarm, plan, cost)
}

function resultOf(
  swarm: SimSwarm,
  plan: SwarmPlan,
  cost: { readonly wallSeconds: number; readonly cpuSeconds: number },
): RunResult {
  const { observers, world, seeders, startedMs, failure } = swarm
  const { nowMs } = world.simulation
  return {
    observations: observers.collector.observations(nowMs),
    failure,
    endedSeconds: swarm.elapsedMs / 1000,
    clients: observers.clients(nowMs),
    swarm: observers.samples,
    seeders: seeders.served.map(({ served }) => seederResult(served, startedMs ?? 0)),
    contentMatches: plan.window === null ? swarm.contentMatches() : null,
    invalid: null,
    client: null,
    traceHash: world.simulation.trace.digest(),
    costs: {
      ...cost,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      blocksPerSecond: observers.receivedBytes / BLOCK_BYTES / cost.wallSeconds,
    },
  }
}

interface ClientTap {
  readonly tapped: (client: number, transport: Transport) => Transport
  readonly close: () => void
}

function capturesOf({ world }: SimSwarm, captured: CapturedClient | undefined): ClientTap {
  if (captured === undefined) return { tapped: (_, transport) => transport, close: () => {} }
  const captures = openCaptures({
    ...captured.files,
    clock: world.simulation.timelineOf(clientHost(captured.clientIndex)).clock,
    originUnixMs: 0,
    localHost: clientHost(captured.clientIndex),
    pieceCount: () => world.torrent.geometry.pieceCount,
    failed: printProblem,
  })
  return {
    tapped: (client, transport) => (client === captured.clientIndex ? captures.tapped(transport) : transport),
    close: () => captures.close(),
  }
}

/** A look at the swarm, which tells how far it is when enough time has passed on the wall. */
function progressOf(swarm: SimSwarm, plan: SwarmPlan, progress: (progress: RunProgress) => void): () => void {
  const { content, endMs } = plan
  const wantedBytes = content.totalBytes * [plan.client, ...plan.others].filter(({ isSeed }) => !isSeed).length
  let toldMs = performance.now()
  let before = { bytes: 0, atMs: 0 }
  return () => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return
    const now = { bytes: swarm.observers.receivedBytes, atMs: swarm.elapsedMs }
    progress({
      share: Math.min(1, endMs === null ? now.bytes / wantedBytes : now.atMs / endMs),
      downRateBytesPerSecond: ((now.bytes - before.bytes) * 1000) / Math.max(1, now.atMs - before.atMs),
      connectedPeers: swarm.clientsPresent,
    })
    toldMs = performance.now()
    before = now
  }
}
