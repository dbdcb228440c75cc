/**
 * Known peers: every address we heard of, whether to dial it, and when again.
 *
 * A known peer is in exactly one of these: *waiting* (may be dialled from `retryMs` on), *connected* (or being
 * dialled), *gone* (it dialled us, from a port that nobody listens on, and is not dialled back), *banned* (never again).
 * Given by the user come first, then by the tracker, in the order they were heard of.
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

type Standing = { is: 'waiting'; retryMs: number } | { is: 'connected' } | { is: 'gone' } | { is: 'banned' }

interface Entry {
  readonly peer: KnownPeer
  standing: Standing
  failures: number
  /** Known only since it dialled us. */
  hasDialled: boolean
}

export class KnownPeers {
  readonly #entries: Entry[] = []
  readonly #byName = new Map<string, Entry>()
  /** What `deadlineMs` gives, which is asked at every block; undefined when a standing has changed since. */
  #earliestMs: number | null | undefined = undefined

  get count(): number {
    return this.#entries.length
  }

  /** Null when it is known already, or there are too many. */
  add(address: PeerAddress, byUser: boolean): KnownPeer | null {
    const name = formatAddress(address)
    const known = this.#byName.get(name)
    if (known?.hasDialled) this.#heardOf(known)
    if (known !== undefined || (!byUser && this.#entries.length >= KNOWN_PEERS_MAX)) return null
    return this.#enter(address, byUser, { is: 'waiting', retryMs: 0 }).peer
  }

  get(key: PeerKey): KnownPeer {
    return this.#entries[key]!.peer
  }

  /** Somebody dialled us from this address. Null: banned, connected already, or too many. */
  accept(address: PeerAddress): KnownPeer | null {
    const known = this.#byName.get(formatAddress(address))
    if (known === undefined) {
      if (this.#entries.length >= KNOWN_PEERS_MAX) return null
      const entry = this.#enter(address, false, { is: 'connected' })
      entry.hasDialled = true
      return entry.peer
    }
    if (known.standing.is !== 'waiting' && known.standing.is !== 'gone') return null
    this.#stand(known, { is: 'connected' })
    return known.peer
  }

  /** The next peer to dial, now marked as connected; null when none is due. */
  take(nowMs: number): KnownPeer | null {
    const earliestMs = this.deadlineMs()
    if (earliestMs === null || earliestMs > nowMs) return null
    const due = this.#entries.filter((entry) => entry.standing.is === 'waiting' && entry.standing.retryMs <= nowMs)
    const next = due.find((entry) => entry.peer.byUser) ?? due[0]
    if (next === undefined) return null
    this.#stand(next, { is: 'connected' })
    return next.peer
  }

  /** The connection is over. Gives how long until it is tried again, or null for never. */
  closed(key: PeerKey, nowMs: number, wasUseful: boolean): number | null {
    const entry = this.#entries[key]!
    if (entry.standing.is === 'banned') return null
    if (entry.hasDialled) {
      this.#stand(entry, { is: 'gone' })
      return null
    }
    const retryInMs = Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** (wasUseful ? 0 : entry.failures))
    entry.failures = wasUseful ? 1 : entry.failures + 1
    this.#stand(entry, { is: 'waiting', retryMs: nowMs + retryInMs })
    return retryInMs
  }

  /** False when it was banned already. */
  ban(key: PeerKey): boolean {
    const entry = this.#entries[key]!
    if (entry.standing.is === 'banned') return false
    this.#stand(entry, { is: 'banned' })
    return true
  }

  /** When the next waiting peer is due; null when none waits. */
  deadlineMs(): number | null {
    if (this.#earliestMs === undefined) {
      const waiting = this.#entries.flatMap(({ standing }) => (standing.is === 'waiting' ? [standing.retryMs] : []))
      this.#earliestMs = waiting.length === 0 ? null : waiting.reduce((a, b) => Math.min(a, b))
    }
    return this.#earliestMs
  }

  #enter(address: PeerAddress, byUser: boolean, standing: Standing): Entry {
    const peer = { key: this.#entries.length, address, name: formatAddress(address), byUser }
    const entry: Entry = { peer, standing, failures: 0, hasDialled: false }
    this.#entries.push(entry)
    this.#byName.set(peer.name, entry)
    this.#earliestMs = undefined
    return entry
  }

  /** Somebody says that it listens where it dialled us from. */
  #heardOf(entry: Entry): void {
    entry.hasDialled = false
    if (entry.standing.is === 'gone') this.#stand(entry, { is: 'waiting', retryMs: 0 })
  }

  #stand(entry: Entry, standing: Standing): void {
    entry.standing = standing
    this.#earliestMs = undefined
  }
}
