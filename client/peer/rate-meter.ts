/** Rate over the last seconds: bytes in a ring of bins. Reads 0 soon after the bytes stop, and needs no timer. */
const BIN_MS = 250
const BINS = 8

export class RateMeter {
  /** Null until the first bytes: most connections never carry a block. */
  #bins: number[] | null = null
  /** Number of the newest bin, counted from time 0. */
  #newest = -1
  #startedMs: number | null = null
  #totalBytes = 0

  get totalBytes(): number {
    return this.#totalBytes
  }

  add(nowMs: number, bytes: number): void {
    this.#startedMs ??= nowMs
    this.#bins ??= new Array<number>(BINS).fill(0)
    this.#advance(nowMs, this.#bins)
    this.#bins[this.#newest % BINS]! += bytes
    this.#totalBytes += bytes
  }

  /** Over the last 2 s, or since the first bytes where that is less (never less than a bin, lest one block look fast). */
  rateBytesPerSecond(nowMs: number): number {
    if (this.#startedMs === null || this.#bins === null) return 0
    this.#advance(nowMs, this.#bins)
    let bytes = 0
    for (const bin of this.#bins) bytes += bin
    const fullMs = nowMs - (this.#newest - BINS + 1) * BIN_MS
    const spanMs = Math.max(BIN_MS, Math.min(fullMs, nowMs - this.#startedMs))
    return (bytes * 1000) / spanMs
  }

  #advance(nowMs: number, bins: number[]): void {
    const current = Math.floor(nowMs / BIN_MS)
    if (current - this.#newest >= BINS) bins.fill(0)
    else for (let bin = this.#newest + 1; bin <= current; bin++) bins[bin % BINS] = 0
    this.#newest = Math.max(this.#newest, current)
  }
}
