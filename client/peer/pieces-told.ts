/**
 * What the peer told that it has: bitfield and have (BEP 3), have-all and have-none (BEP 6), lt_donthave (BEP 54).
 *
 * The first message that tells of many is told on as `has-these`, what comes after as `has`.
 * Not here: which of these pieces may be asked for (requestable).
 */
import type { Geometry, PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { type WireFault, wireFault } from '../wire/fault.ts'
import { EarlyPieces } from './early-pieces.ts'
import type { PeerConnectionEvent } from './peer-event.ts'

export class PiecesTold {
  readonly #tell: (event: PeerConnectionEvent) => void
  #geometry: Geometry | null
  #pieces: Bitfield
  /** Null once the torrent is known. */
  #early: EarlyPieces | null
  /** Were any pieces told on? Then a bitfield adds to them. */
  #toldOn = false

  constructor(geometry: Geometry | null, tell: (event: PeerConnectionEvent) => void) {
    this.#tell = tell
    this.#geometry = geometry
    this.#pieces = new Bitfield(geometry?.pieceCount ?? 0)
    this.#early = geometry === null ? new EarlyPieces() : null
  }

  /** Of no piece while the torrent is not known. */
  get pieces(): Bitfield {
    return this.#pieces
  }

  get hasAll(): boolean {
    return this.#early === null ? this.#pieces.isFull : this.#early.hasAll
  }

  has(piece: PieceIndex): boolean {
    return this.#geometry !== null && this.#pieces.has(piece)
  }

  /** The torrent is known now: what was told before is judged and told on. */
  contentKnown(geometry: Geometry): WireFault | null {
    const early = this.#early
    if (early === null) return null
    this.#early = null
    this.#geometry = geometry
    this.#pieces = new Bitfield(geometry.pieceCount)
    const pieces = early.judge(geometry.pieceCount)
    if (pieces === null) return null
    if (!(pieces instanceof Bitfield)) return pieces
    this.#tellThese(pieces)
    return null
  }

  /** First by BEP 3; aria2 also sends one later, in place of many haves. What it lacks by then is not taken away. */
  receiveBitfield(bits: Uint8Array): WireFault | null {
    if (this.#geometry === null) return this.#early!.receiveBitfield(bits)
    const pieces = Bitfield.fromWire(bits, this.#geometry.pieceCount)
    if (!(pieces instanceof Bitfield)) return pieces
    if (!this.#toldOn) {
      this.#tellThese(pieces)
      return null
    }
    for (let piece = 0; piece < pieces.pieceCount; piece++) {
      if (pieces.has(piece as PieceIndex)) this.#add(piece as PieceIndex)
    }
    return null
  }

  /** First by BEP 6; aria2 also sends one when it has become complete. */
  receiveHaveAll(): void {
    if (this.#geometry === null) return this.#early!.receiveHaveAll()
    if (!this.#toldOn) return this.#tellThese(Bitfield.full(this.#geometry.pieceCount))
    for (let piece = 0; piece < this.#geometry.pieceCount; piece++) this.#add(piece as PieceIndex)
  }

  /** Says nothing that was not so, and contradicts what was said before. */
  receiveHaveNone(): WireFault | null {
    const hasSome = this.#early?.hasSome ?? this.#pieces.setCount > 0
    return hasSome ? wireFault('have-none.late', 'have-none before any piece', 'have-none after one') : null
  }

  /** False: we knew. */
  receiveHave(value: number): boolean | WireFault {
    if (this.#geometry === null) return this.#early!.receiveHave(value)
    const piece = this.#geometry.pieceIndex(value)
    return piece === null ? wireFault('have.piece', `below ${this.#geometry.pieceCount}`, value) : this.#add(piece)
  }

  receiveLost(value: number): WireFault | null {
    if (this.#geometry === null) return this.#early!.receiveLost(value)
    const piece = this.#geometry.pieceIndex(value)
    if (piece === null) return wireFault('dont-have.piece', `below ${this.#geometry.pieceCount}`, value)
    const wasFull = this.#pieces.isFull
    if (this.#pieces.clear(piece)) this.#tell({ type: 'lost', piece, wasFull })
    return null
  }

  #tellThese(pieces: Bitfield): void {
    this.#toldOn = true
    this.#pieces = pieces
    // A copy: haves of the same chunk change ours before the event is pulled.
    this.#tell({ type: 'has-these', pieces: pieces.copy() })
  }

  #add(piece: PieceIndex): boolean {
    this.#toldOn = true
    if (!this.#pieces.set(piece)) return false
    this.#tell({ type: 'has', piece, completes: this.#pieces.isFull })
    return true
  }
}
