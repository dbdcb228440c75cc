/** What a soak is asked for, what it takes from the system, and what it says. */
import type { Clock } from '../../client/ports/clock.ts'
import type { Moment } from './moments.ts'

export type EndSignal = 'SIGKILL' | 'SIGINT'

export interface SoakOptions {
  /** Sessions to be ended by `signal`. */
  readonly kills: number
  readonly seed: number
  readonly fastResume: boolean
  readonly signal: EndSignal
  /** Exists and is empty; what it gets is left there. */
  readonly folder: string
  readonly abort: AbortSignal
}

export interface SoakWorld {
  readonly clock: Clock
  /** As the client's log has it. */
  wallMs(): number
}

/** Something that must not be. */
export class SoakFailure extends Error {}

export interface Largest {
  readonly max: number
  readonly total: number
}

export interface SoakFigures {
  readonly kills: number
  readonly downloads: number
  /** Sessions that found something of an earlier one. */
  readonly restarts: number
  readonly contentBytes: number
  /** That came again, by the end that cost them. */
  readonly againBytes: Largest
  /** That could have come again: pieces in progress, and those stored since the last resume state. */
  readonly exposedBytes: Largest
  /** How long the oldest piece stored and not in the resume state had been there. */
  readonly stateLagMs: number
  /** Resume states that a kill left unfinished. */
  readonly statesCut: number
  /** Pieces believed to the resume state, over all restarts. */
  readonly trustedPieces: number
}

export interface SoakObserver {
  /** A session was ended at its moment. */
  ended(kill: { readonly number: number; readonly moment: Moment; readonly storedPieces: number }): void
  /** A download has every byte. */
  downloaded(download: { readonly number: number; readonly sessions: number }): void
}
