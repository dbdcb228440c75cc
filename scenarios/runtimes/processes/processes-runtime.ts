/**
 * Runtime `processes`: real TCP on loopback, links shaped in user space, real time. Every client of ours has a process of
 * its own, which the rig's does not disturb: what it costs is its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandError } from '../../../client/node/command-error.ts'
import { CLIENTS } from '../../clients/all.ts'
import { clientsOf, programsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import { loopbackSite, namespaceSite } from '../addresses.ts'
import type { RunContext, RunResult, Runtime } from '../runtime.ts'
import { type CellNetwork, canMakeNamespaces, LOOPBACK, makeNamespace } from './cell-network.ts'
import { startChild } from './child.ts'
import type { ClientOrder, ClientReport, RigOrder, RigReport } from './messages.ts'
import { startProgramClient } from './program-client.ts'
import { hereIn } from './program-place.ts'
import { wholeRig } from './rig-parts.ts'
import { runOnStage } from './run-on-stage.ts'

const RIG = new URL('rig-process.ts', import.meta.url)
const CLIENT = new URL('client-process.ts', import.meta.url)

export function processesRuntime(): Runtime {
  return { name: 'processes', run: runInProcesses }
}

async function runInProcesses(plan: SwarmPlan, seed: number, context: RunContext): Promise<RunResult> {
  const outDir = await mkdtemp(join(tmpdir(), 'swarmlab-'))
  const network = await networkFor(plan)
  const rig = wholeRig([{ child: startChild<RigOrder, RigReport>(RIG, network), seeders: [...plan.seeders.keys()] }])
  const ours = () => startChild<ClientOrder, ClientReport>(CLIENT, network)
  const clients = [
    ...clientsOf(plan).map(({ program }, index) =>
      program === undefined ? ours() : startProgramClient(plan, index, hereIn(network)),
    ),
    ...(plan.crash === null ? [] : [ours()]),
  ]
  const site = network.kind === 'namespace' ? namespaceSite(plan) : loopbackSite(plan)
  const folders = { outDir, outDirInside: outDir, foldersReady: async () => {} }
  try {
    return await runOnStage({ site, rig, clients, ...folders, account: null }, plan, seed, context)
  } finally {
    await Promise.all([rig.end(), ...clients.map((client) => client.end())])
    await network.end()
    await rm(outDir, { recursive: true, force: true })
  }
}

/** Programs of others, of which not every one speaks to loopback, in a namespace of their own where there can be one. */
async function networkFor(plan: SwarmPlan): Promise<CellNetwork> {
  const programs = programsOf(plan)
  if (programs.length > 0 && canMakeNamespaces()) return makeNamespace()
  const refuses = programs.find(({ client }) => CLIENTS[client].refusesLoopback)
  if (refuses === undefined) return LOOPBACK
  throw new CommandError(`${refuses.client} refuses peers on loopback, and only root on Linux can give it a network`, 3)
}
