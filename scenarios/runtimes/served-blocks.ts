/** What a seeder gives away, counted where it reads it: when one copy of everything is out, and what went out twice by then. */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import type { SeederResult } from './runtime.ts'

/** As a result, counted from `startedMs`. */
export function seederResult({ bytes, againBytes, ...at }: Served, startedMs: number): SeederResult {
  const seconds = (atMs: number | null) => (atMs === null ? null : (atMs - startedMs) / 1000)
  return {
    bytes,
    againBytes,
    copySeconds: seconds(at.copyMs),
    firstSeconds: seconds(at.firstMs),
    lastSeconds: seconds(at.lastMs),
  }
}

export interface Served {
  readonly bytes: number
  /** Of blocks that it had sent before, until it had sent every block once. */
  readonly againBytes: number
  /** When it had sent every block once, on the clock of whoever counted; null: it has not. */
  readonly copyMs: number | null
  /** Of the first block that it sent, and of the last; null: none. */
  readonly firstMs: number | null
  readonly lastMs: number | null
}

export class ServedBlocks {
  readonly #isSent: Uint8Array
  #left: number
  #bytes = 0
  #againBytes = 0
  #copyMs: number | null = null
  #firstMs: number | null = null
  #lastMs: number | null = null

  constructor(totalBytes: number) {
    this.#left = Math.ceil(totalBytes / BLOCK_BYTES)
    this.#isSent = new Uint8Array(this.#left)
  }

  get served(): Served {
    const at = { copyMs: this.#copyMs, firstMs: this.#firstMs, lastMs: this.#lastMs }
    return { bytes: this.#bytes, againBytes: this.#againBytes, ...at }
  }

  read(nowMs: number, offsetBytes: number, lengthBytes: number): void {
    this.#bytes += lengthBytes
    this.#firstMs ??= nowMs
    this.#lastMs = nowMs
    if (this.#left === 0) return
    const block = Math.floor(offsetBytes / BLOCK_BYTES)
    if (this.#isSent[block] === 1) this.#againBytes += lengthBytes
    else this.#left--
    this.#isSent[block] = 1
    if (this.#left === 0) this.#copyMs = nowMs
  }
}
