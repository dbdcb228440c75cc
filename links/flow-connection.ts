/**
 * One end of a connection whose bytes leave through a flow: TCP as the core can tell it, order kept, nothing lost but on
 * a reset. What is at the other end of the flow, another such end or a real socket, is a `FarEnd`.
 *
 * An end is in exactly one of: connecting (what is sent waits); open; closing (its FIN follows what is queued); ended.
 */
import type { Connection, ConnectionEnd, ConnectionHandler, PeerAddress } from '../client/ports/transport.ts'
import { NS_PER_MS } from './link.ts'
import { type Flow, Passage, type Sender } from './network.ts'
import type { Timeline } from './timeline.ts'
import { cutIntoUnits, RECEIVE_WINDOW_BYTES } from './unit.ts'

export interface FarEnd {
  /** Came through the flow. */
  receive(parts: readonly Uint8Array[]): void
  fin(): void
  reset(): void
  /** Our window is closed, and open again: it sends nothing meanwhile. */
  holdSending(): void
  releaseSending(): void
}

type State = 'connecting' | 'open' | 'closing' | 'ended'

/** What it is when nobody acknowledged anything for too long. */
const TIMED_OUT = { connecting: 'unreachable', open: 'reset', closing: 'closed' } as const

export class FlowConnection implements Connection, Sender {
  readonly remote: PeerAddress
  readonly #timeline: Timeline
  readonly #out: Flow
  readonly #far: FarEnd
  #handler: ConnectionHandler | null
  #state: State
  #unsentBytes = 0
  /** Within a call of `send`, which what leaves at once must not answer. */
  #isSending = false
  #isPaused = false
  /** Came while paused; then the FIN that came behind it. */
  readonly #held: Uint8Array[] = []
  #heldBytes = 0
  /** We told the other end to send no more. */
  #holdsFar = false
  #finHeld = false

  /** With a handler we asked for it: connecting. Without, it was accepted: open, and `attach` brings the handler. */
  constructor(timeline: Timeline, remote: PeerAddress, out: Flow, far: FarEnd, handler: ConnectionHandler | null) {
    this.remote = remote
    this.#timeline = timeline
    this.#out = out
    this.#far = far
    this.#handler = handler
    this.#state = handler === null ? 'open' : 'connecting'
    if (handler !== null) out.hold()
    out.sender = this
  }

  get unsentBytes(): number {
    return this.#unsentBytes
  }

  // Called by the owner.

  send(...parts: readonly Uint8Array[]): void {
    if (this.#state !== 'open' && this.#state !== 'connecting') return
    this.#isSending = true
    this.#timeline.call(() => {
      for (const { parts: cut, bytes } of cutIntoUnits(parts)) {
        this.#unsentBytes += bytes
        this.#out.pass(this.#timeline.nowNs, new DataPassage(this.#out, this, cut, bytes))
      }
    })
    this.#isSending = false
  }

  close(): void {
    if (this.#state === 'connecting') return this.reset()
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#timeline.call(() => {
      this.#out.pass(this.#timeline.nowNs, new FinPassage(this.#out, this))
    })
  }

  reset(): void {
    if (this.#state === 'ended') return
    this.#leave()
    this.#timeline.call(() => {
      this.#out.sendUrgently(this.#timeline.nowNs, () => this.#far.reset())
      this.#timeline.soon((nowMs) => this.#handler?.ended(nowMs, 'closed'))
    })
  }

  pauseReceiving(): void {
    this.#isPaused = true
  }

  resumeReceiving(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#timeline.call(() => this.#timeline.soon((nowMs) => this.#deliverHeld(nowMs)))
  }

  // Called on arrival of what the other end did.

  /** Within the call that accepted it, after which it may be over already. */
  attach(handler: ConnectionHandler): void {
    this.#handler = handler
  }

  opened(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'open'
    this.#handler?.opened(this.#timeline.nowMs)
    this.#out.release(this.#timeline.nowNs)
  }

  receive(chunk: Uint8Array): void {
    if (this.#state !== 'open' || chunk.length === 0) return
    if (!this.#isPaused && this.#held.length === 0) {
      this.#handler?.received(this.#timeline.nowMs, chunk, 'owned')
      return
    }
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes < RECEIVE_WINDOW_BYTES || this.#holdsFar) return
    this.#holdsFar = true
    this.#far.holdSending()
  }

  /** The other end is gone. Who was closing already has closed; a FIN waits behind what is held. */
  endArrived(end: ConnectionEnd): void {
    if (this.#state === 'closing') {
      if (end !== 'fin') this.#end(this.#timeline.nowMs, 'closed')
    } else if (end === 'fin' && (this.#held.length > 0 || this.#isPaused)) {
      this.#finHeld = true
    } else {
      this.#end(this.#timeline.nowMs, end)
    }
  }

  holdSending(): void {
    this.#out.hold()
  }

  releaseSending(): void {
    if (this.#state !== 'connecting') this.#out.release(this.#timeline.nowNs)
  }

  // Called by what it sends.

  /** Bytes of ours have left. */
  left(nowNs: number, bytes: number): void {
    if (this.#state === 'ended') return
    this.#unsentBytes -= bytes
    if (this.#unsentBytes > 0) return
    if (this.#isSending) this.#timeline.soon((nowMs) => this.#drained(nowMs))
    else this.#drained(nowNs / NS_PER_MS)
  }

  /** Nobody acknowledged it for too long: the system gives up. The other end hears of it when it can be reached again. */
  timedOut(nowNs: number): void {
    if (this.#state === 'ended') return
    const end = TIMED_OUT[this.#state]
    this.#leave()
    this.#out.sendUrgently(nowNs, () => this.#far.reset())
    this.#handler?.ended(nowNs / NS_PER_MS, end)
  }

  finLeft(): void {
    this.#timeline.soon((nowMs) => this.#end(nowMs, 'closed'))
  }

  get far(): FarEnd {
    return this.#far
  }

  #drained(nowMs: number): void {
    if (this.#state === 'open' && this.#unsentBytes === 0) this.#handler?.drained(nowMs)
  }

  #deliverHeld(nowMs: number): void {
    while (!this.#isPaused && this.#state === 'open') {
      const chunk = this.#held.shift()
      if (chunk === undefined) break
      this.#heldBytes -= chunk.length
      this.#handler?.received(nowMs, chunk, 'owned')
    }
    if (this.#heldBytes < RECEIVE_WINDOW_BYTES) this.#releaseFar()
    if (this.#finHeld && this.#held.length === 0) this.endArrived('fin')
  }

  #end(nowMs: number, end: ConnectionEnd): void {
    if (this.#state === 'ended') return
    this.#leave()
    this.#handler?.ended(nowMs, end)
  }

  /** Nothing is sent or received from here on, and the other end need not wait. */
  #leave(): void {
    this.#state = 'ended'
    this.#unsentBytes = 0
    this.#held.length = 0
    this.#heldBytes = 0
    this.#out.clear()
    this.#releaseFar()
  }

  #releaseFar(): void {
    if (!this.#holdsFar) return
    this.#holdsFar = false
    this.#far.releaseSending()
  }
}

class DataPassage extends Passage {
  readonly #sender: FlowConnection
  readonly #parts: readonly Uint8Array[]

  constructor(flow: Flow, sender: FlowConnection, parts: readonly Uint8Array[], bytes: number) {
    super(flow, bytes)
    this.#sender = sender
    this.#parts = parts
  }

  hasLeft(nowNs: number): void {
    this.#sender.left(nowNs, this.bytes)
  }

  delivered(): void {
    this.#sender.far.receive(this.#parts)
  }
}

class FinPassage extends Passage {
  readonly #sender: FlowConnection

  constructor(flow: Flow, sender: FlowConnection) {
    super(flow, 0)
    this.#sender = sender
  }

  hasLeft(): void {
    this.#sender.finLeft()
  }

  delivered(): void {
    this.#sender.far.fin()
  }
}
