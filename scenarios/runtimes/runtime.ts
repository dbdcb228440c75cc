/** A runtime brings a swarm up, lets it run, and says what it saw. Every runtime takes the same plan. */
import type { Observations } from '../engine/observations.ts'
import type { SwarmPlan } from '../engine/swarm-plan.ts'

export type RuntimeName = 'sim' | 'processes'

export interface Runtime {
  readonly name: RuntimeName
  /** Throws only where the runtime itself broke; what goes wrong in the swarm is in the result. */
  run(plan: SwarmPlan, seed: number, context: RunContext): Promise<RunResult>
}

/** Paths of what is written down of the client under test: a readable log, and one for Wireshark. */
export interface CaptureFiles {
  readonly trace: string | undefined
  readonly pcap: string | undefined
}

export interface RunContext {
  /** Aborted: the run is given up, and rejects. */
  readonly signal: AbortSignal
  /** Called now and then while a run in real time goes on. */
  readonly progress: (progress: RunProgress) => void
}

export interface RunProgress {
  /** Of the content, 0 to 1. */
  readonly share: number
  readonly downRateBytesPerSecond: number
  readonly connectedPeers: number
}

export interface RunResult {
  readonly observations: Observations
  /** Why the download or the window did not come to its end; null when it did. */
  readonly failure: string | null
  /** From the start of the client under test to the completion of each other one; null: it never was complete. */
  readonly leecherSeconds: readonly (number | null)[]
  /** By each seeder, from the start of the client under test. */
  readonly seeders: readonly SeederResult[]
  /** Does what was stored equal the content, by SHA-256, at every client? Null where only a window was measured. */
  readonly contentMatches: boolean | null
  /** Why the figures cannot be trusted: the rig, not the client, was the limit. */
  readonly invalid: string | null
  /** Of the client under test alone; null where it shares a process with the rig. */
  readonly client: ProcessCosts | null
  /** Same hash, same run; null in real time. */
  readonly traceHash: string | null
  readonly costs: RunCosts
}

export interface SeederResult {
  /** Payload sent. */
  readonly bytes: number
  /** Of blocks that it had sent before, until it had sent every block once. */
  readonly againBytes: number
  /** Until it had sent every block once; null: it has not. */
  readonly copySeconds: number | null
}

export interface ProcessCosts {
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

/** What running it cost the host. */
export interface RunCosts extends ProcessCosts {
  readonly wallSeconds: number
  readonly blocksPerSecond: number
  /** Whatever else is known, unit last in the name. */
  readonly further?: Readonly<Record<string, number>>
}
