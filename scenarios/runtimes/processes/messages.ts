/**
 * What the processes of a cell say to each other: the engine, the rig (tracker and peers), the clients. Times are on the
 * clock that they share (./shared-clock.ts).
 */
import type { PieceIndex } from '../../../client/metainfo/geometry.ts'
import type { Collected } from '../../engine/collector.ts'
import type { Observations } from '../../engine/observations.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import type { Site } from '../addresses.ts'
import type { LedgerPage } from '../client-ledger.ts'
import type { ProcessCosts, RunProgress } from '../runtime.ts'
import type { Served } from '../served-blocks.ts'

export type RigOrder =
  | {
      readonly type: 'start'
      readonly plan: SwarmPlan
      readonly seed: number
      readonly site: Site
      readonly part: RigPart
    }
  /** The clients start then: timekeeping counts from here, what links do from then. */
  | { readonly type: 'measure'; readonly startMs: number }
  /** Say when the tracker knows so many peers, scripted ones among them. */
  | { readonly type: 'await-peers'; readonly peers: number }
  /** The client has ended: report timekeeping. */
  | { readonly type: 'finish' }

/** What of the rig this process is: all, or a part where each peer has a machine of its own. */
export interface RigPart {
  /** Null: the tracker is here. */
  readonly announceUrl: string | null
  /** Places in the plan. */
  readonly seeders: readonly number[]
}

export type RigReport =
  /** All peers listen, and the tracker knows them: `peers` are `HOST:PORT`, of this part. */
  | {
      readonly type: 'ready'
      readonly torrent: Uint8Array
      readonly peers: readonly string[]
      readonly announceUrl: string
    }
  | { readonly type: 'failed'; readonly reason: string }
  /** The answer to `await-peers`. */
  | { readonly type: 'peers-known' }
  /** The answer to `finish`. */
  | { readonly type: 'timekeeping'; readonly timekeeping: Timekeeping; readonly served: readonly Served[] }

export type ClientOrder =
  /** Once. */
  | {
      readonly type: 'start'
      readonly plan: SwarmPlan
      readonly site: Site
      /** Which client of the plan this is; 0 is the one under test. */
      readonly client: number
      /** The start of the clients, a little ahead. */
      readonly startMs: number
      readonly torrent: Uint8Array
      /** Where the scripted peers are, in the order of the plan. */
      readonly peers: readonly string[]
      readonly outDir: string
      /** The client dies by its plan, and leaves what it has seen in this file; null: it does not. */
      readonly crashFile: string | null
      /** What the one saw that died. */
      readonly collected: Collected | null
    }
  /** To a program that is a seed, before all others start. */
  | {
      readonly type: 'seed'
      readonly site: Site
      readonly torrent: Uint8Array
      readonly outDir: string
    }
  /** Every client is complete: no need to stay. */
  | { readonly type: 'stop' }

export type ClientReport =
  /** The process is up and waits for its order. */
  | { readonly type: 'waiting' }
  /** The answer to `seed`: it has verified what it has. */
  | { readonly type: 'seeding' }
  | { readonly type: 'arrived' }
  /** Since the last time; only where the plan asks for samples of the swarm. */
  | { readonly type: 'stored'; readonly pieces: readonly PieceIndex[] }
  | { readonly type: 'completed'; readonly atMs: number }
  /** By its plan, before the end of the run. */
  | { readonly type: 'left' }
  | { readonly type: 'progress'; readonly progress: RunProgress }
  | {
      readonly type: 'ended'
      readonly observations: Observations
      readonly page: LedgerPage
      readonly failure: string | null
      /** A program that ended by itself, and was not complete. */
      readonly endedEarly?: true
      readonly costs: ProcessCosts
      /** Share of the time in which the client could have run, and had no core; 0 where the system does not tell. */
      readonly waitedShare: number
    }
  | { readonly type: 'failed'; readonly reason: string }

/** How well the rig kept time while the client ran. */
export interface Timekeeping {
  /** An event of the link model ran this much after it was due: 99 of 100 at most, and the worst. */
  readonly latenessP99Ms: number
  readonly latenessMaxMs: number
  /** Share of the time in which some event was overdue. */
  readonly behindShare: number
  /** Of the event loop. */
  readonly loopDelayP99Ms: number
  /** Share of the time that the rig worked; waiting busily for a deadline is not work. */
  readonly busyShare: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}
