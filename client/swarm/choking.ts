/** Applies the choker's decisions to the connected peers: who is unchoked, who is not any more. BEP 3. */
import type { ClientEvent } from '../ports/events.ts'
import { Choker, type UnchokeReason } from './choker.ts'
import type { ChokerPeer } from './choker-ledger.ts'
import type { PeerSession } from './peer-session.ts'
import type { SessionTable } from './session-table.ts'

/** A peer that owed us blocks for this long and sent none is not paid for anything (BEP 3's anti-snubbing). */
export const ANTI_SNUBBING_MS = 60_000

export interface ChokingOwner {
  /** We only give. */
  readonly isComplete: boolean
  emit(nowMs: number, event: ClientEvent): void
}

export class Choking {
  readonly #sessions: SessionTable
  readonly #owner: ChokingOwner
  readonly #choker: Choker
  #hasChanged = false

  constructor(sessions: SessionTable, regularSlots: number, owner: ChokingOwner) {
    this.#sessions = sessions
    this.#owner = owner
    this.#choker = new Choker(regularSlots)
  }

  /** Somebody came, went, or changed its mind: a slot may be free. */
  changed(): void {
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
    const open = Array.from(this.#sessions.all()).filter(({ machine }) => machine.state === 'open')
    const peers = open.map((session) => asChokerPeer(nowMs, session))
    const unchoked = this.#choker.decide(nowMs, peers, this.#owner.isComplete ? 'seeding' : 'leeching')
    let hasTouched = false
    for (const session of open) {
      const why = unchoked.get(session.peer.key)?.why ?? null
      if (session.machine.weChoke === (why === null)) continue
      this.#apply(nowMs, session, why)
      hasTouched = true
    }
    return hasTouched
  }

  #apply(nowMs: number, session: PeerSession, why: UnchokeReason | null): void {
    const peer = session.peer.name
    session.machine.setChoking(nowMs, why === null)
    this.#sessions.touch(session)
    this.#owner.emit(nowMs, why === null ? { type: 'we-choked', peer } : { type: 'we-unchoked', peer, why })
  }
}

function asChokerPeer(nowMs: number, { peer, machine, sinceMs, usefulBytes }: PeerSession): ChokerPeer {
  const silentMs = nowMs - (machine.lastBlockMs ?? sinceMs)
  return {
    key: peer.key,
    isInterested: machine.theyAreInterested,
    isSnubbed: machine.isSnubbed && silentMs >= ANTI_SNUBBING_MS,
    isUploadOnly: machine.isUploadOnly,
    downloadedBytes: usefulBytes,
  }
}
