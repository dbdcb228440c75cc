/** Where a scripted peer's bytes leave a connection: at once, or a few at a time, and cut off wherever it is told to. */
import { joined } from '../client/ports/bytes.ts'
import type { Connection } from '../client/ports/transport.ts'

/** So many bytes, then so long a pause. */
export interface Pace {
  readonly bytes: number
  readonly everyMs: number
}

export type Ending = 'fin' | 'reset'

interface Waiting {
  readonly bytes: Uint8Array
  readonly pace: Pace | null
}

export class Outlet {
  readonly #connection: Connection
  readonly #inMs: (delayMs: number, action: () => void) => void
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  #isPausing = false
  /** Of what is sent from now on. */
  #pace: Pace | null = null
  #ending: Ending | null = null

  constructor(connection: Connection, inMs: (delayMs: number, action: () => void) => void) {
    this.#connection = connection
    this.#inMs = inMs
  }

  get unsentBytes(): number {
    return this.#connection.unsentBytes + this.#waitingBytes
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.#pace !== null || this.#isPausing) this.sendPaced(joined(parts), this.#pace)
    else if (this.#ending === null) this.#connection.send(...parts)
  }

  /** What is sent later waits behind it. */
  sendPaced(bytes: Uint8Array, pace: Pace | null): void {
    if (this.#ending !== null || bytes.length === 0) return
    this.#waiting.push({ bytes, pace })
    this.#waitingBytes += bytes.length
    if (!this.#isPausing) this.#sendSome()
  }

  setPace(pace: Pace): void {
    this.#pace = pace
  }

  /** Behind what was sent; a reset comes when that has left. Nothing more is sent. */
  end(ending: Ending): void {
    if (this.#ending !== null) return
    this.#ending = ending
    this.#endWhenSent()
  }

  /** All that was handed to the transport has left. */
  drained(): void {
    if (this.#ending === 'reset') this.#endWhenSent()
  }

  /** The connection is over: what waits goes nowhere. */
  stop(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
  }

  /** Up to the next pause. */
  #sendSome(): void {
    for (let first = this.#waiting.shift(); first !== undefined; first = this.#waiting.shift()) {
      const part = first.bytes.subarray(0, first.pace?.bytes)
      this.#connection.send(part)
      this.#waitingBytes -= part.length
      if (first.pace === null) continue
      const rest = first.bytes.subarray(part.length)
      if (rest.length > 0) this.#waiting.unshift({ ...first, bytes: rest })
      this.#pause(first.pace.everyMs)
      return
    }
    this.#endWhenSent()
  }

  #pause(delayMs: number): void {
    this.#isPausing = true
    this.#inMs(delayMs, () => {
      this.#isPausing = false
      this.#sendSome()
    })
  }

  #endWhenSent(): void {
    if (this.#isPausing) return
    if (this.#ending === 'fin') this.#connection.close()
    else if (this.#ending === 'reset' && this.#connection.unsentBytes === 0) this.#connection.reset()
  }
}
