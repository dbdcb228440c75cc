/** Bitfield: one bit a piece, the highest bit of byte 0 is piece 0, spare bits at the end are 0. BEP 3. */
import type { PieceIndex } from '../metainfo/geometry.ts'
import { type WireFault, wireFault } from './fault.ts'

const WORD_BITS = 32
const FIRST_BIT = 0x8000_0000

export class Bitfield {
  readonly pieceCount: number
  /** 32 pieces each, the first at the highest bit: compared and looked into as words, bytes only on the wire. */
  readonly #words: Uint32Array
  #setCount = 0

  /** All clear. */
  constructor(pieceCount: number) {
    this.pieceCount = pieceCount
    this.#words = new Uint32Array(Math.ceil(pieceCount / WORD_BITS))
  }

  /** From the payload of a bitfield message, which is copied. */
  static fromWire(bits: Uint8Array, pieceCount: number): Bitfield | WireFault {
    const bitfield = new Bitfield(pieceCount)
    const wireBytes = Math.ceil(pieceCount / 8)
    if (bits.length !== wireBytes) return wireFault('bitfield.length', `${wireBytes} bytes`, `${bits.length} bytes`)
    const spareMask = pieceCount % 8 === 0 ? 0 : 0xff >>> (pieceCount % 8)
    if (((bits.at(-1) ?? 0) & spareMask) !== 0) return wireFault('bitfield.spare-bits', 'zeros', 'ones')
    for (let at = 0; at < bits.length; at++) bitfield.#words[at >>> 2]! |= bits[at]! << (24 - 8 * (at & 3))
    bitfield.#setCount = bitfield.countCommon(bitfield)
    return bitfield
  }

  static full(pieceCount: number): Bitfield {
    const bitfield = new Bitfield(pieceCount)
    bitfield.#words.fill(0xffff_ffff)
    const spareBits = -pieceCount & (WORD_BITS - 1)
    if (spareBits > 0) bitfield.#words[pieceCount >>> 5]! <<= spareBits
    bitfield.#setCount = pieceCount
    return bitfield
  }

  copy(): Bitfield {
    const copy = new Bitfield(this.pieceCount)
    copy.#words.set(this.#words)
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
    return (this.#words[piece >>> 5]! & (FIRST_BIT >>> (piece & 31))) !== 0
  }

  /** False when it was set already. */
  set(piece: PieceIndex): boolean {
    if (this.has(piece)) return false
    this.#words[piece >>> 5]! |= FIRST_BIT >>> (piece & 31)
    this.#setCount++
    return true
  }

  /** False when it was clear already. */
  clear(piece: PieceIndex): boolean {
    if (!this.has(piece)) return false
    this.#words[piece >>> 5]! &= ~(FIRST_BIT >>> (piece & 31))
    this.#setCount--
    return true
  }

  /** How many pieces both have. `other` is of as many pieces, or of none. */
  countCommon(other: Bitfield): number {
    const words = this.#words
    const others = other.#words
    let count = 0
    for (let index = 0; index < words.length; index++) count += bitsIn(words[index]! & others[index]!)
    return count
  }

  /** The first piece, from `from` on, that both have; null when there is none. `other` as above. */
  firstCommon(other: Bitfield, from = 0): PieceIndex | null {
    const words = this.#words
    const others = other.#words
    let piece = from
    while (piece < this.pieceCount) {
      const index = Math.floor(piece / WORD_BITS)
      if ((words[index]! & others[index]!) === 0) {
        piece = (index + 1) * WORD_BITS
        continue
      }
      for (const end = Math.min((index + 1) * WORD_BITS, this.pieceCount); piece < end; piece++) {
        if (this.has(piece as PieceIndex) && other.has(piece as PieceIndex)) return piece as PieceIndex
      }
    }
    return null
  }

  /** The payload of a bitfield message; a copy. */
  toWire(): Uint8Array {
    const words = this.#words
    return Uint8Array.from(
      { length: Math.ceil(this.pieceCount / 8) },
      (_, at) => words[at >>> 2]! >>> (24 - 8 * (at & 3)),
    )
  }
}

/** Ones in 32 bits: summed in pairs, fours, eights, and then all by one multiplication. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
