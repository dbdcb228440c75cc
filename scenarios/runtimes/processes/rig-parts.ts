/** The rig of a cell, as one: a process that is all of it, or the tracker's and one for each seeder. */
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import type { Site } from '../addresses.ts'
import type { Served } from '../served-blocks.ts'
import type { Child } from './child.ts'
import type { RigOrder, RigReport, Timekeeping } from './messages.ts'

export type RigChild = Child<RigOrder, RigReport>

/** The first has the tracker. */
export interface RigPartChild {
  readonly child: RigChild
  /** Places in the plan. */
  readonly seeders: readonly number[]
}

export interface WholeRig {
  /** All peers listen, and the tracker knows them. */
  start(plan: SwarmPlan, seed: number, site: Site): Promise<{ torrent: Uint8Array; peers: readonly string[] }>
  /** Resolves when the tracker knows so many peers, scripted ones among them. */
  awaitPeers(count: number): Promise<void>
  measure(startMs: number): void
  finish(): Promise<{ timekeeping: Timekeeping; served: readonly Served[] }>
  end(): Promise<void>
}

export function wholeRig(parts: readonly RigPartChild[]): WholeRig {
  const [first, ...further] = parts as readonly [RigPartChild, ...RigPartChild[]]
  return {
    start: async (plan, seed, site) => {
      const startPart = ({ child, seeders }: RigPartChild, announceUrl: string | null) => {
        child.send({ type: 'start', plan, seed, site, part: { announceUrl, seeders } })
        return child.next('ready')
      }
      const head = await startPart(first, null)
      const tail = await Promise.all(further.map((part) => startPart(part, head.announceUrl)))
      return { torrent: head.torrent, peers: byPlace(parts, [head.peers, ...tail.map(({ peers }) => peers)]) }
    },
    awaitPeers: async (peers) => {
      const known = first.child.next('peers-known')
      first.child.send({ type: 'await-peers', peers })
      await known
    },
    measure: (startMs) => {
      for (const { child } of parts) child.send({ type: 'measure', startMs })
    },
    finish: async () => {
      const all = await Promise.all(
        parts.map(({ child }) => {
          child.send({ type: 'finish' })
          return child.next('timekeeping')
        }),
      )
      const timekeeping = all.map((each) => each.timekeeping).reduce(worse)
      return {
        timekeeping,
        served: byPlace(
          parts,
          all.map(({ served }) => served),
        ),
      }
    },
    end: async () => {
      await Promise.all(parts.map(({ child }) => child.end()))
    },
  }
}

/** What parts say of their seeders, in the order of the plan. */
function byPlace<Item>(parts: readonly RigPartChild[], said: readonly (readonly Item[])[]): Item[] {
  const items: Item[] = []
  for (const [part, { seeders }] of parts.entries()) {
    for (const [index, place] of seeders.entries()) items[place] = said[part]![index]!
  }
  return items
}

/** Of two parts: the rig is as late as the later; what they used adds up. */
function worse(one: Timekeeping, other: Timekeeping): Timekeeping {
  const most = (name: keyof Timekeeping) => Math.max(one[name], other[name])
  return {
    latenessP99Ms: most('latenessP99Ms'),
    latenessMaxMs: most('latenessMaxMs'),
    behindShare: most('behindShare'),
    loopDelayP99Ms: most('loopDelayP99Ms'),
    busyShare: most('busyShare'),
    cpuSeconds: one.cpuSeconds + other.cpuSeconds,
    peakRssBytes: most('peakRssBytes'),
  }
}
