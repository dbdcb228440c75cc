/**
 * Runtime `containers`: the programs of `processes`, in containers of a network without a way out. One has the rig, that is
 * the tracker and every scripted peer at an address of its own, and what other clients of ours there are; another the
 * client under test, alone, so that Docker's accounts are its own. Isolated, each peer has a container. Links are shaped
 * in user space, as in `processes`.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../../../client/node/command-error.ts'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import type { Site } from '../addresses.ts'
import type { ClientChild } from '../processes/clients.ts'
import { clientFolder } from '../processes/clients.ts'
import type { ClientOrder, ClientReport, RigOrder, RigReport } from '../processes/messages.ts'
import { type RigPartChild, wholeRig } from '../processes/rig-parts.ts'
import { runOnStage, type Stage } from '../processes/run-on-stage.ts'
import { contentPath } from '../processes/seed-content.ts'
import type { RunContext, RunResult, StartedRuntime } from '../runtime.ts'
import { accountOf } from './account.ts'
import { connectEngine, type Engine } from './engine.ts'
import { ensureBase, ensureImage } from './images/build.ts'
import { OUR_IMAGE } from './images/plans.ts'
import { sweep } from './labels.ts'
import { createNetwork, PEERS_MAX, type RunNetwork } from './network.ts'
import { type ProgramContainer, type ProgramSetting, startProgram } from './program-container.ts'

const RIG = 'scenarios/runtimes/processes/rig-process.ts'
const CLIENT = 'scenarios/runtimes/processes/client-process.ts'
const INSIDE = '/data'
/** Containers that are started at once: an engine that is asked for a hundred answers none in time. */
const BATCH_MAX = 6

const PROJECT_FOLDER = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

export interface ContainersOptions {
  /** Every peer has a container of its own. */
  readonly isolate: boolean
  /** Something that takes a while, in words: an image is built. */
  readonly notice: (line: string) => void
}

type RigContainer = ProgramContainer<RigOrder, RigReport>
type ClientContainer = ProgramContainer<ClientOrder, ClientReport>

interface Hall {
  readonly engine: Engine
  readonly network: RunNetwork
  readonly image: string
  readonly isolate: boolean
}

export async function containersRuntime({ isolate, notice }: ContainersOptions): Promise<StartedRuntime> {
  const engine = await connectEngine()
  const swept = await sweep(engine)
  if (swept > 0) notice(`removed what an earlier run had left: ${swept} containers or networks`)
  const building = (name: string) => notice(`building the image ${name}`)
  const options = { projectFolder: PROJECT_FOLDER, signal: new AbortController().signal, building }
  const { tag: image } = await ensureImage(OUR_IMAGE, await ensureBase(options), options)
  const network = await createNetwork(engine)
  return {
    name: 'containers',
    cellsAtOnce: 1,
    run: (plan, seed, context) => runInContainers({ engine, network, image, isolate }, plan, seed, context),
    close: () => network.remove(),
  }
}

async function runInContainers(hall: Hall, plan: SwarmPlan, seed: number, context: RunContext): Promise<RunResult> {
  if (plan.seeders.length + plan.others.length > PEERS_MAX) {
    throw new CommandError(`containers has room for ${PEERS_MAX} peers, this swarm has more`, 2)
  }
  const outDir = await mkdtemp(join(tmpdir(), 'swarmlab-'))
  // Ends all that was started, whatever became of the rest.
  const started: ProgramContainer<never, never>[] = []
  try {
    await makeFolders(plan, outDir)
    const startedMs = performance.now()
    const stage = await setUp(hall, plan, outDir, started, context.signal)
    const containersStartSeconds = (performance.now() - startedMs) / 1000
    const result = await runOnStage(stage, plan, seed, context)
    const shapedByRig = stage.site.clientsShapeThemselves ? 0 : 1
    const further = { ...result.costs.further, containersStartSeconds, shapedByRig }
    return { ...result, costs: { ...result.costs, further } }
  } finally {
    await Promise.all(started.map(({ child }) => child.end()))
    await rm(outDir, { recursive: true, force: true })
  }
}

async function setUp(
  hall: Hall,
  plan: SwarmPlan,
  outDir: string,
  started: ProgramContainer<never, never>[],
  signal: AbortSignal,
): Promise<Stage> {
  const { engine, network, image, isolate } = hall
  const start = async (program: string, role: string, prefix: string | null) => {
    signal.throwIfAborted()
    const setting: ProgramSetting = { image, network: network.name, program, role, folder: outDir, prefix }
    const container = await startProgram<never, never>(engine, setting)
    started.push(container)
    return container as unknown
  }
  const roles = rolesOf(plan, isolate)
  const inside = [...roles.rigs, ...roles.clients]
  const containers = await inBatches(inside, ({ program, role, prefix }) =>
    start(program, role, prefix ? network.peersPrefix : null),
  )
  const rigs = containers.slice(0, roles.rigs.length) as RigContainer[]
  const alone = containers.slice(roles.rigs.length) as ClientContainer[]
  const site = siteOf(hall, plan, rigs, alone)
  const beside = isolate ? [] : plan.others
  const others = await inBatches([...beside.keys()], (index) =>
    rigs[0]!.beside<ClientOrder, ClientReport>(CLIENT, `client ${index + 1}`),
  )
  return {
    site,
    rig: wholeRig(rigParts(plan, rigs)),
    clients: await inOrder(plan, alone, others),
    outDir,
    outDirInside: INSIDE,
    foldersReady: () => openToAll(plan, outDir),
    account: accountOf(engine, started, [UNDER_TEST]),
  }
}

const UNDER_TEST = 'client'

interface Role {
  readonly program: string
  readonly role: string
  /** It has the addresses of all scripted peers. */
  readonly prefix: boolean
}

function rolesOf(plan: SwarmPlan, isolate: boolean): { rigs: readonly Role[]; clients: readonly Role[] } {
  const rig = { program: RIG, role: isolate ? 'tracker' : 'rig', prefix: !isolate }
  const peers = plan.seeders.map((_, index) => ({ program: RIG, role: `peer${index + 1}`, prefix: false }))
  const clients = plan.others.map((_, index) => ({ program: CLIENT, role: `client${index + 1}`, prefix: false }))
  return {
    rigs: isolate ? [rig, ...peers] : [rig],
    clients: [{ program: CLIENT, role: UNDER_TEST, prefix: false }, ...(isolate ? clients : [])],
  }
}

function siteOf(
  { network, isolate }: Hall,
  plan: SwarmPlan,
  rigs: readonly RigContainer[],
  alone: readonly ClientContainer[],
): Site {
  const [first, ...peers] = rigs
  const ofOthers = alone.slice(1).map(({ host }) => host)
  const { length } = plan.seeders
  return {
    trackerHost: first!.host,
    seederHosts: isolate ? peers.map(({ host }) => host) : plan.seeders.map((_, index) => network.peerHost(index)),
    clientHosts: [
      alone[0]!.host,
      ...(isolate ? ofOthers : plan.others.map((_, index) => network.peerHost(length + index))),
    ],
    areClientsApart: true,
    clientsShapeThemselves: isolate || plan.others.length > 0,
  }
}

function rigParts(plan: SwarmPlan, rigs: readonly RigContainer[]): RigPartChild[] {
  if (rigs.length === 1) return [{ child: rigs[0]!.child, seeders: [...plan.seeders.keys()] }]
  return rigs.map(({ child }, index) => ({ child, seeders: index === 0 ? [] : [index - 1] }))
}

/**
 * As `Stage` has them: the client under test, the others, then the one that waits for a crash. That one is the first of
 * its container, which lives as long as it does; the one that is to die runs beside it, at the same address.
 */
async function inOrder(
  plan: SwarmPlan,
  alone: readonly ClientContainer[],
  beside: readonly ClientChild[],
): Promise<ClientChild[]> {
  const [first, ...isolated] = alone
  const others = [...isolated.map(({ child }) => child), ...beside]
  if (plan.crash === null) return [first!.child, ...others]
  return [await first!.beside<ClientOrder, ClientReport>(CLIENT, UNDER_TEST), ...others, first!.child]
}

async function makeFolders(plan: SwarmPlan, outDir: string): Promise<void> {
  await chmod(outDir, 0o777)
  for (const index of clientsOf(plan).keys()) {
    const folder = clientFolder(outDir, index)
    await mkdir(folder, { recursive: true })
    // Whoever the umask lets write here, the user inside must.
    await chmod(folder, 0o777)
  }
}

/** What seeds were given is theirs. */
async function openToAll(plan: SwarmPlan, outDir: string): Promise<void> {
  for (const [index, { isSeed }] of clientsOf(plan).entries()) {
    if (isSeed) await chmod(contentPath(plan.content, clientFolder(outDir, index)), 0o666)
  }
}

/** In order. All of a batch have settled before one of them fails it: none is left to start later. */
async function inBatches<Item, Result>(
  items: readonly Item[],
  start: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += BATCH_MAX) {
    const settled = await Promise.allSettled(items.slice(at, at + BATCH_MAX).map(start))
    for (const each of settled) {
      if (each.status === 'rejected') throw each.reason
      results.push(each.value)
    }
  }
  return results
}
