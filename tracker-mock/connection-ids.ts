/**
 * Connection ids of a UDP tracker (BEP 15): who knows the id of an address can read what is sent there, so that nobody
 * announces in the name of others or has answers sent to them. Nothing is stored: an id is a keyed hash of the address
 * and the minute, good for two to three minutes. It is good for all ports of the address, as libtorrent shares one among
 * the sockets of a process.
 */
import { createHash } from 'node:crypto'
import type { Random } from '../client/ports/random.ts'
import { CONNECTION_ID_BYTES } from '../client/tracker/udp-requests.ts'

const MINUTE_MS = 60_000
const MINUTES_GOOD = 3

export class ConnectionIds {
  readonly #random: Random
  /** Drawn when it is needed first. */
  #secret: Uint32Array | null = null

  constructor(random: Random) {
    this.#random = random
  }

  make(host: string, nowMs: number): Uint8Array {
    return this.#of(host, Math.floor(nowMs / MINUTE_MS))
  }

  isGood(id: Uint8Array, host: string, nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS)
    for (let ago = 0; ago < MINUTES_GOOD; ago++) {
      if (this.#of(host, minute - ago).every((byte, index) => byte === id[index])) return true
    }
    return false
  }

  #of(host: string, minute: number): Uint8Array {
    this.#secret ??= Uint32Array.from({ length: 4 }, () => this.#random.below(2 ** 32))
    const digest = createHash('sha256').update(this.#secret).update(`${minute} ${host}`).digest()
    return new Uint8Array(digest.buffer, digest.byteOffset, CONNECTION_ID_BYTES)
  }
}
