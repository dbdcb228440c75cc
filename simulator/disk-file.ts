/**
 * One file on a simulated disk. Where its content is known, what was written and equals it is described by a bit per block
 * and read as a view on it: the disks of thousands of clients take no room. All else is kept as bytes, block by block.
 */
import { sameBytes } from './same-bytes.ts'

/** Of the file, not of the torrent: where a file begins amid a piece they do not fall together, and need not. */
const BLOCK_BYTES = 16_384

export class DiskFile {
  /** In the torrent. */
  readonly expectedBytes: number
  readonly content: Uint8Array | null
  /** As far as it was written; a read beyond is short. */
  lengthBytes = 0
  modifiedMs = 0
  exists = false
  /** The longest that a write of ours has made it. */
  ourBytes = 0
  /** 1: this block is as in the content, whole. */
  #isContent: Uint8Array
  #contentCount = 0
  /** Blocks that were written otherwise. Those in neither are zeros. */
  readonly #other = new Map<number, Uint8Array>()

  constructor(expectedBytes: number, content: Uint8Array | null) {
    this.expectedBytes = expectedBytes
    this.content = content
    this.#isContent = new Uint8Array(content === null ? 0 : Math.ceil(expectedBytes / BLOCK_BYTES))
  }

  /** It is there, whole, and nothing in it differs from its content. */
  get holdsContent(): boolean {
    if (this.expectedBytes === 0) return true
    return (
      this.lengthBytes === this.expectedBytes && this.#contentCount === this.#isContent.length && this.content !== null
    )
  }

  fill(): void {
    if (this.content === null) throw new Error('the content of this file is not known')
    this.#isContent.fill(1)
    this.#contentCount = this.#isContent.length
    this.#other.clear()
    this.exists = true
    this.lengthBytes = this.expectedBytes
    this.ourBytes = this.expectedBytes
  }

  /** Of what was written: a view where it can be, else a copy. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array {
    if (this.#isAllContent(offsetBytes, lengthBytes)) {
      return this.content!.subarray(offsetBytes, offsetBytes + lengthBytes)
    }
    const bytes = new Uint8Array(lengthBytes)
    for (let at = 0; at < lengthBytes; ) {
      const block = Math.floor((offsetBytes + at) / BLOCK_BYTES)
      const from = offsetBytes + at - block * BLOCK_BYTES
      const run = Math.min(BLOCK_BYTES - from, lengthBytes - at)
      if (this.#isContent[block] === 1) bytes.set(this.content!.subarray(offsetBytes + at, offsetBytes + at + run), at)
      else bytes.set(this.#other.get(block)?.subarray(from, from + run) ?? NOTHING, at)
      at += run
    }
    return bytes
  }

  write(nowMs: number, offsetBytes: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const block = Math.floor((offsetBytes + at) / BLOCK_BYTES)
      const from = offsetBytes + at - block * BLOCK_BYTES
      const run = Math.min(BLOCK_BYTES - from, bytes.length - at)
      this.#writeBlock(block, from, at === 0 && run === bytes.length ? bytes : bytes.subarray(at, at + run))
      at += run
    }
    this.exists = true
    this.lengthBytes = Math.max(this.lengthBytes, offsetBytes + bytes.length)
    this.ourBytes = Math.max(this.ourBytes, this.lengthBytes)
    this.modifiedMs = nowMs
  }

  remove(): void {
    this.#dropFrom(0)
    this.exists = false
    this.lengthBytes = 0
    this.modifiedMs = 0
  }

  /** Cut, or lengthened with zeros. */
  resize(nowMs: number, lengthBytes: number): void {
    if (lengthBytes < this.lengthBytes) this.#cut(lengthBytes)
    this.exists = true
    this.lengthBytes = lengthBytes
    this.modifiedMs = nowMs
  }

  rot(offsetBytes: number): void {
    const block = Math.floor(offsetBytes / BLOCK_BYTES)
    this.#own(block)[offsetBytes - block * BLOCK_BYTES]! ^= 0x55
  }

  /** As a copy of another of the same length and content. */
  become(other: DiskFile): void {
    this.lengthBytes = other.lengthBytes
    this.modifiedMs = other.modifiedMs
    this.exists = other.exists
    this.ourBytes = other.ourBytes
    this.#isContent = other.#isContent.slice()
    this.#contentCount = other.#contentCount
    this.#other.clear()
    for (const [block, bytes] of other.#other) this.#other.set(block, bytes.slice())
  }

  #isAllContent(offsetBytes: number, lengthBytes: number): boolean {
    if (this.content === null || lengthBytes === 0) return false
    const last = Math.floor((offsetBytes + lengthBytes - 1) / BLOCK_BYTES)
    for (let block = Math.floor(offsetBytes / BLOCK_BYTES); block <= last; block++) {
      if (this.#isContent[block] !== 1) return false
    }
    return true
  }

  #writeBlock(block: number, from: number, run: Uint8Array): void {
    if (this.#isSame(block, from, run)) {
      if (this.#isContent[block] === 1) return
      const isWhole = from === 0 && run.length === Math.min(BLOCK_BYTES, this.expectedBytes - block * BLOCK_BYTES)
      if (isWhole) return this.#setContent(block)
    }
    const own = this.#own(block)
    own.set(run, from)
    // Written in two goes, as where files do not begin with a piece.
    const wholeBytes = Math.min(BLOCK_BYTES, this.expectedBytes - block * BLOCK_BYTES)
    if (this.#isSame(block, 0, own.subarray(0, wholeBytes))) this.#setContent(block)
  }

  #isSame(block: number, from: number, run: Uint8Array): boolean {
    return this.content !== null && sameBytes(run, this.content, block * BLOCK_BYTES + from)
  }

  #setContent(block: number): void {
    this.#isContent[block] = 1
    this.#contentCount++
    this.#other.delete(block)
  }

  /** The bytes of a block, to be changed. */
  #own(block: number): Uint8Array {
    const known = this.#other.get(block)
    if (known !== undefined) return known
    const bytes = new Uint8Array(BLOCK_BYTES)
    if (this.#isContent[block] === 1) {
      bytes.set(this.content!.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES))
      this.#isContent[block] = 0
      this.#contentCount--
    }
    this.#other.set(block, bytes)
    return bytes
  }

  #cut(lengthBytes: number): void {
    const block = Math.floor(lengthBytes / BLOCK_BYTES)
    const from = lengthBytes - block * BLOCK_BYTES
    if (from > 0) this.#own(block).fill(0, from)
    this.#dropFrom(from > 0 ? block + 1 : block)
  }

  #dropFrom(first: number): void {
    for (let block = first; block < this.#isContent.length; block++) {
      this.#contentCount -= this.#isContent[block]!
      this.#isContent[block] = 0
    }
    for (const block of [...this.#other.keys()]) if (block >= first) this.#other.delete(block)
  }
}

const NOTHING = new Uint8Array(0)
