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
import { execa } from 'execa'
import { CommandError } from '../../../client/node/command-error.ts'
import type { ClientName } from '../../clients/adapter.ts'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import type { Site } from '../addresses.ts'
import type { ClientChild } from '../processes/clients.ts'
import { clientFolder } from '../processes/clients.ts'
import type { ClientOrder, ClientReport, RigOrder, RigReport } from '../processes/messages.ts'
import { startProgramClient } from '../processes/program-client.ts'
import { type RigPartChild, wholeRig } from '../processes/rig-parts.ts'
import { runOnStage, type Stage } from '../processes/run-on-stage.ts'
import { contentPath } from '../processes/seed-content.ts'
import type { RunContext, RunResult, StartedRuntime } from '../runtime.ts'
import { accountOf } from './account.ts'
import { connectEngine, type Engine } from './engine.ts'
import { ensureBase, ensureImage } from './images/build.ts'
import { imagePlanOf } from './images/plans.ts'
import { sweep } from './labels.ts'
import { createNetwork, PEERS_MAX, type RunNetwork } from './network.ts'
import { INSIDE, nodeCommand, type ProgramContainer, type ProgramSetting, startProgram } from './program-container.ts'
import { PROJECT_INSIDE, roomOf, WAITS } from './program-room.ts'

const RIG = 'scenarios/runtimes/processes/rig-process.ts'
const CLIENT = 'scenarios/runtimes/processes/client-process.ts'
const ADAPTERS = 'scenarios/clients'
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
  /** Its tag, once it is built; null: ours. */
  readonly imageOf: (client: ClientName | null) => Promise<string>
  readonly isolate: boolean
}

export async function containersRuntime({ isolate, notice }: ContainersOptions): Promise<StartedRuntime> {
  const engine = await connectEngine()
  const swept = await sweep(engine)
  if (swept > 0) notice(`removed what an earlier run had left: ${swept} containers or networks`)
  const building = (name: string) => notice(`building the image ${name}`)
  const options = { projectFolder: PROJECT_FOLDER, signal: new AbortController().signal, building }
  const base = await ensureBase(options)
  const imageOf = async (client: ClientName | null) => (await ensureImage(imagePlanOf(client), base, options)).tag
  await imageOf(null)
  const network = await createNetwork(engine)
  return {
    name: 'containers',
    cellsAtOnce: 1,
    run: (plan, seed, context) => runInContainers({ engine, network, imageOf, isolate }, plan, seed, context),
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
  const { engine, network, isolate, imageOf } = hall
  const start = async ({ role, client, hasPrefix, command, readOnly }: Role) => {
    const image = await imageOf(client)
    signal.throwIfAborted()
    const prefix = hasPrefix ? network.peersPrefix : null
    const setting: ProgramSetting = { image, network: network.name, command, readOnly, role, folder: outDir, prefix }
    const container = await startProgram<never, never>(engine, setting)
    started.push(container)
    return container as unknown
  }
  const rigRoles = rigRolesOf(plan, isolate)
  const apart = apartOf(plan, isolate)
  const containers = await inBatches([...rigRoles, ...apart.map((index) => clientRoleOf(plan, index))], start)
  const rigs = containers.slice(0, rigRoles.length) as RigContainer[]
  const alone = new Map(apart.map((index, at) => [index, containers[rigRoles.length + at] as ClientContainer]))
  const clients = await inBatches([...clientsOf(plan).keys()], (index) =>
    childOf(engine, plan, index, alone.get(index), rigs[0]!, outDir),
  )
  return {
    site: siteOf(hall, plan, rigs, alone),
    rig: wholeRig(rigParts(plan, rigs)),
    clients: await withSecond(plan, clients, alone.get(0)!),
    outDir,
    outDirInside: INSIDE,
    foldersReady: () => openToAll(plan, outDir),
    account: accountOf(engine, started, [UNDER_TEST]),
  }
}

const UNDER_TEST = 'client'

interface Role extends Pick<ProgramSetting, 'role' | 'command' | 'readOnly'> {
  /** Whose image it has; null: ours. */
  readonly client: ClientName | null
  /** It has the addresses of all scripted peers. */
  readonly hasPrefix: boolean
}

function rigRolesOf(plan: SwarmPlan, isolate: boolean): readonly Role[] {
  const rig = { client: null, command: nodeCommand(RIG), readOnly: [], hasPrefix: false }
  if (!isolate) return [{ ...rig, role: 'rig', hasPrefix: true }]
  return [{ ...rig, role: 'tracker' }, ...plan.seeders.map((_, index) => ({ ...rig, role: `peer${index + 1}` }))]
}

function clientRoleOf(plan: SwarmPlan, index: number): Role {
  const { program } = clientsOf(plan)[index]!
  const role = index === 0 ? UNDER_TEST : `client${index}`
  if (program === undefined) return { role, client: null, command: nodeCommand(CLIENT), readOnly: [], hasPrefix: false }
  // What adapters run beside the packages: the same as everywhere.
  const target = `${PROJECT_INSIDE}/${ADAPTERS}`
  const readOnly = program.client === 'swarmlab' ? [] : [{ source: join(PROJECT_FOLDER, ADAPTERS), target }]
  return { role, client: program.client, command: WAITS, readOnly, hasPrefix: false }
}

/** The clients that have a container of their own: the one under test, programs of others, and isolated all. */
function apartOf(plan: SwarmPlan, isolate: boolean): readonly number[] {
  return clientsOf(plan).flatMap(({ program }, index) =>
    index === 0 || isolate || program !== undefined ? [index] : [],
  )
}

async function childOf(
  engine: Engine,
  plan: SwarmPlan,
  index: number,
  own: ClientContainer | undefined,
  rig: RigContainer,
  outDir: string,
): Promise<ClientChild> {
  if (own === undefined) return rig.beside<ClientOrder, ClientReport>(CLIENT, `client ${index}`)
  const isProgram = clientsOf(plan)[index]!.program !== undefined
  return isProgram ? startProgramClient(plan, index, roomOf(engine, own, outDir)) : own.child
}

function siteOf(
  { network, isolate }: Hall,
  plan: SwarmPlan,
  [first, ...peers]: readonly RigContainer[],
  alone: ReadonlyMap<number, ClientContainer>,
): Site {
  const { length } = plan.seeders
  return {
    trackerHost: first!.host,
    seederHosts: isolate ? peers.map(({ host }) => host) : plan.seeders.map((_, index) => network.peerHost(index)),
    clientHosts: clientsOf(plan).map((_, index) => alone.get(index)?.host ?? network.peerHost(length + index - 1)),
    areClientsApart: true,
    clientsShapeThemselves: isolate || plan.others.length > 0,
  }
}

function rigParts(plan: SwarmPlan, rigs: readonly RigContainer[]): RigPartChild[] {
  if (rigs.length === 1) return [{ child: rigs[0]!.child, seeders: [...plan.seeders.keys()] }]
  return rigs.map(({ child }, index) => ({ child, seeders: index === 0 ? [] : [index - 1] }))
}

/**
 * And one more, that waits for a crash. It is the first of its container, which lives as long as it does; the one that is
 * to die runs beside it, at the same address.
 */
async function withSecond(
  plan: SwarmPlan,
  clients: readonly ClientChild[],
  underTest: ClientContainer,
): Promise<readonly ClientChild[]> {
  if (plan.crash === null) return clients
  const dies = await underTest.beside<ClientOrder, ClientReport>(CLIENT, UNDER_TEST)
  return [dies, ...clients.slice(1), underTest.child]
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
    if (isSeed) await execa('chmod', ['-R', 'a+rwX', contentPath(plan.content, clientFolder(outDir, index))])
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
