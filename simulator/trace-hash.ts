/** A hash of everything that happened, in order: two runs with the same hash did the same. 64 bits, FNV-1a per lane. */
const PRIME = 0x01000193

export class TraceHash {
  #low = 0x811c9dc5
  #high = 0x01000193

  /** Any integer; only its low 53 bits count. */
  mix(value: number): void {
    const low = value >>> 0
    const high = Math.floor(value / 0x1_0000_0000) >>> 0
    this.#low = Math.imul(this.#low ^ low, PRIME) >>> 0
    this.#high = Math.imul(this.#high ^ high ^ (this.#low >>> 15), PRIME) >>> 0
  }

  mixText(text: string): void {
    for (let at = 0; at < text.length; at++) this.mix(text.charCodeAt(at))
  }

  /** 16 hex digits. */
  digest(): string {
    return (this.#high.toString(16).padStart(8, '0') + this.#low.toString(16).padStart(8, '0')).slice(0, 16)
  }
}
