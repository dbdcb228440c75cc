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

interface Told {
  /** By address; what this peer was told is connected to us. */
  readonly peers: Map<string, PeerAddress>
  heardMs: number | null
}

export class PeerExchange {
  readonly #told = new Map<PeerSession, Told>()
  #nextMs: number | null = null

  /** Its extension handshake is here: it hears of everybody at once. */
  peerExtended(nowMs: number, session: PeerSession, all: Iterable<PeerSession>): void {
    if (this.#told.has(session) || !session.machine.speaks('ut_pex')) return
    this.#told.set(session, { peers: new Map(), heardMs: null })
    this.#nextMs ??= nowMs + PEX_EVERY_MS
    this.#tell(nowMs, session, connectable(all))
  }

  /** Who may be dialled; none where it speaks out of turn. */
  received(nowMs: number, session: PeerSession, message: PexMessage): readonly PexPeer[] {
    const told = this.#told.get(session)
    if (told === undefined) return []
    const isEarly = told.heardMs !== null && nowMs - told.heardMs < PEX_HEARD_EVERY_MS
    if (isEarly) return []
    told.heardMs = nowMs
    return message.added
  }

  peerGone(session: PeerSession): void {
    this.#told.delete(session)
    if (this.#told.size === 0) this.#nextMs = null
  }

  /** Those that there is something to tell are told, and to be flushed. */
  handleDeadline(nowMs: number, all: Iterable<PeerSession>): PeerSession[] {
    if (this.#nextMs === null || nowMs < this.#nextMs) return []
    this.#nextMs = nowMs + PEX_EVERY_MS
    const peers = connectable(all)
    for (const session of this.#told.keys()) this.#tell(nowMs, session, peers)
    return [...this.#told.keys()]
  }

  deadlineMs(): number | null {
    return this.#nextMs
  }

  #tell(nowMs: number, session: PeerSession, peers: ReadonlyMap<string, PexPeer & { readonly of: PeerSession }>): void {
    const told = this.#told.get(session)!.peers
    const added = [...peers.values()].filter((peer) => peer.of !== session && !told.has(formatAddress(peer.address)))
    const dropped = [...told].filter(([name]) => !peers.has(name)).map(([, address]) => address)
    const message = { added: added.slice(0, PEX_SENT_MAX), dropped: dropped.slice(0, PEX_SENT_MAX) }
    if (message.added.length + message.dropped.length === 0) return
    for (const { address } of message.added) told.set(formatAddress(address), address)
    for (const address of message.dropped) told.delete(formatAddress(address))
    session.machine.sendPex(nowMs, message)
  }
}

function connectable(all: Iterable<PeerSession>): Map<string, PexPeer & { readonly of: PeerSession }> {
  const peers = new Map<string, PexPeer & { readonly of: PeerSession }>()
  for (const session of all) {
    const address = session.machine.state === 'open' ? session.address : null
    if (address === null) continue
    const isSeed = session.machine.isUploadOnly
    peers.set(formatAddress(address), { address, isSeed, reachable: !session.incoming, of: session })
  }
  return peers
}
