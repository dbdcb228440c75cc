/** What a seeder gives away, counted where it reads it: when one copy of everything is out, and what went out twice by then. */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import type { SeederResult } from './runtime.ts'

/** As a result, counted from `startedMs`. */
export function seederResult({ bytes, againBytes, copyMs }: Served, startedMs: number): SeederResult {
  return { bytes, againBytes, copySeconds: copyMs === null ? null : (copyMs - startedMs) / 1000 }
}

export interface Served {
  readonly bytes: number
  /** Of blocks that it had sent before, until it had sent every block once. */
  readonly againBytes: number
  /** When it had sent every block once, on the clock of whoever counted; null: it has not. */
  readonly copyMs: number | null
}

export class ServedBlocks {
  readonly #isSent: Uint8Array
  #left: number
  #bytes = 0
  #againBytes = 0
  #copyMs: number | null = null

  constructor(totalBytes: number) {
    this.#left = Math.ceil(totalBytes / BLOCK_BYTES)
    this.#isSent = new Uint8Array(this.#left)
  }

  get served(): Served {
    return { bytes: this.#bytes, againBytes: this.#againBytes, copyMs: this.#copyMs }
  }

  read(nowMs: number, offsetBytes: number, lengthBytes: number): void {
    this.#bytes += lengthBytes
    if (this.#left === 0) return
    const block = Math.floor(offsetBytes / BLOCK_BYTES)
    if (this.#isSent[block] === 1) this.#againBytes += lengthBytes
    else this.#left--
    this.#isSent[block] = 1
    if (this.#left === 0) this.#copyMs = nowMs
  }
}
