/**
 * Synthetic content: bytes that are a function of (seed, offset), so that any part of a torrent of any size is produced
 * by one copy and no seeder needs a file on disk.
 *
 * The content is cut into blocks of 16 KiB. A block is a window of a pool of pseudo-random bytes, chosen by the block's
 * number, with its first 16 bytes stamped: the seed, then the number, each as u64 little-endian. So no two blocks of a
 * content are the same, nor any two of two contents with different seeds; a block that is misplaced or changed is seen
 * by comparing, and the stamp tells where it came from. (A last block of under 16 bytes has only the start of a stamp.)
 *
 * Integers only, so every engine makes the same bytes; they do not depend on the total size.
 */
import { BLOCK_BYTES } from './geometry.ts'

/** Windows start at any of 2^20 places. */
const WINDOW_STARTS = 0x10_0000
const POOL_BYTES = WINDOW_STARTS + BLOCK_BYTES
const STAMP_BYTES = 16
const U32 = 0x1_0000_0000

export class SyntheticContent {
  readonly totalBytes: number
  readonly contentSeed: number
  readonly #pool: Uint8Array

  /** Both are safe integers from 0. Costs 2 ms and 1 MiB: make one for a content and share it. */
  constructor(totalBytes: number, contentSeed: number) {
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 0) throw new RangeError(`totalBytes ${totalBytes}`)
    if (!Number.isSafeInteger(contentSeed) || contentSeed < 0) throw new RangeError(`contentSeed ${contentSeed}`)
    this.totalBytes = totalBytes
    this.contentSeed = contentSeed
    this.#pool = randomBytes(contentSeed, POOL_BYTES)
  }

  /** A fresh copy, the caller's to keep. Throws RangeError for bytes that the content does not have. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes)
    this.fill(bytes, offsetBytes)
    return bytes
  }

  /** Fills all of `target` with the content from `offsetBytes` on. Throws as `read`. */
  fill(target: Uint8Array, offsetBytes: number): void {
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0 || offsetBytes + target.length > this.totalBytes) {
      throw new RangeError(`bytes ${offsetBytes} to ${offsetBytes + target.length} of ${this.totalBytes}`)
    }
    let filled = 0
    while (filled < target.length) {
      const at = offsetBytes + filled
      const block = Math.floor(at / BLOCK_BYTES)
      const inBlock = at - block * BLOCK_BYTES
      const length = Math.min(BLOCK_BYTES - inBlock, target.length - filled)
      const window = this.#windowStart(block) + inBlock
      target.set(this.#pool.subarray(window, window + length), filled)
      if (inBlock < STAMP_BYTES) {
        target.set(this.#stamp(block).subarray(inBlock, Math.min(STAMP_BYTES, inBlock + length)), filled)
      }
      filled += length
    }
  }

  #windowStart(block: number): number {
    return mix(mix(block >>> 0) ^ Math.floor(block / U32)) % WINDOW_STARTS
  }

  #stamp(block: number): Uint8Array {
    const stamp = new Uint8Array(STAMP_BYTES)
    const words = new DataView(stamp.buffer)
    words.setUint32(0, this.contentSeed % U32, true)
    words.setUint32(4, this.contentSeed / U32, true)
    words.setUint32(8, block % U32, true)
    words.setUint32(12, block / U32, true)
    return stamp
  }
}

/** What a torrent of this content is called. */
export function syntheticName(totalBytes: number, contentSeed: number): string {
  return `synthetic-${contentSeed}-${totalBytes}.bin`
}

/** SplitMix with 32 bits of state: each word is `mix` of a counter that starts at a place the seed chooses. */
function randomBytes(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const words = new DataView(bytes.buffer)
  let counter = mix(mix(seed % U32) ^ Math.floor(seed / U32))
  for (let at = 0; at < length; at += 4) {
    counter = (counter + 0x9e37_79b9) >>> 0
    words.setUint32(at, mix(counter), true)
  }
  return bytes
}

/** The finaliser of MurmurHash3: a bijection of 32 bits in which every bit depends on every other. */
function mix(word: number): number {
  let mixed = word >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

export interface SyntheticFile {
  /** Below the folder that is called `syntheticName(…)`. */
  readonly path: readonly string[]
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/** Two in a folder, one beside it, and so on; up to 30 in the order of their paths. Throws RangeError when the sizes are not `totalBytes` together. */
export function syntheticFiles(totalBytes: number, fileBytes: readonly number[]): readonly SyntheticFile[] {
  let offsetBytes = 0
  const files = fileBytes.map((lengthBytes, index) => {
    const group = Math.floor(index / 3)
    const path = index % 3 === 2 ? [`${group}-file-${index}`] : [`${group}-and-more`, `file-${index}`]
    offsetBytes += lengthBytes
    return { path, offsetBytes: offsetBytes - lengthBytes, lengthBytes }
  })
  if (offsetBytes !== totalBytes) throw new RangeError(`files of ${offsetBytes} bytes, not of ${totalBytes}`)
  return files
}
