/**
 * A stretch of content on its way from a web seed: whole pieces, one behind the other, from the files that they lie in.
 * Padding (BEP 47) is not asked for: it is zeros.
 */
import type { BlockRange, Geometry } from '../metainfo/geometry.ts'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import { joined } from '../ports/bytes.ts'
import type { ByteRange } from '../ports/http.ts'
import { type ContentRun, contentRuns } from '../storage/layout.ts'

export interface FetchedBlock {
  readonly range: BlockRange
  /** A view on what was pushed where that holds the block whole, else a copy. */
  readonly bytes: Uint8Array
}

/** Part of one file; its offset counts from the start of the file. */
export interface FilePart extends ByteRange {
  readonly fileIndex: number
}

export class WebSeedFetch {
  readonly #files: readonly TorrentContentFile[]
  readonly #blocks: readonly BlockRange[]
  readonly #runs: readonly ContentRun[]
  /** Of the first block that is not whole. */
  #blockAt = 0
  #held: Uint8Array[] = []
  #heldBytes = 0
  #runAt = 0
  /** Bytes of the run at hand that are here. */
  #runBytes = 0

  /** `blocks` follow each other in the content without a gap; there is at least one. */
  constructor(files: readonly TorrentContentFile[], geometry: Geometry, blocks: readonly BlockRange[]) {
    const start = geometry.pieceOffsetBytes(blocks[0]!.piece) + blocks[0]!.offsetBytes
    const lengthBytes = blocks.reduce((sum, block) => sum + block.lengthBytes, 0)
    this.#files = files
    this.#blocks = blocks
    this.#runs = contentRuns(files, start, lengthBytes)
  }

  /** What to ask for next, `bytesMax` at most; null when the rest (all of it, or nothing) is padding. */
  nextPart(bytesMax: number): FilePart | null {
    const run = this.#runs[this.#runAt]
    if (run === undefined || run.pad) return null
    const offsetBytes = run.contentOffsetBytes + this.#runBytes - this.#files[run.fileIndex]!.offsetBytes
    const lengthBytes = Math.min(bytesMax, run.lengthBytes - this.#runBytes)
    return { fileIndex: run.fileIndex, offsetBytes, lengthBytes }
  }

  /** The bytes of the part that was asked for, to be kept; gives the blocks that are whole by them. */
  push(bytes: Uint8Array): FetchedBlock[] {
    this.#advance(bytes.length)
    return [...this.#cut(bytes), ...this.pushPadding()]
  }

  /** Padding that comes next: to be called once at the start, too. */
  pushPadding(): FetchedBlock[] {
    const blocks: FetchedBlock[] = []
    for (let run = this.#runs[this.#runAt]; run?.pad === true; run = this.#runs[this.#runAt]) {
      const lengthBytes = Math.min(ZEROS.length, run.lengthBytes - this.#runBytes)
      this.#advance(lengthBytes)
      blocks.push(...this.#cut(ZEROS.subarray(0, lengthBytes)))
    }
    return blocks
  }

  /** Blocks that are not whole yet. */
  get missing(): readonly BlockRange[] {
    return this.#blocks.slice(this.#blockAt)
  }

  get missingCount(): number {
    return this.#blocks.length - this.#blockAt
  }

  #advance(bytes: number): void {
    this.#runBytes += bytes
    if (this.#runBytes < (this.#runs[this.#runAt]?.lengthBytes ?? 0)) return
    this.#runAt++
    this.#runBytes = 0
  }

  #cut(bytes: Uint8Array): FetchedBlock[] {
    const blocks: FetchedBlock[] = []
    for (let at = 0; at < bytes.length; ) {
      const range = this.#blocks[this.#blockAt]!
      const part = bytes.subarray(at, at + range.lengthBytes - this.#heldBytes)
      this.#held.push(part)
      this.#heldBytes += part.length
      at += part.length
      if (this.#heldBytes < range.lengthBytes) break
      blocks.push({ range, bytes: this.#held.length === 1 ? part : joined(this.#held) })
      this.#blockAt++
      this.#held = []
      this.#heldBytes = 0
    }
    return blocks
  }
}

/** Shared by all blocks of padding: nobody writes to a block. */
const ZEROS = new Uint8Array(BLOCK_BYTES)
