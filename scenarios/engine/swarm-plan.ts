/**
 * A swarm, as data: what a scenario asks a runtime to bring up. It travels into processes and containers as JSON.
 *
 * The clients of ours find their peers through the tracker, as they would anywhere. One of them is *under test*: what
 * it saw is the result. A run ends when all of them are complete.
 */
import type { PipelineDepth } from '../../client/peer/pipeline.ts'
import type { PickStrategy } from '../../client/pieces/pick-strategy.ts'
import { PEERS_MAX_DEFAULT, UPLOAD_SLOTS_DEFAULT } from '../../client/swarm/settings.ts'
import type { Link } from '../../links/link.ts'
import type { ScriptStep } from '../../seeder/script.ts'
import type { TrackerScript } from '../../tracker-mock/script.ts'
import type { ClientName, SettingsName } from '../clients/adapter.ts'

export interface SwarmPlan {
  readonly content: ContentPlan
  readonly seeders: readonly SeederPlan[]
  readonly client: ClientPlan
  /** Clients of ours beside the one under test, seeds among them. */
  readonly others: readonly ClientPlan[]
  /** How the tracker fails. The seeders announce themselves first, one announce each; then the clients start. */
  readonly trackerScript: TrackerScript
  /** The client under test dies once, and starts again over what it left on the disk. Null: it does not. */
  readonly crash: CrashPlan | null
  /** What is measured: a window, or (null) the whole download. */
  readonly window: WindowPlan | null
  /**
   * In real time: the share of a run in which the rig may be behind, or the client wait for a core, before its figures
   * count as the machine's and not the client's. Where round trips are measured, lost time is lost throughput.
   */
  readonly disturbedShareMax: number
  /** From the start of the clients. A run that takes longer has failed. */
  readonly timeLimitMs: number
  /** The run ends then, whoever is complete, and has not failed: a steady state is watched. Null: when all are. */
  readonly endMs: number | null
  /** How often the swarm as a whole is looked at. Null: never. */
  readonly sampleEveryMs: number | null
}

export interface ContentPlan {
  readonly totalBytes: number
  readonly contentSeed: number
  readonly pieceLengthBytes: number
  /** Sizes of its files, together all of it; left out: it is one file. */
  readonly fileBytes?: readonly number[]
}

export interface SeederPlan {
  readonly link: Link
  readonly script: readonly ScriptStep[]
}

export interface ClientPlan {
  readonly link: Link
  readonly pipelineDepth: PipelineDepth
  readonly peersMax: number
  readonly picker: PickStrategy
  /** Peers unchoked for what they give, beside the optimistic one. */
  readonly uploadSlots: number
  /** What it is called together with those like it: `leechers`, `seed`, `slow`. */
  readonly group: string
  /** It has the whole content when it arrives. */
  readonly isSeed: boolean
  /** From the start of the clients; the client under test arrives at 0. */
  readonly arrivesMs: number
  /** Once complete it shares for so long, then leaves and says so to the tracker. Null: to the end of the run; 0: at once. */
  readonly seedsMs: number | null
  /** From the start of the clients: it leaves then, complete or not. Null: it does not. */
  readonly leavesMs: number | null
  /** Nobody can dial it where not: it is behind a NAT. */
  readonly isReachable: boolean
  /** After a crash: believe the resume state instead of reading what is on the disk. */
  readonly fastResume: boolean
  /** Left out: our client, seen from within. Else a program, seen from outside: of the rest only link, seed and times hold. */
  readonly program?: ProgramPlan
}

export interface ProgramPlan {
  /** `swarmlab` is ours by its command line: on equal terms with the others. */
  readonly client: ClientName
  readonly settings: SettingsName
  /** What it is given. */
  readonly source: 'torrent' | 'magnet'
  /** That it does not complete, or stores wrong bytes, is a result like another: the scenario says what must hold. */
  readonly failureIsFinding?: true
}

/** As by `kill -9`: nothing is said to anybody, and what had not reached the disk is lost. */
export interface CrashPlan {
  /** As soon as so many bytes of blocks have arrived. */
  readonly atBytes: number
  /** Until it starts again. */
  readonly downMs: number
}

export interface WindowPlan {
  /** From the client's start; nothing counts before. */
  readonly warmupMs: number
  readonly measuredMs: number
  /** Blocks arrive in bursts of this many: the window is cut to whole bursts, so that none counts in part. */
  readonly burstBlocks: number
}

/** What most scenarios have. */
export const PLAIN_SWARM: Pick<SwarmPlan, 'others' | 'trackerScript' | 'crash' | 'window' | 'endMs' | 'sampleEveryMs'> =
  {
    others: [],
    trackerScript: [],
    crash: null,
    window: null,
    endMs: null,
    sampleEveryMs: null,
  }

export const PLAIN_CLIENT: Omit<ClientPlan, 'link' | 'pipelineDepth'> = {
  peersMax: PEERS_MAX_DEFAULT,
  picker: 'rarest-first',
  uploadSlots: UPLOAD_SLOTS_DEFAULT,
  group: 'leechers',
  isSeed: false,
  arrivesMs: 0,
  seedsMs: 0,
  leavesMs: null,
  isReachable: true,
  fastResume: false,
}

/** The client under test is client 0. */
export function clientsOf({ client, others }: Pick<SwarmPlan, 'client' | 'others'>): readonly ClientPlan[] {
  return [client, ...others]
}

/** What cannot run in virtual time. */
export function programsOf(plan: Pick<SwarmPlan, 'client' | 'others'>): readonly ProgramPlan[] {
  return clientsOf(plan).flatMap(({ program }) => program ?? [])
}

/** Seeders are called by their place: `peer 1` and so on. */
export function peerLabel(seederIndex: number): string {
  return `peer ${seederIndex + 1}`
}
