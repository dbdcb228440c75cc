/**
 * The connected peers: which of them were touched and must be drained, and the earliest of their deadlines.
 *
 * The deadline is kept as a lower bound: a deadline that moves later is noticed when the alarm goes off, so that a
 * block costs nothing here however many peers there are.
 */
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { PeerSession } from './peer-session.ts'

export class SessionTable {
  readonly #sessions = new Map<PeerKey, PeerSession>()
  readonly #touched = new Set<PeerSession>()
  #earliestMs: number | null = null

  get size(): number {
    return this.#sessions.size
  }

  /** In the order they were connected. */
  all(): IterableIterator<PeerSession> {
    return this.#sessions.values()
  }

  get(key: PeerKey): PeerSession | undefined {
    return this.#sessions.get(key)
  }

  add(session: PeerSession): void {
    this.#sessions.set(session.peer.key, session)
    this.noteDeadline(session)
  }

  remove(session: PeerSession): void {
    this.#sessions.delete(session.peer.key)
    if (this.#sessions.size === 0) this.#earliestMs = null
  }

  touch(session: PeerSession): void {
    this.#touched.add(session)
  }

  touchAll(): void {
    for (const session of this.#sessions.values()) this.#touched.add(session)
  }

  /** Behind all that are touched by now. */
  touchLast(session: PeerSession): void {
    this.#touched.delete(session)
    this.#touched.add(session)
  }

  isTouched(session: PeerSession): boolean {
    return this.#touched.has(session)
  }

  /** One that was touched, the longest ago first, or null. */
  takeTouched(): PeerSession | null {
    for (const session of this.#touched) {
      this.#touched.delete(session)
      return session
    }
    return null
  }

  noteDeadline(session: PeerSession): void {
    const deadlineMs = session.machine.deadlineMs()
    if (deadlineMs !== null && (this.#earliestMs === null || deadlineMs < this.#earliestMs)) {
      this.#earliestMs = deadlineMs
    }
  }

  deadlineMs(): number | null {
    return this.#earliestMs
  }

  /** Lets every machine handle what is due, and touches those. */
  handleDeadline(nowMs: number): void {
    if (this.#earliestMs === null || this.#earliestMs > nowMs) return
    this.#earliestMs = null
    for (const session of this.#sessions.values()) {
      const deadlineMs = session.machine.deadlineMs()
      if (deadlineMs !== null && deadlineMs <= nowMs) {
        session.machine.handleDeadline(nowMs)
        this.#touched.add(session)
      }
      this.noteDeadline(session)
    }
  }

  countOpen(): number {
    let count = 0
    for (const { machine } of this.#sessions.values()) if (machine.state === 'open') count++
    return count
  }

  countHalfOpen(): number {
    let count = 0
    for (const { machine } of this.#sessions.values()) if (machine.state === 'connecting') count++
    return count
  }
}
