/** The clients of a cell, a process each: started together, one of them perhaps killed and started again, ended together. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deserialize } from 'node:v8'
import type { Collected } from '../../engine/collector.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { type Child, startChild } from './child.ts'
import type { ClientOrder, ClientReport } from './messages.ts'

const CLIENT = new URL('client-process.ts', import.meta.url)

type ClientChild = Child<ClientOrder, ClientReport>
type Ended = ClientReport & { type: 'ended' }

type OrderOf = (index: number, collected: Collected | null) => Promise<ClientOrder>

export interface Clients {
  /** Every process is up. */
  waiting(): Promise<void>
  /** Until all have ended. Rejects when one dies that was not to. */
  run(swarm: { readonly torrent: Uint8Array; readonly peers: readonly string[] }): Promise<ClientsOutcome>
  onReport(listener: (report: ClientReport) => void): void
  end(): Promise<void>
}

export interface ClientsOutcome {
  readonly underTest: Ended
  /** In the order of the plan; when each was complete. */
  readonly leechers: readonly (Ended & { readonly completedMs: number | null })[]
}

/** Each client's folder is `outDir/0`, the one under test, `outDir/1` and so on. */
export function startClients(plan: SwarmPlan, outDir: string): Clients {
  const first = startChild<ClientOrder, ClientReport>(CLIENT)
  // Up already when it is needed: the time to start a process is not the client's.
  const second = plan.crash === null ? null : startChild<ClientOrder, ClientReport>(CLIENT)
  const leechers = plan.leechers.map(() => startChild<ClientOrder, ClientReport>(CLIENT))
  const all = [first, ...(second === null ? [] : [second]), ...leechers]
  const areWaiting = Promise.all(all.map((child) => child.next('waiting')))
  areWaiting.catch(() => {})
  const crashFile = join(outDir, 'crash')

  /** When each client was complete, or null: it ended without. */
  const completedMs = new Map<number, number | null>()

  function completed(index: number, atMs: number | null): void {
    completedMs.set(index, completedMs.get(index) ?? atMs)
    if (completedMs.size <= plan.leechers.length) return
    for (const child of all) child.send({ type: 'stop' })
  }

  for (const [index, child] of [first, ...leechers].entries()) watch(child, index, completed)
  if (second !== null) watch(second, 0, completed)

  async function runUnderTest(orderOf: OrderOf): Promise<Ended> {
    const { crash } = plan
    if (crash === null || second === null) return runToEnd(first, await orderOf(0, null))
    const died = first.died()
    const early = await Promise.race([runToEnd(first, await orderOf(0, null)).catch(() => null), died.then(() => null)])
    // It was complete before it was to crash.
    if (early !== null) return early
    await sleep(crash.downMs)
    return runToEnd(second, await orderOf(0, deserialize(await readFile(crashFile)) as Collected))
  }

  return {
    waiting: async () => {
      await areWaiting
    },
    run: async ({ torrent, peers }) => {
      const orderOf: OrderOf = async (index, collected) => {
        const folder = clientFolder(outDir, index)
        await mkdir(folder, { recursive: true })
        const mayDie = index === 0 && collected === null && plan.crash !== null
        const client = index === 0 ? plan.client : plan.leechers[index - 1]!
        const told = { plan, client, torrent, peers, outDir: folder, collected }
        return { type: 'start', ...told, crashFile: mayDie ? crashFile : null }
      }
      const [underTest, ended] = await Promise.all([
        runUnderTest(orderOf),
        Promise.all(leechers.map(async (child, index) => runToEnd(child, await orderOf(index + 1, null)))),
      ])
      const times = ended.map((report, index) => ({ ...report, completedMs: completedMs.get(index + 1) ?? null }))
      return { underTest, leechers: times }
    },
    onReport: (listener) => {
      first.onReport(listener)
      second?.onReport(listener)
    },
    end: async () => {
      await Promise.all(all.map((child) => child.end()))
    },
  }
}

export function clientFolder(outDir: string, index: number): string {
  return join(outDir, String(index))
}

async function runToEnd(child: ClientChild, order: ClientOrder): Promise<Ended> {
  const ended = child.next('ended')
  child.send(order)
  return ended
}

function watch(child: ClientChild, index: number, completed: (index: number, atMs: number | null) => void): void {
  child.onReport((report) => {
    if (report.type === 'completed') completed(index, report.atMs)
    else if (report.type === 'ended') completed(index, null)
  })
}
