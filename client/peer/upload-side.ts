/**
 * What a peer wants of us: its interest, its requests, our choke, the blocks we send. BEP 3, 6.
 *
 * With the fast extension every request has an answer: its block, or a reject. Without it a request that is not served
 * is silently dropped, as BEP 3 has it.
 * Not here: whom to unchoke (swarm's choker), reading a block (swarm's uploader).
 */
import type { BlockRange, PieceIndex } from '../metainfo/geometry.ts'
import type { WireRange } from '../wire/messages.ts'
import type { Outputs } from './outputs.ts'
import type { PeerContent } from './peer-options.ts'
import { RateMeter } from './rate-meter.ts'
import { type RequestOutcome, TheirRequests } from './their-requests.ts'

export class UploadSide {
  readonly up = new RateMeter()
  readonly #out: Outputs
  readonly #requests = new TheirRequests()
  #speakFast = false
  #theyAreInterested = false

  constructor(out: Outputs) {
    this.#out = out
  }

  /** Both handshakes are here; we choke from then on. */
  begin(nowMs: number, speakFast: boolean): void {
    this.#speakFast = speakFast
    this.#requests.choke(nowMs)
  }

  get weChoke(): boolean {
    return this.#requests.weChoke
  }
  get theyAreInterested(): boolean {
    return this.#theyAreInterested
  }
  get requestsQueued(): number {
    return this.#requests.waitingCount
  }

  // Commands.

  allowFast(nowMs: number, pieces: readonly PieceIndex[]): void {
    if (!this.#speakFast) return
    for (const piece of pieces) {
      this.#requests.allow(piece)
      this.#out.send(nowMs, { type: 'allowed-fast', piece })
    }
  }

  setChoking(nowMs: number, choking: boolean): void {
    if (this.#requests.weChoke === choking) return
    this.#out.send(nowMs, { type: choking ? 'choke' : 'unchoke' })
    if (!choking) return this.#requests.unchoke()
    for (const range of this.#requests.choke(nowMs)) this.#reject(nowMs, range)
  }

  nextRequest(): BlockRange | null {
    return this.#requests.take()
  }

  sendBlock(nowMs: number, range: BlockRange, bytes: Uint8Array): boolean {
    if (bytes.length !== range.lengthBytes) throw new RangeError(`${bytes.length} bytes for ${range.lengthBytes}`)
    if (!this.#requests.settle(range)) return false
    this.#out.sendBlock(nowMs, range, bytes)
    this.up.add(nowMs, bytes.length)
    return true
  }

  rejectRequest(nowMs: number, range: BlockRange): void {
    if (this.#requests.settle(range)) this.#reject(nowMs, range)
  }

  drop(nowMs: number, piece: PieceIndex): void {
    for (const range of this.#requests.drop(piece)) this.#reject(nowMs, range)
  }

  close(): void {
    this.#requests.clear()
  }

  // What comes.

  receiveInterest(interested: boolean): void {
    if (this.#theyAreInterested === interested) return
    this.#theyAreInterested = interested
    this.#out.tell({ type: 'interested', value: interested })
  }

  receiveRequest(nowMs: number, range: WireRange, content: PeerContent | null): RequestOutcome {
    const outcome = this.#requests.receive(nowMs, range, content)
    if (outcome === 'refused') this.#reject(nowMs, range)
    else if (outcome === 'queued') this.#out.tellRequests()
    return outcome
  }

  receiveCancel(nowMs: number, range: WireRange): void {
    if (this.#requests.settle(range)) this.#reject(nowMs, range)
  }

  #reject(nowMs: number, { piece, offsetBytes, lengthBytes }: WireRange): void {
    if (this.#speakFast) this.#out.send(nowMs, { type: 'reject', piece, offsetBytes, lengthBytes })
  }
}
