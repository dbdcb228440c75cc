/**
 * A swarm, as data: what a scenario asks a runtime to bring up. It travels into processes and containers as JSON.
 *
 * The client under test finds its peers through the tracker, as it would anywhere.
 */
import type { PipelineDepth } from '../../client/peer/pipeline.ts'
import type { Link } from '../../links/link.ts'
import type { ScriptStep } from '../../seeder/script.ts'

export interface SwarmPlan {
  readonly content: ContentPlan
  readonly seeders: readonly SeederPlan[]
  readonly client: ClientPlan
  /** What is measured: a window, or (null) the whole download. */
  readonly window: WindowPlan | null
  /**
   * In real time: the share of a run in which the rig may be behind, or the client wait for a core, before its figures
   * count as the machine's and not the client's. Where round trips are measured, lost time is lost throughput.
   */
  readonly disturbedShareMax: number
  /** Of the client's time. A run that takes longer has failed. */
  readonly timeLimitMs: number
}

export interface ContentPlan {
  readonly totalBytes: number
  readonly contentSeed: number
  readonly pieceLengthBytes: number
}

export interface SeederPlan {
  readonly link: Link
  readonly script: readonly ScriptStep[]
}

export interface ClientPlan {
  readonly link: Link
  readonly pipelineDepth: PipelineDepth
  readonly peersMax: number
}

export interface WindowPlan {
  /** From the client's start; nothing counts before. */
  readonly warmupMs: number
  readonly measuredMs: number
  /** Blocks arrive in bursts of this many: the window is cut to whole bursts, so that none counts in part. */
  readonly burstBlocks: number
}

/** Seeders are called by their place: `peer 1` and so on. */
export function peerLabel(seederIndex: number): string {
  return `peer ${seederIndex + 1}`
}
