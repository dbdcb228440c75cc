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
  /** In line to be drained, from `#touchedAt` on. */
  readonly #touched: PeerSession[] = []
  #touchedAt = 0
  readonly #halfOpen = new Set<PeerSession>()
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
    if (!session.incoming) this.#halfOpen.add(session)
    this.noteDeadline(session)
  }

  remove(session: PeerSession): void {
    this.#sessions.delete(session.peer.key)
    this.#halfOpen.delete(session)
    if (this.#sessions.size === 0) this.#earliestMs = null
  }

  touch(session: PeerSession): void {
    if (session.isTouched) return
    session.isTouched = true
    this.#touched.push(session)
  }

  touchAll(): void {
    for (const session of this.#sessions.values()) this.touch(session)
  }

  /** Whoever could be asked for something more: blocks are open that were not. */
  touchThoseToAsk(): void {
    for (const session of this.#sessions.values()) if (session.machine.wantsRequests) this.touch(session)
  }

  /** Behind all that are touched by now. */
  touchLast(session: PeerSession): void {
    if (session.isTouched) this.#touched.splice(this.#touched.indexOf(session, this.#touchedAt), 1)
    session.isTouched = false
    this.touch(session)
  }

  /** One that was touched, the longest ago first, or null. */
  takeTouched(): PeerSession | null {
    const session = this.#touched[this.#touchedAt]
    if (session === undefined) {
      this.#touched.length = 0
      this.#touchedAt = 0
      return null
    }
    this.#touchedAt++
    session.isTouched = false
    return session
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
        this.touch(session)
      }
      this.noteDeadline(session)
    }
  }

  countOpen(): number {
    let count = 0
    for (const { machine } of this.#sessions.values()) if (machine.state === 'open') count++
    return count
  }

  /** Of those that we dialled. */
  get halfOpenCount(): number {
    return this.#halfOpen.size
  }

  opened(session: PeerSession): void {
    this.#halfOpen.delete(session)
  }
}
