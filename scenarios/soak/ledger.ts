/**
 * What it costs that a download dies and is started again, over and over: the blocks that come a second time, and
 * whether each of them had to.
 *
 * A *session* is one life of the client. At its end a piece is *exposed*, that is, may have to come again, when it was
 * begun in that session and not stored (in progress), or is *in doubt*: stored, but not yet in the resume state, where
 * that is believed. A block that comes again though its piece was not exposed when it came before is *wrong*.
 */
import type { BlockRange, Geometry, PieceIndex } from '../../client/metainfo/geometry.ts'

/** One session that has ended, and what became of it since. */
export interface SessionCost {
  /** Of the pieces exposed at its end: what coming again may cost. */
  readonly exposedBytes: number
  /** Of blocks that came in it, and came again later. */
  againBytes: number
  /** Blocks that came again without need, as `PIECE:OFFSET`. */
  readonly wrong: string[]
}

interface EndedSession extends SessionCost {
  readonly exposed: ReadonlySet<PieceIndex>
}

export class Ledger {
  readonly #geometry: Geometry
  readonly #sessions: EndedSession[] = []
  /** The session that a block came in last, by its name. */
  readonly #cameIn = new Map<string, number>()
  readonly #begun = new Set<PieceIndex>()
  /** In the session at hand. */
  readonly #stored = new Set<PieceIndex>()
  /** In any session. */
  readonly #everStored = new Set<PieceIndex>()

  constructor(geometry: Geometry) {
    this.#geometry = geometry
  }

  get sessions(): readonly SessionCost[] {
    return this.#sessions
  }

  /** In any session, and so to be found by the next one unless it is in doubt. */
  get stored(): ReadonlySet<PieceIndex> {
    return this.#everStored
  }

  block({ piece, offsetBytes, lengthBytes }: BlockRange): void {
    const name = `${piece}:${offsetBytes}`
    const current = this.#sessions.length
    const before = this.#sessions[this.#cameIn.get(name) ?? current]
    if (before !== undefined) {
      before.againBytes += lengthBytes
      if (!before.exposed.has(piece)) before.wrong.push(name)
    }
    this.#cameIn.set(name, current)
    this.#begun.add(piece)
  }

  storedPiece(piece: PieceIndex): void {
    this.#stored.add(piece)
    this.#everStored.add(piece)
  }

  /** The session is over; the next one begins. */
  ended(inDoubt: Iterable<PieceIndex>): void {
    const exposed = new Set(inDoubt)
    for (const piece of this.#begun) if (!this.#stored.has(piece)) exposed.add(piece)
    const exposedBytes = Array.from(exposed, (piece) => this.#geometry.pieceBytes(piece)).reduce((a, b) => a + b, 0)
    this.#sessions.push({ exposed, exposedBytes, againBytes: 0, wrong: [] })
    this.#begun.clear()
    this.#stored.clear()
  }
}
