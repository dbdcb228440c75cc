/**
 * The roster of known peers: who is on it, and who has to leave when it is full.
 *
 * Bounded: what trackers and peers say is cut, and where the list is full an address that failed makes room for a new
 * one. Who is gone or banned is kept for a while, lest its key mean nothing.
 * Not here: when a peer is dialled, and what becomes of it (known-peers).
 */
import type { PeerKey } from '../pieces/partial-piece.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import type { Dialable, Lane } from './dial-queue.ts'

/** Addresses kept, as libtorrent does, beside those that the user gave; whoever names more is not believed. */
export const KNOWN_PEERS_MAX = 3_000
/** Of them, those that only other peers speak of: a flood of them leaves room for what trackers say. */
export const HEARSAY_PEERS_MAX = 1_000
/** Gone and banned ones. */
export const GONE_PEERS_MAX = 1_000

/** `peer`: another peer said so (BEP 11), or it did itself (BEP 10). `incoming`: nobody did, it dialled us. */
export type PeerSource = Lane | 'incoming'

export interface KnownPeer {
  readonly key: PeerKey
  readonly address: PeerAddress
  /** As `formatAddress` writes it. */
  readonly name: string
}

export type Standing = 'waiting' | 'connected' | 'gone' | 'banned'

export class RosterEntry implements Dialable {
  readonly peer: KnownPeer
  readonly priority: number
  source: PeerSource
  standing: Standing
  isSeed = false
  /** In a row; what it waits for after the next one doubles with each. */
  failures = 0
  setbacks = 0
  dueMs = 0
  begunMs = 0
  hasShakenHands = false
  isDue = false
  heapIndex: number | undefined

  constructor(peer: KnownPeer, priority: number, source: PeerSource, standing: Standing) {
    this.peer = peer
    this.priority = priority
    this.source = source
    this.standing = standing
  }

  get sequence(): number {
    return this.peer.key
  }

  get lane(): Lane {
    return this.source === 'incoming' ? 'peer' : this.source
  }
}

export class Roster {
  readonly #entries = new Map<PeerKey, RosterEntry>()
  readonly #byName = new Map<string, RosterEntry>()
  readonly #counts: Record<PeerSource, number> = { user: 0, tracker: 0, peer: 0, incoming: 0 }
  /** May make room; the longest ago first. */
  readonly #failing: Readonly<Record<'tracker' | 'peer', Set<RosterEntry>>> = { tracker: new Set(), peer: new Set() }
  /** Gone and banned, the longest ago first. */
  readonly #gone = new Set<RosterEntry>()
  #nextKey = 0

  get size(): number {
    return this.#entries.size
  }

  /** In the order they were heard of. */
  all(): IterableIterator<RosterEntry> {
    return this.#entries.values()
  }

  get(key: PeerKey): RosterEntry | undefined {
    return this.#entries.get(key)
  }

  at(address: PeerAddress): RosterEntry | undefined {
    return this.#byName.get(formatAddress(address))
  }

  enter(address: PeerAddress, priority: number, source: PeerSource, standing: Standing): RosterEntry {
    const peer = { key: this.#nextKey++, address, name: formatAddress(address) }
    const entry = new RosterEntry(peer, priority, source, standing)
    this.#entries.set(peer.key, entry)
    this.#byName.set(peer.name, entry)
    this.#counts[source]++
    return entry
  }

  /** It came by itself; now somebody speaks of it. */
  nowSaidBy(entry: RosterEntry, source: Lane): void {
    this.#counts[entry.source]--
    this.#counts[source]++
    entry.source = source
  }

  /** Who is to be forgotten before one more of this source is entered; null: nobody; `full`: there is no room. */
  victimFor(source: Lane): RosterEntry | null | 'full' {
    if (source === 'user') return null
    const { tracker, peer } = this.#counts
    if (tracker + peer < KNOWN_PEERS_MAX && (source === 'tracker' || peer < HEARSAY_PEERS_MAX)) return null
    const hearsay = first(this.#failing.peer)
    if (hearsay !== undefined || source === 'peer') return hearsay ?? 'full'
    return first(this.#failing.tracker) ?? 'full'
  }

  /** It waits again. Where it has failed it may have to make room. */
  waits(entry: RosterEntry): void {
    const { source } = entry
    if (entry.setbacks > 0 && (source === 'tracker' || source === 'peer')) this.#failing[source].add(entry)
  }

  /** It waits no longer, or is not gone any more. */
  leaves(entry: RosterEntry): void {
    const { source } = entry
    if (source === 'tracker' || source === 'peer') this.#failing[source].delete(entry)
    this.#gone.delete(entry)
  }

  /** Gone or banned: kept until so many others are. */
  ends(entry: RosterEntry): void {
    this.#gone.add(entry)
    const oldest = first(this.#gone)
    if (this.#gone.size > GONE_PEERS_MAX && oldest !== undefined) this.forget(oldest)
  }

  forget(entry: RosterEntry): void {
    this.leaves(entry)
    this.#entries.delete(entry.peer.key)
    this.#byName.delete(entry.peer.name)
    this.#counts[entry.source]--
  }
}

function first<Item>(items: ReadonlySet<Item>): Item | undefined {
  for (const item of items) return item
  return undefined
}
