/** Watches what happens to a peer and begins the steps of its script, each once, the moment its condition holds. */
import type { Alarm, Clock } from '../client/ports/clock.ts'
import type { Message } from '../client/wire/messages.ts'
import type { Step, When } from './script.ts'

export class ScriptRunner {
  readonly #clock: Clock
  readonly #begin: (nowMs: number, step: Step) => void
  readonly #waiting: Set<Step>
  readonly #alarms: Alarm[] = []
  readonly #receivedCounts = new Map<string, number>()
  readonly #sentCounts = new Map<string, number>()
  #handshaken = false

  constructor(script: readonly Step[], clock: Clock, begin: (nowMs: number, step: Step) => void) {
    this.#waiting = new Set(script)
    this.#clock = clock
    this.#begin = begin
  }

  started(nowMs: number): void {
    this.#later(nowMs, (when) => {
      if ('bytesServed' in when && when.bytesServed === 0) return 0
      return 'afterStartMs' in when ? when.afterStartMs : null
    })
  }

  /** Only the first counts. */
  handshaken(nowMs: number): void {
    if (this.#handshaken) return
    this.#handshaken = true
    this.#later(nowMs, (when) => ('afterHandshakeMs' in when ? when.afterHandshakeMs : null))
  }

  served(nowMs: number, bytesServed: number): void {
    this.#check(nowMs, (when) => 'bytesServed' in when && bytesServed >= when.bytesServed)
  }

  /** A peer has told of this many pieces by now. */
  peerHas(nowMs: number, pieces: number): void {
    this.#check(nowMs, (when) => 'peerHasPieces' in when && pieces >= when.peerHasPieces)
  }

  received(nowMs: number, message: Message): void {
    const { type } = message
    const count = counted(this.#receivedCounts, type)
    this.#check(nowMs, (when) => {
      if ('requestedPiece' in when) return message.type === 'request' && message.piece === when.requestedPiece
      return 'received' in when && when.received === type && count >= when.count
    })
  }

  sent(nowMs: number, { type }: Message): void {
    const count = counted(this.#sentCounts, type)
    if (type === 'unchoke' && count === 1) {
      this.#later(nowMs, (when) => ('afterUnchokeMs' in when ? when.afterUnchokeMs : null))
    }
    this.#check(nowMs, (when) => 'sent' in when && when.sent === type && count >= when.count)
  }

  stop(): void {
    this.#waiting.clear()
    for (const alarm of this.#alarms) alarm.set(null)
  }

  #check(nowMs: number, holds: (when: When) => boolean): void {
    if (this.#waiting.size === 0) return
    for (const step of [...this.#waiting]) if (holds(step.when)) this.#beginOnce(nowMs, step)
  }

  #later(nowMs: number, delayOf: (when: When) => number | null): void {
    for (const step of [...this.#waiting]) {
      const delayMs = delayOf(step.when)
      if (delayMs === null) continue
      if (delayMs === 0) {
        this.#beginOnce(nowMs, step)
        continue
      }
      const alarm = this.#clock.alarm((dueMs) => this.#beginOnce(dueMs, step))
      alarm.set(nowMs + delayMs)
      this.#alarms.push(alarm)
    }
  }

  #beginOnce(nowMs: number, step: Step): void {
    if (this.#waiting.delete(step)) this.#begin(nowMs, step)
  }
}

function counted(counts: Map<string, number>, type: string): number {
  const count = (counts.get(type) ?? 0) + 1
  counts.set(type, count)
  return count
}
