/**
 * What is written down of a fault. A test belongs to it when its whole title, those of its groups before it, contains the
 * fault as it is written here (`tracker: refused`), or what the entry names instead.
 */
import type { ClientEvent } from '../../client/ports/events.ts'

export interface FaultEntry {
  /** `PLACE: WHAT`. */
  readonly fault: string
  /** What the client does. */
  readonly response: string
  /** Types of events, each with its level in the log; or what the user gets instead, where there is no download yet. */
  readonly told: readonly ClientEvent['type'][] | string
  /** What it costs at most. */
  readonly bound: string
  readonly tests: readonly FaultTest[]
}

export interface FaultTest {
  readonly file: string
  /** Part of the titles; where it is not the fault itself. */
  readonly title?: string
}
