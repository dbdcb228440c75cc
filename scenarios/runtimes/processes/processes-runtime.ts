/**
 * Runtime `processes`: real TCP on loopback, links shaped in user space, real time. Every client of ours has a process of
 * its own, which the rig's does not disturb: what it costs is its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import { loopbackSite } from '../addresses.ts'
import type { RunContext, RunResult, Runtime } from '../runtime.ts'
import { startChild } from './child.ts'
import type { ClientOrder, ClientReport, RigOrder, RigReport } from './messages.ts'
import { wholeRig } from './rig-parts.ts'
import { runOnStage } from './run-on-stage.ts'

const RIG = new URL('rig-process.ts', import.meta.url)
const CLIENT = new URL('client-process.ts', import.meta.url)

export function processesRuntime(): Runtime {
  return { name: 'processes', run: runInProcesses }
}

async function runInProcesses(plan: SwarmPlan, seed: number, context: RunContext): Promise<RunResult> {
  const outDir = await mkdtemp(join(tmpdir(), 'swarmlab-'))
  const rig = wholeRig([{ child: startChild<RigOrder, RigReport>(RIG), seeders: [...plan.seeders.keys()] }])
  const count = clientsOf(plan).length + (plan.crash === null ? 0 : 1)
  const clients = Array.from({ length: count }, () => startChild<ClientOrder, ClientReport>(CLIENT))
  const folders = { outDir, outDirInside: outDir, foldersReady: async () => {} }
  try {
    return await runOnStage({ site: loopbackSite(plan), rig, clients, ...folders, account: null }, plan, seed, context)
  } finally {
    await Promise.all([rig.end(), ...clients.map((client) => client.end())])
    await rm(outDir, { recursive: true, force: true })
  }
}
