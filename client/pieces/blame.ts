/**
 * Who sent the bad block? A piece that failed its hash is kept, whole, until a good copy of it is here; then the
 * blocks that differ convict their senders, and nobody else. A piece of one sender convicts at once.
 *
 * Memory is bounded: the oldest copies that failed go first when there are too many, or they are too large.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { PeerKey } from './partial-piece.ts'

/** Failed copies kept, however small. */
export const EVIDENCE_PIECES_MAX = 64
/** Bytes of failed copies kept: four of 16 MiB, of a common 256 KiB all. The newest is kept though it is larger. */
export const EVIDENCE_BYTES_MAX = 64 * 1024 * 1024

interface Evidence {
  readonly piece: PieceIndex
  readonly parts: readonly Uint8Array[]
  readonly senders: readonly PeerKey[]
}

export class Blame {
  /** The oldest first; a piece that failed more than once is there more than once. */
  #evidence: Evidence[] = []
  #bytes = 0

  /** The piece failed. Gives the peers convicted by it now: its sole sender, or nobody yet. */
  failed(piece: PieceIndex, parts: readonly Uint8Array[], senders: readonly PeerKey[]): PeerKey[] {
    const distinct = new Set(senders)
    if (distinct.size === 1) return [...distinct]
    this.#evidence.push({ piece, parts, senders })
    this.#bytes += bytesIn(parts)
    while (
      this.#evidence.length > EVIDENCE_PIECES_MAX ||
      (this.#bytes > EVIDENCE_BYTES_MAX && this.#evidence.length > 1)
    ) {
      this.#bytes -= bytesIn(this.#evidence.shift()!.parts)
    }
    return []
  }

  /** A good copy is here. Gives the senders of the blocks that were bad. */
  verified(piece: PieceIndex, parts: readonly Uint8Array[]): PeerKey[] {
    if (this.#evidence.length === 0) return []
    const guilty = new Set<PeerKey>()
    for (const evidence of this.#evidence) {
      if (evidence.piece !== piece) continue
      this.#bytes -= bytesIn(evidence.parts)
      for (const [block, sender] of evidence.senders.entries()) {
        if (!equal(evidence.parts[block]!, parts[block]!)) guilty.add(sender)
      }
    }
    this.#evidence = this.#evidence.filter((evidence) => evidence.piece !== piece)
    return [...guilty]
  }
}

function bytesIn(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}

/** Four bytes at a time: blocks begin anywhere in what they were received with. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  const viewA = new DataView(a.buffer, a.byteOffset, a.length)
  const viewB = new DataView(b.buffer, b.byteOffset, b.length)
  let at = 0
  for (; at + 4 <= a.length; at += 4) if (viewA.getInt32(at) !== viewB.getInt32(at)) return false
  for (; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
