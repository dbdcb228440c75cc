/**
 * Checks pieces where they are stored, without their bytes ever coming to the caller, so that it may run in threads
 * (`client/node`). For content that was there before; pieces on their way in are for the Hasher.
 */
import type { StorageFault } from './storage.ts'

export interface PieceVerifier {
  /** So many calls at a time keep it busy. */
  readonly lanes: number
  /** Pieces that lie beside each other are quickest together. `done` never comes during the call. */
  verify(pieces: readonly number[], done: (nowMs: number, verdict: Verdict) => void): void
}

export interface Verdict {
  /** For each piece asked for, whether its bytes are all there and have its hash. */
  readonly matches: readonly boolean[]
  /** Why a piece could not be read, of the first that could not. */
  readonly fault: StorageFault | null
}
