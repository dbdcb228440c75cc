/** Applies the choker's decisions to the connected peers: who is unchoked, who is not any more. BEP 3. */
import type { ClientEvent } from '../ports/events.ts'
import { Choker, type UnchokeReason } from './choker.ts'
import { type ChokerPeer, TURN_MS } from './choker-ledger.ts'
import type { PeerSession } from './peer-session.ts'
import type { SessionTable } from './session-table.ts'

/** A peer that owed us blocks for this long and sent none is not paid for anything (BEP 3's anti-snubbing). */
export const ANTI_SNUBBING_MS = 60_000
/**
 * A seed's turn is as long as a slot takes for so many pieces. Whoever a seed serves for long has what nobody else has,
 * and trades it with the few others that do, while the rest of a crowd have nothing new for each other: the less they
 * get each, the wider it spreads. And fewer pieces are left in part at each than come whole.
 */
const SEED_TURN_PIECES = 4
/** A choke and a request cross the path within a fraction of it. */
const SEED_TURN_MS_MIN = 2_000
/** Of a slow seed a turn is as long as one piece takes, lest everybody have a part of one; but nobody waits for ever. */
const SEED_TURN_MS_MAX = 120_000

export interface ChokingOwner {
  /** We only give. */
  readonly isComplete: boolean
  /** Null while nothing is known of pieces. */
  readonly pieceBytes: number | null
  /** To all peers together. */
  upRateBytesPerSecond(nowMs: number): number
  emit(nowMs: number, event: ClientEvent): void
}

export class Choking {
  readonly #sessions: SessionTable
  readonly #owner: ChokingOwner
  readonly #regularSlots: number
  readonly #choker: Choker
  /** As the choker sees them, from the handshake on. */
  readonly #views = new Map<PeerSession, SessionView>()
  #lookCount = 0
  #hasChanged = false

  /** With no regular slots there is no optimistic one either: nobody is ever unchoked. */
  constructor(sessions: SessionTable, regularSlots: number, owner: ChokingOwner) {
    this.#sessions = sessions
    this.#owner = owner
    this.#regularSlots = regularSlots
    this.#choker = new Choker(regularSlots)
  }

  /** Somebody came, went, or snubs us; or we have all, or not any more: a slot may be free. */
  changed(): void {
    this.#hasChanged = true
  }

  /** A peer wants pieces of us, or none any more. Most of them wait, and must go on waiting: they change nothing. */
  interestChanged({ machine }: PeerSession): void {
    if (machine.weChoke && (!machine.theyAreInterested || this.#choker.isFull)) return
    this.#hasChanged = true
  }

  deadlineMs(): number | null {
    return this.#choker.deadlineMs()
  }

  /** Where something changed or time has come: chokes and unchokes, and touches those sessions; true when there are any. */
  decide(nowMs: number): boolean {
    const deadlineMs = this.#choker.deadlineMs()
    if (!this.#hasChanged && (deadlineMs === null || deadlineMs > nowMs)) return false
    this.#hasChanged = false
    if (this.#regularSlots === 0) return false
    this.#look(nowMs)
    const mode = this.#owner.isComplete ? 'seeding' : 'leeching'
    const unchoked = this.#choker.decide(nowMs, this.#views.values(), mode, this.#seedTurnMs(nowMs))
    let hasTouched = false
    for (const session of this.#views.keys()) {
      const why = unchoked.get(session.peer.key)?.why ?? null
      if (session.machine.weChoke === (why === null)) continue
      this.#apply(nowMs, session, why)
      hasTouched = true
    }
    return hasTouched
  }

  /** The open sessions, as they are now. */
  #look(nowMs: number): void {
    const look = ++this.#lookCount
    for (const session of this.#sessions.all()) {
      if (session.machine.state !== 'open') continue
      const view = this.#views.get(session) ?? new SessionView(session)
      if (view.seenIn === 0) this.#views.set(session, view)
      view.nowMs = nowMs
      view.seenIn = look
    }
    for (const [session, { seenIn }] of this.#views) if (seenIn !== look) this.#views.delete(session)
  }

  #seedTurnMs(nowMs: number): number {
    const { pieceBytes } = this.#owner
    const rateBytesPerSecond = this.#owner.upRateBytesPerSecond(nowMs)
    if (pieceBytes === null || rateBytesPerSecond === 0) return TURN_MS
    const pieceMs = ((this.#regularSlots + 1) * pieceBytes * 1000) / rateBytesPerSecond
    const turnMs = Math.max(pieceMs, Math.min(TURN_MS, SEED_TURN_PIECES * pieceMs))
    return Math.min(SEED_TURN_MS_MAX, Math.max(SEED_TURN_MS_MIN, turnMs))
  }

  #apply(nowMs: number, session: PeerSession, why: UnchokeReason | null): void {
    const peer = session.peer.name
    session.machine.setChoking(nowMs, why === null)
    this.#sessions.touch(session)
    this.#owner.emit(nowMs, why === null ? { type: 'we-choked', peer } : { type: 'we-unchoked', peer, why })
  }
}

/** Made once for each session: decisions are many. */
class SessionView implements ChokerPeer {
  readonly #session: PeerSession
  nowMs = 0
  /** The last look that found it open. */
  seenIn = 0

  constructor(session: PeerSession) {
    this.#session = session
  }

  get key() {
    return this.#session.peer.key
  }
  get isInterested(): boolean {
    return this.#session.machine.theyAreInterested
  }
  get isSnubbed(): boolean {
    const { machine, sinceMs } = this.#session
    return machine.isSnubbed && this.nowMs - (machine.lastBlockMs ?? sinceMs) >= ANTI_SNUBBING_MS
  }
  get isUploadOnly(): boolean {
    return this.#session.machine.isUploadOnly
  }
  get downloadedBytes(): number {
    return this.#session.usefulBytes
  }
  get busyMs(): number {
    return this.#session.isBusy ? this.nowMs : this.#session.sentMs
  }
}
