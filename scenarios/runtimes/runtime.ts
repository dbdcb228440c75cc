/** A runtime brings a swarm up, lets it run, and says what it saw. Every runtime takes the same plan. */
import type { Observations } from '../engine/observations.ts'
import type { SwarmPlan } from '../engine/swarm-plan.ts'

export type RuntimeName = 'sim' | 'processes' | 'containers'

export interface Runtime {
  readonly name: RuntimeName
  /** Throws only where the runtime itself broke; what goes wrong in the swarm is in the result. */
  run(plan: SwarmPlan, seed: number, context: RunContext): Promise<RunResult>
}

/** One that is ready for the cells of a sweep. */
export interface StartedRuntime extends Runtime {
  readonly cellsAtOnce: number
  /** Nothing of it runs any more, or keeps the process. */
  close(): Promise<void>
}

/** Paths of what is written down of one client: a readable log, and one for Wireshark. */
export interface CaptureFiles {
  readonly trace: string | undefined
  readonly pcap: string | undefined
}

/** Client 0 is the one under test, 1 the first of the others. */
export interface CapturedClient {
  readonly files: CaptureFiles
  readonly clientIndex: number
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
  /** The client under test is a program that ended by itself before it was complete. */
  readonly endedEarly?: true
  /** Why the download or the window did not come to its end; null when it did. */
  readonly failure: string | null
  /** From the start of the clients to the end of the run. */
  readonly endedSeconds: number
  /** The client under test, then the others in the order of the plan. */
  readonly clients: readonly ClientResult[]
  /** The swarm as a whole, in the order of time; empty where the plan asks for no samples. */
  readonly swarm: readonly SwarmSample[]
  /** By each seeder, from the start of the client under test. */
  readonly seeders: readonly SeederResult[]
  /** Does what is stored equal the content, at every client that is complete? Null where only a window was measured. */
  readonly contentMatches: boolean | null
  /** Why the figures cannot be trusted: the rig, not the client, was the limit. */
  readonly invalid: string | null
  /** Of the client under test alone; null where it shares a process with the rig. */
  readonly client: ProcessCosts | null
  /** Same hash, same run; null in real time. */
  readonly traceHash: string | null
  readonly costs: RunCosts
}

/** Of a client of ours. Bytes are payload; seconds count from the start of the clients where they do not say otherwise. */
export interface ClientResult {
  readonly group: string
  readonly isSeed: boolean
  readonly arrivedSeconds: number
  /** From its arrival; null: it never was complete. A seed: 0. */
  readonly completedSeconds: number | null
  /** From its arrival to its first verified piece; null: none. A seed: 0. */
  readonly firstPieceSeconds: number | null
  /** Null: it stayed to the end. */
  readonly leftSeconds: number | null
  readonly sentBytes: number
  /** What was here already or unasked for not counted. */
  readonly receivedBytes: number
  /** Of these, from clients that came as seeds. */
  readonly fromSeedsBytes: number
  /** Of these, from clients of its own group. */
  readonly fromGroupBytes: number
  /** Time in which clients that came as seeds had it unchoked while it was interested, all of them together. */
  readonly unchokedBySeedsSeconds: number
}

export interface SwarmSample {
  /** From the start of the clients. */
  readonly tMs: number
  /** Present and not complete. */
  readonly leechers: number
  /** Present and complete. */
  readonly seeds: number
  /** Copies of the rarest piece, and of the average one, among those present. */
  readonly rarestCopies: number
  readonly meanCopies: number
}

export interface SeederResult {
  /** Payload sent. */
  readonly bytes: number
  /** Of blocks that it had sent before, until it had sent every block once. */
  readonly againBytes: number
  /** Until it had sent every block once; null: it has not. */
  readonly copySeconds: number | null
  /** When it sent its first block, and its last; null: none. */
  readonly firstSeconds: number | null
  readonly lastSeconds: number | null
}

export interface ProcessCosts {
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

/** What running it cost the host. */
export interface RunCosts extends ProcessCosts {
  readonly wallSeconds: number
  /** Blocks that all clients of ours received and could use, over the time on the wall. */
  readonly blocksPerSecond: number
  /** Whatever else is known, unit last in the name. */
  readonly further?: Readonly<Record<string, number>>
}
