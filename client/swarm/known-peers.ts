/**
 * Known peers: every address we heard of, from whom, whether to dial it, and when again.
 *
 * A known peer is in exactly one of these: *waiting* (dialled when it is its turn; or left out, where it is a seed and we
 * want none), *connected* (or being dialled), *gone* (it dialled us, from a port that nobody listens on, and is not
 * dialled back), *banned* (never again).
 * Not here: who is first of those that wait (dial-queue), how many are dialled a second (dial-budget), how many are known
 * (known-peers-roster), how many are dialled or connected at once (the owner).
 */
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { PeerAddress } from '../ports/transport.ts'
import { BanList } from './ban-list.ts'
import { DialBudget } from './dial-budget.ts'
import { DialQueue, type Lane } from './dial-queue.ts'
import { type KnownPeer, type PeerSource, Roster, type RosterEntry, type Standing } from './known-peers-roster.ts'

export type { KnownPeer, PeerSource } from './known-peers-roster.ts'

/** After a failure 1 s, then twice as long each time, to this. */
export const RETRY_MS_MAX = 60_000
const RETRY_MS_FIRST = 1_000
/** Who shook hands and was of no use is tried again after 1 s, 4 s, 16 s and so on: it has had its chance. */
export const USELESS_RETRY_MS_MAX = 240_000
const USELESS_FAILURES = 2
/** Dials under way at once. */
export const HALF_OPEN_MAX = 30

export class KnownPeers {
  readonly #priorityOf: (address: PeerAddress) => number
  readonly #roster = new Roster()
  /** Who waits, but for seeds where none are wanted. */
  readonly #queue = new DialQueue<RosterEntry>()
  readonly #budget = new DialBudget()
  readonly #bans = new BanList()
  #wantsSeeds = true

  /** Who is preferred of strangers from the same source: a higher number (BEP 40), then who was heard of first. */
  constructor(priorityOf: (address: PeerAddress) => number = () => 0) {
    this.#priorityOf = priorityOf
  }

  get count(): number {
    return this.#roster.size
  }

  // Who there is.

  /** The user or a tracker names it. Null when it is known already, banned, or one too many. */
  add(address: PeerAddress, byUser: boolean): KnownPeer | null {
    return this.#heardOf(address, byUser ? 'user' : 'tracker')?.peer ?? null
  }

  /** A peer names another that it is connected to, or the port that it listens on itself. Null as above. */
  addFromPeer(address: PeerAddress, isSeed: boolean): KnownPeer | null {
    const entry = this.#heardOf(address, 'peer')
    if (entry === null) return null
    if (isSeed) this.#nowSeed(entry)
    return entry.peer
  }

  /** One that was forgotten has no name any more. */
  get(key: PeerKey): KnownPeer {
    return this.#roster.get(key)?.peer ?? { key, address: { host: '0.0.0.0', port: 0 }, name: '(forgotten)' }
  }

  /** Null when it was forgotten. */
  sourceOf(key: PeerKey): PeerSource | null {
    return this.#roster.get(key)?.source ?? null
  }

  // Connections.

  /** Somebody dialled us from this address. Null: banned, or connected already. */
  accept(address: PeerAddress): KnownPeer | null {
    const known = this.#roster.at(address)
    if (this.#isBanned(address, known?.source ?? 'incoming')) return null
    if (known === undefined) return this.#enter(address, 'incoming', 'connected').peer
    if (known.standing === 'connected' || known.standing === 'banned') return null
    this.#connect(known)
    return known.peer
  }

  /**
   * Who dialled us says that it listens at this address: it is not dialled there until that key is `closed`. Null where
   * it is connected or banned, or cannot be kept.
   */
  claim(address: PeerAddress): PeerKey | null {
    this.#heardOf(address, 'peer')
    const entry = this.#roster.at(address)
    if (entry === undefined || entry.standing !== 'waiting') return null
    this.#connect(entry)
    entry.hasShakenHands = true
    return entry.peer.key
  }

  /** The next peer to dial, now marked as connected; null when none is due, or too many were dialled just now. */
  take(nowMs: number): KnownPeer | null {
    if (this.#budget.freeAtMs() > nowMs) return null
    const next = this.#queue.take(nowMs)
    if (next === null) return null
    this.#budget.begun(nowMs)
    next.begunMs = nowMs
    this.#connect(next)
    return next.peer
  }

  /** When `take` gives one; null when none waits. */
  deadlineMs(): number | null {
    const dueMs = this.#queue.deadlineMs()
    return dueMs === null ? null : Math.max(dueMs, this.#budget.freeAtMs())
  }

  /** It is a peer of this torrent. */
  handshaken(key: PeerKey): void {
    const entry = this.#roster.get(key)
    if (entry !== undefined) entry.hasShakenHands = true
  }

  /** A dial that was over at once: nobody listens there, or it cannot be reached. Gives what `closed` gives. */
  refused(key: PeerKey, nowMs: number): number | null {
    const entry = this.#roster.get(key)
    if (entry !== undefined) this.#budget.refused(entry.begunMs)
    return this.closed(key, nowMs, false)
  }

  /** The connection is over. Gives how long until it is tried again, or null for never. */
  closed(key: PeerKey, nowMs: number, wasUseful: boolean): number | null {
    const entry = this.#roster.get(key)
    if (entry === undefined) return null
    if (entry.standing !== 'banned' && entry.source === 'incoming') entry.standing = 'gone'
    if (entry.standing === 'banned' || entry.standing === 'gone') {
      this.#roster.ends(entry)
      return null
    }
    // Who the user gave is wanted as it is, and asked again each minute whatever it was.
    const wasUseless = entry.hasShakenHands && !wasUseful && entry.source !== 'user'
    if (wasUseful) entry.failures = 0
    const retryMsMax = wasUseless ? USELESS_RETRY_MS_MAX : RETRY_MS_MAX
    const retryInMs = Math.min(retryMsMax, RETRY_MS_FIRST * 2 ** entry.failures)
    entry.failures += wasUseless ? USELESS_FAILURES : 1
    entry.setbacks = wasUseful ? 0 : entry.failures
    this.#wait(entry, nowMs + retryInMs)
    return entry.isSeed && !this.#wantsSeeds ? null : retryInMs
  }

  // Bans and seeds.

  /** This address only, as when it is our own. False when it was banned already, or is forgotten. */
  ban(key: PeerKey): boolean {
    const entry = this.#roster.get(key)
    if (entry === undefined || entry.standing === 'banned') return false
    this.#bans.banAddress(entry.peer.address)
    this.#nowBanned(entry)
    return true
  }

  /**
   * All of its host, but for others there that the user gave; on loopback, where many peers share a host, its address
   * only. Gives who is banned now and was not: itself first, then those connected. None when it is forgotten.
   */
  banHost(key: PeerKey): PeerKey[] {
    const entry = this.#roster.get(key)
    if (entry === undefined) return []
    const banned = this.ban(key) ? [key] : []
    this.#bans.banHost(entry.peer.address)
    for (const other of this.#roster.all()) {
      if (other.standing === 'banned' || !this.#isBanned(other.peer.address, other.source)) continue
      if (other.standing === 'connected') banned.push(other.peer.key)
      this.#nowBanned(other)
    }
    return banned
  }

  /** It has everything. */
  markSeed(key: PeerKey): void {
    const entry = this.#roster.get(key)
    if (entry !== undefined) this.#nowSeed(entry)
  }

  /** False while we have everything ourselves: those that are known to be seeds are not dialled then, others slowly. */
  wantSeeds(wanted: boolean): void {
    if (wanted === this.#wantsSeeds) return
    this.#wantsSeeds = wanted
    this.#budget.complete(!wanted)
    for (const entry of this.#roster.all()) {
      if (entry.standing !== 'waiting' || !entry.isSeed) continue
      if (wanted) this.#queue.add(entry)
      else this.#queue.remove(entry)
    }
  }

  #isBanned(address: PeerAddress, source: PeerSource): boolean {
    return this.#bans.hasAddress(address) || (source !== 'user' && this.#bans.hasHost(address))
  }

  /** One that is connected stays on the roster until it is closed. */
  #nowBanned(entry: RosterEntry): void {
    const wasConnected = entry.standing === 'connected'
    this.#leaveLine(entry)
    entry.standing = 'banned'
    if (!wasConnected) this.#roster.ends(entry)
  }

  #nowSeed(entry: RosterEntry): void {
    entry.isSeed = true
    if (!this.#wantsSeeds && this.#queue.has(entry)) this.#queue.remove(entry)
  }

  // Coming, waiting, going.

  /** Null unless it is news. */
  #heardOf(address: PeerAddress, source: Lane): RosterEntry | null {
    const known = this.#roster.at(address)
    if (known !== undefined) {
      if (known.source === 'incoming') this.#listens(known, source)
      return null
    }
    if (this.#isBanned(address, source) || !this.#makeRoom(source)) return null
    const entry = this.#enter(address, source, 'waiting')
    this.#wait(entry, 0)
    return entry
  }

  #enter(address: PeerAddress, source: PeerSource, standing: Standing): RosterEntry {
    // What the user gave is tried in the order in which it was given.
    const priority = source === 'user' ? 0 : this.#priorityOf(address)
    return this.#roster.enter(address, priority, source, standing)
  }

  /** Somebody says that it listens where it dialled us from. */
  #listens(entry: RosterEntry, source: Lane): void {
    if (entry.standing === 'banned' || !this.#makeRoom(source)) return
    this.#roster.nowSaidBy(entry, source)
    if (entry.standing === 'gone') this.#wait(entry, 0)
  }

  #makeRoom(source: Lane): boolean {
    const victim = this.#roster.victimFor(source)
    if (victim === 'full') return false
    if (victim !== null) {
      this.#leaveLine(victim)
      this.#roster.forget(victim)
    }
    return true
  }

  #wait(entry: RosterEntry, dueMs: number): void {
    this.#leaveLine(entry)
    entry.standing = 'waiting'
    entry.dueMs = dueMs
    if (this.#wantsSeeds || !entry.isSeed) this.#queue.add(entry)
    this.#roster.waits(entry)
  }

  #connect(entry: RosterEntry): void {
    this.#leaveLine(entry)
    entry.standing = 'connected'
    entry.hasShakenHands = false
  }

  #leaveLine(entry: RosterEntry): void {
    if (this.#queue.has(entry)) this.#queue.remove(entry)
    this.#roster.leaves(entry)
  }
}
