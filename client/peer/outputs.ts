/**
 * All that leaves a peer connection: bytes for the socket, events for the owner, deadlines. The parts of the machine
 * share one, so that what they say comes out in the order in which they said it.
 */
import type { BlockRange } from '../metainfo/geometry.ts'
import { encodeMessage, encodePieceHeader, type Message } from '../wire/messages.ts'
import type { PeerConnectionEvent } from './peer-event.ts'
import { Timers } from './timers.ts'

/** BEP 3 asks for a keep-alive every two minutes; sent a little earlier so that it arrives in time. */
export const KEEP_ALIVE_EVERY_MS = 110_000

const TIMER_NAMES = ['connect', 'handshake', 'keep-alive', 'idle', 'snub', 'rejected'] as const
export type TimerName = (typeof TIMER_NAMES)[number]

export class Outputs {
  readonly timers = new Timers<TimerName>(TIMER_NAMES)
  #parts: Uint8Array[] = []
  readonly #events: PeerConnectionEvent[] = []
  /** How many of them are told; an array that is shifted copies itself, and a bitfield may bring thousands. */
  #eventsTold = 0
  #toldRequests = false

  send(nowMs: number, message: Message): void {
    this.sendBytes(nowMs, encodeMessage(message))
  }

  /** The block is a part of its own, uncopied: it belongs to whoever pulls it. */
  sendBlock(nowMs: number, range: BlockRange, bytes: Uint8Array): void {
    this.sendBytes(nowMs, encodePieceHeader(range.piece, range.offsetBytes, bytes.length))
    this.#parts.push(bytes)
  }

  sendBytes(nowMs: number, bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.timers.set('keep-alive', nowMs + KEEP_ALIVE_EVERY_MS)
  }

  tell(event: PeerConnectionEvent): void {
    this.#events.push(event)
  }

  /** Once, however many came before the owner looks. */
  tellRequests(): void {
    if (this.#toldRequests) return
    this.#toldRequests = true
    this.#events.push({ type: 'requests' })
  }

  /** Somebody is to be told something. */
  get isPending(): boolean {
    return this.#parts.length > 0 || this.#events.length > 0
  }

  nextParts(): Uint8Array[] | null {
    if (this.#parts.length === 0) return null
    const parts = this.#parts
    this.#parts = []
    return parts
  }

  nextEvent(): PeerConnectionEvent | null {
    const event = this.#events[this.#eventsTold]
    if (event !== undefined) {
      this.#eventsTold++
      if (event.type === 'requests') this.#toldRequests = false
      return event
    }
    this.#events.length = 0
    this.#eventsTold = 0
    return null
  }
}
