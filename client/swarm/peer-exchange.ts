/**
 * Peer exchange, BEP 11: once a minute every peer hears who came and who went since it last heard; what it says goes to
 * the known peers. A private torrent (BEP 27) has none of it.
 *
 * Only addresses that can be dialled are told: those that we dialled, and those of who dialled us and says its port.
 */
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import { PEX_SENT_MAX, type PexMessage, type PexPeer } from '../wire/ut-pex.ts'
import type { PeerSession } from './peer-session.ts'

export const PEX_EVERY_MS = 60_000
/** BEP 11: no more than one message a minute; a little early is forgiven, more is not listened to. */
const PEX_HEARD_EVERY_MS = 45_000

/** One who can be dialled came, or went. */
interface Change {
  readonly peer: Connected
  readonly came: boolean
}

interface Connected {
  readonly session: PeerSession
  readonly address: PeerAddress
  /** As `formatAddress` writes it. */
  readonly name: string
}

interface Listener {
  /** Of the changes it has heard so many. */
  heardCount: number
  /** When its last message was listened to. */
  saidMs: number | null
}

/** All of them have heard the same, but for what they have not heard yet: one list of changes serves everybody. */
export class PeerExchange {
  readonly #listeners = new Map<PeerSession, Listener>()
  readonly #connected = new Map<PeerSession, Connected>()
  /** Whoever has heard them all knows who is connected. */
  #changes: Change[] = []
  #nextMs: number | null = null

  /** Its extension handshake is here: it hears of everybody at once. */
  peerExtended(nowMs: number, session: PeerSession, all: Iterable<PeerSession>): void {
    if (this.#listeners.has(session) || !session.machine.speaks('ut_pex')) return
    const listener: Listener = { heardCount: 0, saidMs: null }
    this.#listeners.set(session, listener)
    this.#nextMs ??= nowMs + PEX_EVERY_MS
    this.#note(all)
    this.#tell(nowMs, session, listener)
  }

  /** Who may be dialled; none where it speaks out of turn. */
  received(nowMs: number, session: PeerSession, message: PexMessage): readonly PexPeer[] {
    const listener = this.#listeners.get(session)
    if (listener === undefined) return []
    const isEarly = listener.saidMs !== null && nowMs - listener.saidMs < PEX_HEARD_EVERY_MS
    if (isEarly) return []
    listener.saidMs = nowMs
    return message.added
  }

  peerGone(session: PeerSession): void {
    this.#listeners.delete(session)
    if (this.#listeners.size > 0) return
    this.#nextMs = null
    this.#connected.clear()
    this.#changes = []
  }

  /** Those that there is something to tell are told, and to be flushed. */
  handleDeadline(nowMs: number, all: Iterable<PeerSession>): PeerSession[] {
    if (this.#nextMs === null || nowMs < this.#nextMs) return []
    this.#nextMs = nowMs + PEX_EVERY_MS
    this.#note(all)
    for (const [session, listener] of this.#listeners) this.#tell(nowMs, session, listener)
    this.#forgetOld()
    return [...this.#listeners.keys()]
  }

  deadlineMs(): number | null {
    return this.#nextMs
  }

  /** What is different from the last time that somebody was told something. */
  #note(all: Iterable<PeerSession>): void {
    const present = new Set<PeerSession>()
    for (const session of all) {
      const address = session.machine.state === 'open' ? session.address : null
      if (address === null) continue
      present.add(session)
      if (this.#connected.has(session)) continue
      const peer = { session, address, name: formatAddress(address) }
      this.#connected.set(session, peer)
      this.#changes.push({ peer, came: true })
    }
    for (const [session, peer] of this.#connected) {
      if (present.has(session)) continue
      this.#connected.delete(session)
      this.#changes.push({ peer, came: false })
    }
  }

  /** The changes that it has not heard, without those that undo each other; of a long list the first part. */
  #tell(nowMs: number, session: PeerSession, listener: Listener): void {
    const added = new Map<string, Connected>()
    const dropped = new Map<string, Connected>()
    for (; listener.heardCount < this.#changes.length; listener.heardCount++) {
      const { peer, came } = this.#changes[listener.heardCount]!
      if (peer.session === session) continue
      const [to, undone] = came ? [added, dropped] : [dropped, added]
      if (undone.delete(peer.name)) continue
      if (to.size === PEX_SENT_MAX) break
      to.set(peer.name, peer)
    }
    if (added.size + dropped.size === 0) return
    const message = { added: [...added.values()].map(asPexPeer), dropped: [...dropped.values()].map(addressOf) }
    session.machine.sendPex(nowMs, message)
  }

  /** Where all have heard everything, nobody needs to know who left before. */
  #forgetOld(): void {
    for (const { heardCount } of this.#listeners.values()) if (heardCount < this.#changes.length) return
    this.#changes = [...this.#connected.values()].map((peer) => ({ peer, came: true }))
    for (const listener of this.#listeners.values()) listener.heardCount = this.#changes.length
  }
}

function asPexPeer({ session, address }: Connected): PexPeer {
  return { address, isSeed: session.machine.isUploadOnly, reachable: !session.incoming }
}

function addressOf({ address }: Connected): PeerAddress {
  return address
}
