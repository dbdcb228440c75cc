/** The clients of a cell, a process each: told when to arrive, one of them perhaps killed and started again, ended together. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deserialize } from 'node:v8'
import type { Collected } from '../../engine/collector.ts'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import type { Site } from '../addresses.ts'
import type { Child } from './child.ts'
import type { ClientOrder, ClientReport } from './messages.ts'
import { writeContent } from './seed-content.ts'

export type ClientChild = Child<ClientOrder, ClientReport>
export type Ended = ClientReport & { type: 'ended' }

/** Where and when the clients find themselves. */
export interface ClientsStart {
  /** On the shared clock, a little ahead. */
  readonly startMs: number
  readonly torrent: Uint8Array
  readonly peers: readonly string[]
}

export interface Clients {
  /** Every process is up, and every seed has its content. */
  waiting(): Promise<void>
  /** Seeds that are programs are up, and have verified what they have; gives how many. */
  seedPrograms(torrent: Uint8Array): Promise<number>
  /** Until all have ended, in the order of the plan, the client under test first. Rejects when one dies that was not to. */
  run(start: ClientsStart): Promise<readonly Ended[]>
  /** Of each client, 0 being the one under test. */
  onReport(listener: (client: number, report: ClientReport) => void): void
  /** The client under test is dead for now. */
  onCrash(listener: () => void): void
}

/** Their processes, and where they keep what they have: as in `Stage`. */
export interface ClientsStage {
  readonly site: Site
  readonly clients: readonly ClientChild[]
  readonly outDir: string
  readonly outDirInside: string
}

/** Each client's folder is `outDir/0`, the one under test, `outDir/1` and so on. */
export function startClients(plan: SwarmPlan, { site, clients: all, outDir, outDirInside }: ClientsStage): Clients {
  const plans = clientsOf(plan)
  const children = all.slice(0, plans.length)
  // Up already when it is needed: the time to start a process is not the client's.
  const second = plan.crash === null ? null : all[plans.length]!
  const areWaiting = Promise.all([...all.map((child) => child.next('waiting')), ...plans.map(makeFolder)])
  areWaiting.catch(() => {})
  const crashFile = 'crash'
  const crashListeners: (() => void)[] = []
  stopWhenAllAreDone(plan, all, children, second)

  async function makeFolder({ isSeed }: { readonly isSeed: boolean }, index: number): Promise<void> {
    const folder = clientFolder(outDir, index)
    await mkdir(folder, { recursive: true })
    if (isSeed) await writeContent(plan.content, folder)
  }

  function orderOf(client: number, start: ClientsStart, collected: Collected | null): ClientOrder {
    const mayDie = client === 0 && collected === null && plan.crash !== null
    return {
      type: 'start',
      plan,
      site,
      client,
      ...start,
      outDir: clientFolder(outDirInside, client),
      collected,
      crashFile: mayDie ? join(outDirInside, crashFile) : null,
    }
  }

  async function runUnderTest(start: ClientsStart): Promise<Ended> {
    const { crash } = plan
    const first = children[0]!
    if (crash === null || second === null) return runToEnd(first, orderOf(0, start, null))
    const died = first.died()
    const early = await Promise.race([
      runToEnd(first, orderOf(0, start, null)).catch(() => null),
      died.then(() => null),
    ])
    // It was complete before it was to crash.
    if (early !== null) return early
    for (const listener of crashListeners) listener()
    await sleep(crash.downMs)
    return runToEnd(second, orderOf(0, start, deserialize(await readFile(join(outDir, crashFile))) as Collected))
  }

  return {
    waiting: async () => {
      await areWaiting
    },
    seedPrograms: (torrent) => seedPrograms(plan, children, { site, torrent, outDirInside }),
    run: (start) =>
      Promise.all(
        children.map((child, index) =>
          index === 0 ? runUnderTest(start) : runToEnd(child, orderOf(index, start, null)),
        ),
      ),
    onReport: (listener) => {
      for (const [index, child] of children.entries()) child.onReport((report) => listener(index, report))
      second?.onReport((report) => listener(0, report))
    },
    onCrash: (listener) => {
      crashListeners.push(listener)
    },
  }
}

export function clientFolder(outDir: string, index: number): string {
  return join(outDir, String(index))
}

async function seedPrograms(
  plan: SwarmPlan,
  children: readonly ClientChild[],
  order: Pick<ClientsStage, 'site' | 'outDirInside'> & { readonly torrent: Uint8Array },
): Promise<number> {
  const { site, torrent, outDirInside } = order
  const seeds = clientsOf(plan).flatMap(({ isSeed, program }, index) =>
    isSeed && program !== undefined ? [index] : [],
  )
  await Promise.all(
    seeds.map(async (index) => {
      const child = children[index]!
      const seeding = child.next('seeding')
      child.send({ type: 'seed', site, torrent, outDir: clientFolder(outDirInside, index) })
      await seeding
    }),
  )
  return seeds.length
}

async function runToEnd(child: ClientChild, order: ClientOrder): Promise<Ended> {
  const ended = child.next('ended')
  child.send(order)
  return ended
}

/** Every client that came for the content is complete, or gone: nobody has a reason to stay, unless the plan has. */
function stopWhenAllAreDone(
  plan: SwarmPlan,
  all: readonly ClientChild[],
  children: readonly ClientChild[],
  second: ClientChild | null,
): void {
  const unfinished = new Set(clientsOf(plan).flatMap(({ isSeed }, index) => (isSeed ? [] : [index])))
  const watch = (child: ClientChild, index: number) => {
    child.onReport(({ type }) => {
      if (type !== 'completed' && type !== 'left' && type !== 'ended') return
      if (!unfinished.delete(index) || unfinished.size > 0 || plan.endMs !== null) return
      for (const each of all) each.send({ type: 'stop' })
    })
  }
  for (const [index, child] of children.entries()) watch(child, index)
  if (second !== null) watch(second, 0)
}
