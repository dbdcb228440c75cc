/**
 * Known peers: every address we heard of, whether to dial it, and when again.
 *
 * A known peer is in exactly one of these: *waiting* (may be dialled from `retryMs` on), *connected* (or being
 * dialled), *banned* (never again). Given by the user come first, then by the tracker, in the order they were heard of.
 */
import type { PeerKey } from '../pieces/partial-piece.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'

/** After a failure 1 s, then twice as long each time, to this. */
export const RETRY_MS_MAX = 60_000
const RETRY_MS_FIRST = 1_000
/** Addresses kept, as libtorrent does; a tracker that names more is not believed. */
export const KNOWN_PEERS_MAX = 3_000
/** Dials under way at once. */
export const HALF_OPEN_MAX = 30

export interface KnownPeer {
  readonly key: PeerKey
  readonly address: PeerAddress
  /** As `formatAddress` writes it. */
  readonly name: string
  readonly byUser: boolean
}

type Standing = { is: 'waiting'; retryMs: number } | { is: 'connected' } | { is: 'banned' }

interface Entry {
  readonly peer: KnownPeer
  standing: Standing
  failures: number
}

export class KnownPeers {
  readonly #entries: Entry[] = []
  readonly #byName = new Map<string, Entry>()

  get count(): number {
    return this.#entries.length
  }

  /** Null when it is known already, or there are too many. */
  add(address: PeerAddress, byUser: boolean): KnownPeer | null {
    const name = formatAddress(address)
    if (this.#byName.has(name) || (!byUser && this.#entries.length >= KNOWN_PEERS_MAX)) return null
    const peer = { key: this.#entries.length, address, name, byUser }
    const entry: Entry = { peer, standing: { is: 'waiting', retryMs: 0 }, failures: 0 }
    this.#entries.push(entry)
    this.#byName.set(name, entry)
    return peer
  }

  get(key: PeerKey): KnownPeer {
    return this.#entries[key]!.peer
  }

  /** Somebody dialled us from this address. Null: banned, connected already, or too many. */
  accept(address: PeerAddress): KnownPeer | null {
    this.add(address, false)
    const entry = this.#byName.get(formatAddress(address))
    if (entry === undefined || entry.standing.is !== 'waiting') return null
    entry.standing = { is: 'connected' }
    return entry.peer
  }

  /** The next peer to dial, now marked as connected; null when none is due. */
  take(nowMs: number): KnownPeer | null {
    const due = this.#entries.filter((entry) => entry.standing.is === 'waiting' && entry.standing.retryMs <= nowMs)
    const next = due.find((entry) => entry.peer.byUser) ?? due[0]
    if (next === undefined) return null
    next.standing = { is: 'connected' }
    return next.peer
  }

  /** The connection is over. Gives how long until it is tried again, or null for never. */
  closed(key: PeerKey, nowMs: number, wasUseful: boolean): number | null {
    const entry = this.#entries[key]!
    if (entry.standing.is === 'banned') return null
    const retryInMs = Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** (wasUseful ? 0 : entry.failures))
    entry.failures = wasUseful ? 1 : entry.failures + 1
    entry.standing = { is: 'waiting', retryMs: nowMs + retryInMs }
    return retryInMs
  }

  /** False when it was banned already. */
  ban(key: PeerKey): boolean {
    const entry = this.#entries[key]!
    if (entry.standing.is === 'banned') return false
    entry.standing = { is: 'banned' }
    return true
  }

  /** When the next waiting peer is due; null when none waits. */
  deadlineMs(): number | null {
    let earliest: number | null = null
    for (const { standing } of this.#entries) {
      if (standing.is === 'waiting' && (earliest === null || standing.retryMs < earliest)) earliest = standing.retryMs
    }
    return earliest
  }
}
