/** Bitfield: one bit a piece, the highest bit of byte 0 is piece 0, spare bits at the end are 0. BEP 3. */
import type { PieceIndex } from '../metainfo/geometry.ts'
import { type WireFault, wireFault } from './fault.ts'

export class Bitfield {
  readonly pieceCount: number
  readonly #bytes: Uint8Array
  #setCount = 0

  /** All clear. */
  constructor(pieceCount: number) {
    this.pieceCount = pieceCount
    this.#bytes = new Uint8Array(Math.ceil(pieceCount / 8))
  }

  /** From the payload of a bitfield message, which is copied. */
  static fromWire(bits: Uint8Array, pieceCount: number): Bitfield | WireFault {
    const bitfield = new Bitfield(pieceCount)
    if (bits.length !== bitfield.#bytes.length) {
      return wireFault('bitfield.length', `${bitfield.#bytes.length} bytes`, `${bits.length} bytes`)
    }
    const spareMask = pieceCount % 8 === 0 ? 0 : 0xff >>> (pieceCount % 8)
    if (((bits.at(-1) ?? 0) & spareMask) !== 0) return wireFault('bitfield.spare-bits', 'zeros', 'ones')
    bitfield.#bytes.set(bits)
    for (const byte of bits) bitfield.#setCount += BITS_IN_BYTE[byte]!
    return bitfield
  }

  static full(pieceCount: number): Bitfield {
    const bitfield = new Bitfield(pieceCount)
    for (let piece = 0; piece < pieceCount; piece++) bitfield.set(piece as PieceIndex)
    return bitfield
  }

  copy(): Bitfield {
    const copy = new Bitfield(this.pieceCount)
    copy.#bytes.set(this.#bytes)
    copy.#setCount = this.#setCount
    return copy
  }

  get setCount(): number {
    return this.#setCount
  }

  get isFull(): boolean {
    return this.#setCount === this.pieceCount
  }

  has(piece: PieceIndex): boolean {
    return (this.#bytes[piece >>> 3]! & (0x80 >>> (piece & 7))) !== 0
  }

  /** False when it was set already. */
  set(piece: PieceIndex): boolean {
    if (this.has(piece)) return false
    this.#bytes[piece >>> 3]! |= 0x80 >>> (piece & 7)
    this.#setCount++
    return true
  }

  /** The payload of a bitfield message; a copy. */
  toWire(): Uint8Array {
    return this.#bytes.slice()
  }
}

const BITS_IN_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)
