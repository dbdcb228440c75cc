/** What a run showed, derived from the client's events alone and so the same in every runtime. Plain data. */
import { TIMELINE_BIN_MS } from '../../results/schema.ts'

/** Width of a bin of the timeline. */
export const BIN_MS = TIMELINE_BIN_MS

export interface Observations {
  /** From the client's start to completion, or to the end of the window. */
  readonly seconds: number
  readonly isComplete: boolean
  /** Steady state: payload after the first block ÷ (arrival of last − arrival of first); null with fewer than 2 blocks. */
  readonly throughputBytesPerSecond: number | null
  readonly timeToFirstByteSeconds: number | null
  readonly usefulBytes: number
  /** Bytes of blocks that were here already, or that nobody asked for. */
  readonly wastedBytes: number
  readonly hashFailures: number
  readonly requests: { readonly first: number; readonly again: number; readonly endgame: number }
  /** Requests that got no answer: their peer went, choked or stalled. */
  readonly requestsLost: number
  readonly samples: readonly TimelineSample[]
  readonly marks: readonly TimelineMark[]
}

/** Payload bytes that came from `peer` in the bin that starts at `tMs` (from the client's start). */
export interface TimelineSample {
  readonly tMs: number
  readonly peer: string
  readonly bytes: number
}

export interface TimelineMark {
  readonly tMs: number
  readonly mark: string
  readonly peer?: string
  readonly detail?: string
}
