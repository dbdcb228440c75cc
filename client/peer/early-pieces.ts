/**
 * What a peer tells of its pieces before anybody here knows how many there are (a magnet link, BEP 9): kept as it came,
 * and judged when the torrent is known. A peer whose bitfield was of another length is then as wrong as it would have
 * been before.
 *
 * Limits: as many pieces as a torrent can have whose metadata is taken at all (two bits each); 1,000 that were lost.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { type WireFault, wireFault } from '../wire/fault.ts'
import { METADATA_BYTES_MAX } from '../wire/ut-metadata.ts'

/** The metadata has 20 bytes a piece. */
export const EARLY_PIECES_MAX = Math.floor(METADATA_BYTES_MAX / 20)
const BITFIELD_BYTES_MAX = Math.ceil(EARLY_PIECES_MAX / 8)
export const EARLY_LOST_MAX = 1_000

export class EarlyPieces {
  #hasAll = false
  #bitfield: Uint8Array | null = null
  #haves: Bitfield | null = null
  #lastHave = -1
  readonly #lost = new Set<number>()
  #lastLost = -1

  get hasAll(): boolean {
    return this.#hasAll && this.#lost.size === 0
  }

  /** Was any told? */
  get hasSome(): boolean {
    return this.#hasAll || this.#bitfield?.some((byte) => byte !== 0) === true || this.#lastHave >= 0
  }

  /** Another one adds to the first, and has its length. */
  receiveBitfield(bits: Uint8Array): WireFault | null {
    const before = this.#bitfield
    for (const piece of this.#lost) if (hasBit(bits, piece)) this.#lost.delete(piece)
    if (before === null) {
      if (bits.length > BITFIELD_BYTES_MAX) return badLength(`at most ${BITFIELD_BYTES_MAX}`, bits)
      this.#bitfield = bits.slice()
      return null
    }
    if (before.length !== bits.length) return badLength(`${before.length}`, bits)
    for (const [at, byte] of bits.entries()) before[at]! |= byte
    return null
  }

  /** False when it was told before. */
  receiveHave(piece: number): boolean | WireFault {
    if (piece >= EARLY_PIECES_MAX) return wireFault('have.piece', `below ${EARLY_PIECES_MAX}`, piece)
    this.#lost.delete(piece)
    this.#haves ??= new Bitfield(EARLY_PIECES_MAX)
    this.#lastHave = Math.max(this.#lastHave, piece)
    return this.#haves.set(piece as PieceIndex)
  }

  receiveHaveAll(): void {
    this.#hasAll = true
    this.#lost.clear()
  }

  receiveLost(piece: number): WireFault | null {
    if (piece >= EARLY_PIECES_MAX) return wireFault('dont-have.piece', `below ${EARLY_PIECES_MAX}`, piece)
    this.#haves?.clear(piece as PieceIndex)
    this.#lost.add(piece)
    this.#lastLost = Math.max(this.#lastLost, piece)
    if (this.#lost.size <= EARLY_LOST_MAX) return null
    return wireFault('dont-have.piece', `at most ${EARLY_LOST_MAX} pieces`, this.#lost.size)
  }

  /** What it has, now that the number of pieces is known. Null: it told of none. */
  judge(pieceCount: number): Bitfield | WireFault | null {
    if (this.#lastHave >= pieceCount) return wireFault('have.piece', `below ${pieceCount}`, this.#lastHave)
    if (this.#lastLost >= pieceCount) return wireFault('dont-have.piece', `below ${pieceCount}`, this.#lastLost)
    if (!this.#hasAll && this.#bitfield === null && this.#lastHave < 0) return null
    const told = this.#bitfield === null ? new Bitfield(pieceCount) : Bitfield.fromWire(this.#bitfield, pieceCount)
    if (!(told instanceof Bitfield)) return told
    const pieces = this.#hasAll ? Bitfield.full(pieceCount) : told
    for (let piece = 0; piece <= this.#lastHave; piece++) {
      if (this.#haves?.has(piece as PieceIndex) === true) pieces.set(piece as PieceIndex)
    }
    for (const piece of this.#lost) pieces.clear(piece as PieceIndex)
    return pieces
  }
}

function hasBit(bits: Uint8Array, piece: number): boolean {
  return ((bits[piece >>> 3] ?? 0) & (0x80 >>> (piece & 7))) !== 0
}

function badLength(expectedBytes: string, bits: Uint8Array): WireFault {
  return wireFault('bitfield.length', `${expectedBytes} bytes`, `${bits.length} bytes`)
}
