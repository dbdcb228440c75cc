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
  /** To a tracker, without an answer or with a refusal. */
  readonly announcesFailed: number
  /** Of a client that crashed and started again; null where none did. */
  readonly restart: RestartObservations | null
  readonly samples: readonly TimelineSample[]
  readonly marks: readonly TimelineMark[]
  /** Pieces as they were stored, by bin; left out of a client that is seen from outside. */
  readonly pieces?: readonly TimelinePieces[]
}

export interface RestartObservations {
  readonly crashedSeconds: number
  /** Of pieces that were stored when it crashed, and of blocks of pieces that were not. */
  readonly storedBytes: number
  readonly unstoredBytes: number
  readonly restartedSeconds: number
  /** From the restart until it knew what was on the disk; null: it never did. */
  readonly verifySeconds: number | null
  /** Pieces that it found there, and how many of them it took on trust. */
  readonly foundPieces: number
  readonly trustedPieces: number
}

/** Payload bytes that came from `peer` in the bin that starts at `tMs` (from the client's start). */
export interface TimelineSample {
  readonly tMs: number
  readonly peer: string
  readonly bytes: number
}

/** Stored in the bin that starts at `tMs`, and how many were still wanted then. */
export interface TimelinePieces {
  readonly tMs: number
  readonly pieces: readonly number[]
  readonly piecesLeft: number
}

export interface TimelineMark {
  readonly tMs: number
  readonly mark: string
  readonly peer?: string
  readonly detail?: string
}
