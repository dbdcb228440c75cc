/**
 * Who sent the bad block? A piece that failed its hash is kept, whole, until a good copy of it is here; then the
 * blocks that differ convict their senders, and nobody else. A piece of one sender convicts at once.
 *
 * Memory is bounded: at most EVIDENCE_PIECES_MAX failed copies are kept, the oldest go first.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { PeerKey } from './partial-piece.ts'

/** Sixteen pieces of 16 MiB are 256 MiB, of a common 256 KiB 4 MiB. */
export const EVIDENCE_PIECES_MAX = 16

interface Evidence {
  readonly piece: PieceIndex
  readonly parts: readonly Uint8Array[]
  readonly senders: readonly PeerKey[]
}

export class Blame {
  /** The oldest first; a piece that failed more than once is there more than once. */
  #evidence: Evidence[] = []

  /** The piece failed. Gives the peers convicted by it now: its sole sender, or nobody yet. */
  failed(piece: PieceIndex, parts: readonly Uint8Array[], senders: readonly PeerKey[]): PeerKey[] {
    const distinct = new Set(senders)
    if (distinct.size === 1) return [...distinct]
    this.#evidence.push({ piece, parts, senders })
    if (this.#evidence.length > EVIDENCE_PIECES_MAX) this.#evidence.shift()
    return []
  }

  /** A good copy is here. Gives the senders of the blocks that were bad. */
  verified(piece: PieceIndex, parts: readonly Uint8Array[]): PeerKey[] {
    const guilty = new Set<PeerKey>()
    for (const evidence of this.#evidence) {
      if (evidence.piece !== piece) continue
      for (const [block, sender] of evidence.senders.entries()) {
        if (!equal(evidence.parts[block]!, parts[block]!)) guilty.add(sender)
      }
    }
    this.#evidence = this.#evidence.filter((evidence) => evidence.piece !== piece)
    return [...guilty]
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
