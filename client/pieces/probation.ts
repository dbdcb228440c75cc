/**
 * How long a source may keep a piece on probation to itself. Nobody else can help with such a piece, so a peer that sends
 * a block now and then would keep it for ever: after its tenure, another that has nothing better to do takes over.
 *
 * Every takeover lengthens the next tenure by as much: peers that are all slow come to an end, and of n that never send
 * each costs its tenure.
 */
import { type PartialPiece, type PeerKey, WHOLE_PIECE_MS } from './partial-piece.ts'

/** What a source has that is on course for a whole piece within WHOLE_PIECE_MS, or when no fast peer is there. */
export const TENURE_MS = WHOLE_PIECE_MS
/** What one has that is behind, when a fast peer asks. */
export const TENURE_BEHIND_MS = 2_000

interface Tenure {
  readonly source: PeerKey
  readonly sinceMs: number
}

export class Probation {
  readonly #tenures = new Map<PartialPiece, Tenure>()

  /** A block of the piece was asked of `peer`. */
  asked(nowMs: number, partial: PartialPiece, peer: PeerKey): void {
    if (this.#tenures.get(partial)?.source !== peer) this.#tenures.set(partial, { source: peer, sinceMs: nowMs })
  }

  ended(partial: PartialPiece): void {
    this.#tenures.delete(partial)
  }

  /** May a peer that has time take the piece from its source? */
  isDue(nowMs: number, partial: PartialPiece, isFast: boolean): boolean {
    const tenure = this.#tenures.get(partial)
    if (tenure === undefined || partial.source !== tenure.source) return false
    const heldMs = nowMs - tenure.sinceMs
    const isBehind = partial.hereCount * WHOLE_PIECE_MS < heldMs * partial.blockCount
    return heldMs >= (isFast && isBehind ? TENURE_BEHIND_MS : TENURE_MS) * (partial.restartCount + 1)
  }

  /** When, after `nowMs`, the next piece may become due; null when none can. */
  nextDueMs(nowMs: number): number | null {
    let nextMs: number | null = null
    for (const [{ restartCount, hereCount, blockCount }, { sinceMs }] of this.#tenures) {
      const behindMs = Math.floor((hereCount * WHOLE_PIECE_MS) / blockCount) + 1
      for (const tenureMs of [
        Math.max(TENURE_BEHIND_MS * (restartCount + 1), behindMs),
        TENURE_MS * (restartCount + 1),
      ]) {
        const dueMs = sinceMs + tenureMs
        if (dueMs > nowMs && (nextMs === null || dueMs < nextMs)) nextMs = dueMs
      }
    }
    return nextMs
  }
}
