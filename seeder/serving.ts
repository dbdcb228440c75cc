/**
 * What a scripted peer does for one other: chokes, unchokes, and serves what it is asked for, in order. BEP 3, 6.
 *
 * A request that it does not serve is rejected where both speak fast, and ignored elsewhere.
 */
import { allowedFastSet } from '../client/wire/allowed-fast.ts'
import type { Message, WireRange } from '../client/wire/messages.ts'
import { REQUESTS_QUEUED_MAX } from './conduct.ts'
import type { Line, PartOwner } from './session-part.ts'
import { sha1 } from './sha1.ts'

/** A request may ask for this much; libtorrent's limit. */
export const REQUEST_BYTES_MAX = 131_072

export class Serving {
  readonly #owner: PartOwner
  readonly #line: Line
  #requests: WireRange[] = []
  #allowedFast: ReadonlySet<number> = new Set()
  #weChoke = true
  #theyAreInterested = false

  constructor(owner: PartOwner, line: Line) {
    this.#owner = owner
    this.#line = line
  }

  /** Told once, where they speak fast. */
  allowFast(host: string): void {
    const { infohash, geometry, conduct } = this.#owner
    const pieces = allowedFastSet(infohash, host, geometry.pieceCount, conduct.allowedFastCount, sha1)
    this.#allowedFast = new Set(pieces)
    for (const piece of pieces) this.#line.send({ type: 'allowed-fast', piece })
  }

  interested(theyAre: boolean): void {
    this.#theyAreInterested = theyAre
    if (theyAre) this.setChoking(this.#owner.conduct.isChoking)
  }

  /** A choke drops what is owed; an unchoke goes to who is interested. */
  setChoking(choking: boolean): void {
    if (!this.#line.isOpen || this.#weChoke === choking || (!choking && !this.#theyAreInterested)) return
    this.#weChoke = choking
    const owed = this.#requests
    if (choking) this.#requests = owed.filter(({ piece }) => this.#allowedFast.has(piece))
    this.#line.send({ type: choking ? 'choke' : 'unchoke' })
    if (choking) for (const request of owed) if (!this.#allowedFast.has(request.piece)) this.#reject(request)
  }

  request(request: WireRange): void {
    const denial = this.#isServable(request) ? this.#owner.conduct.denies(request) : 'unable'
    if (denial === null) this.#requests.push(request)
    else if (denial === 'reject') this.#line.send(rejectOf(request))
    else if (denial === 'unable') this.#reject(request)
  }

  cancel(cancelled: WireRange): void {
    const isCancelled = ({ piece, offsetBytes }: WireRange) =>
      piece === cancelled.piece && offsetBytes === cancelled.offsetBytes
    const gone = this.#requests.filter(isCancelled)
    this.#requests = this.#requests.filter((request) => !isCancelled(request))
    for (const request of gone) this.#reject(request)
  }

  /** Sends as many of the queued blocks as the transport takes now. */
  serve(): void {
    const { conduct, sendAheadBytes } = this.#owner
    while (this.#requests.length > 0 && conduct.isServing && this.#line.isOpen) {
      if (this.#line.unsentBytes >= sendAheadBytes) return
      this.#line.send(this.#owner.block(this.#requests.shift()!))
    }
  }

  ended(): void {
    this.#requests = []
  }

  #isServable({ piece, offsetBytes, lengthBytes }: WireRange): boolean {
    const { geometry, conduct } = this.#owner
    const index = geometry.pieceIndex(piece)
    if (index === null || !conduct.pieces.has(index) || lengthBytes < 1 || lengthBytes > REQUEST_BYTES_MAX) return false
    if (this.#weChoke && !this.#allowedFast.has(piece)) return false
    return this.#requests.length < REQUESTS_QUEUED_MAX && offsetBytes + lengthBytes <= geometry.pieceBytes(index)
  }

  #reject(request: WireRange): void {
    if (this.#line.usesFast) this.#line.send(rejectOf(request))
  }
}

function rejectOf({ piece, offsetBytes, lengthBytes }: WireRange): Message {
  return { type: 'reject', piece, offsetBytes, lengthBytes }
}
