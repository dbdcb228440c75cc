/**
 * Metadata exchange, BEP 9: the info dictionary of a magnet link from peers, and ours to peers.
 *
 * A few peers are asked side by side, each for the whole of it: what one peer sent is checked alone, so a wrong one
 * names its culprit, and one that is slow holds nobody up. Who sends nothing for a while goes to the end of the line.
 */
import type { InfoHash } from '../metainfo/infohash.ts'
import { infoHashFromBytes } from '../metainfo/infohash.ts'
import { earlier } from '../peer/timers.ts'
import { joined } from '../ports/bytes.ts'
import type { Sha1 } from '../ports/sha1.ts'
import { METADATA_BYTES_MAX, METADATA_PIECE_BYTES, type MetadataMessage } from '../wire/ut-metadata.ts'
import type { PeerSession } from './peer-session.ts'

/** Peers asked at the same time; with METADATA_BYTES_MAX, and with what is kept, this bounds the memory. */
export const SOURCES_MAX = 3
/** Without an answer for this long another peer's turn comes. */
export const METADATA_TIMEOUT_MS = 10_000
/** A turn ends where others wait, even for a peer that sends a little now and then. */
export const METADATA_TURN_MS = 20_000
/** Parts asked of a peer at the same time. */
const OUTSTANDING_MAX = 2
/** How often a peer may ask for the whole of ours. */
const SERVED_TIMES_MAX = 4
/** What peers sent in turns that are over is kept for their next one, up to this; the oldest goes first. */
const KEPT_BYTES_MAX = 4 * METADATA_BYTES_MAX

export interface MetadataOwner {
  /** It is asked for something now: to be flushed. */
  metadataAsked(session: PeerSession): void
  /** Verified against the infohash. */
  metadataComplete(nowMs: number, infoBytes: Uint8Array, session: PeerSession): void
  /** It sent what is not the metadata. */
  metadataLie(nowMs: number, session: PeerSession, reason: string): void
}

interface Source {
  readonly session: PeerSession
  readonly totalBytes: number
  readonly parts: (Uint8Array | null)[]
  nextPart: number
  heldCount: number
  outstanding: number
  /** When it is given up, and when its turn is over. */
  silentAtMs: number
  turnEndsMs: number
}

export class MetadataExchange {
  readonly #infohash: InfoHash
  readonly #sha1: Sha1
  readonly #owner: MetadataOwner
  readonly #asked = new Map<PeerSession, Source>()
  /** Who could be asked, in order. */
  readonly #line = new Set<PeerSession>()
  /** Of those in line that sent something in an earlier turn. */
  readonly #kept = new Map<PeerSession, Source>()
  readonly #served = new WeakMap<PeerSession, number>()
  #ours: Uint8Array | null

  /** `ours`: the info dictionary; null where it is to be found. */
  constructor(infohash: InfoHash, ours: Uint8Array | null, sha1: Sha1, owner: MetadataOwner) {
    this.#infohash = infohash
    this.#ours = ours
    this.#sha1 = sha1
    this.#owner = owner
  }

  /** Its extension handshake is here. */
  peerExtended(nowMs: number, session: PeerSession): void {
    if (this.#ours !== null || this.#asked.has(session)) return
    const { machine } = session
    const totalBytes = machine.theirMetadataBytes
    const canGive = machine.speaks('ut_metadata') && totalBytes !== null && totalBytes > 0
    if (!canGive || totalBytes > METADATA_BYTES_MAX) return
    this.#line.add(session)
    this.#askNext(nowMs)
  }

  received(nowMs: number, session: PeerSession, message: MetadataMessage): void {
    if (message.kind === 'request') return this.#serve(nowMs, session, message.piece)
    const source = this.#asked.get(session)
    if (source === undefined) return
    if (message.kind === 'reject') return this.#giveUp(nowMs, source, false)
    this.#receiveData(nowMs, source, message)
  }

  peerGone(nowMs: number, session: PeerSession): void {
    this.#line.delete(session)
    this.#kept.delete(session)
    if (this.#asked.delete(session)) this.#askNext(nowMs)
  }

  handleDeadline(nowMs: number): void {
    for (const source of [...this.#asked.values()]) {
      const isOver = source.silentAtMs <= nowMs || (source.turnEndsMs <= nowMs && this.#line.size > 0)
      if (isOver) this.#giveUp(nowMs, source, true)
    }
  }

  deadlineMs(): number | null {
    let deadlineMs: number | null = null
    for (const source of this.#asked.values()) {
      deadlineMs = earlier(deadlineMs, source.silentAtMs)
      if (this.#line.size > 0) deadlineMs = earlier(deadlineMs, source.turnEndsMs)
    }
    return deadlineMs
  }

  #askNext(nowMs: number): void {
    for (const session of this.#line) {
      if (this.#asked.size >= SOURCES_MAX || this.#ours !== null) return
      this.#line.delete(session)
      const source = this.#kept.get(session) ?? newSource(session)
      this.#kept.delete(session)
      Object.assign(source, { nextPart: 0, outstanding: 0 })
      source.silentAtMs = nowMs + METADATA_TIMEOUT_MS
      source.turnEndsMs = nowMs + METADATA_TURN_MS
      this.#asked.set(session, source)
      this.#ask(nowMs, source)
    }
  }

  #ask(nowMs: number, source: Source): void {
    while (source.outstanding < OUTSTANDING_MAX && source.nextPart < source.parts.length) {
      const piece = source.nextPart++
      if (source.parts[piece] !== null) continue
      source.outstanding++
      source.session.machine.sendMetadata(nowMs, { kind: 'request', piece })
    }
    this.#owner.metadataAsked(source.session)
  }

  #receiveData(nowMs: number, source: Source, message: MetadataMessage & { kind: 'data' }): void {
    const { piece, data, totalBytes } = message
    const wantedBytes = Math.min(METADATA_PIECE_BYTES, source.totalBytes - piece * METADATA_PIECE_BYTES)
    if (totalBytes !== source.totalBytes || piece >= source.parts.length || data.length !== wantedBytes) {
      return this.#convict(nowMs, source, `sent metadata of another size than it announced`)
    }
    // Nobody asked for it, or it came twice.
    if (piece >= source.nextPart || source.parts[piece] !== null) return
    source.parts[piece] = data.slice()
    source.heldCount++
    source.outstanding--
    source.silentAtMs = nowMs + METADATA_TIMEOUT_MS
    if (source.heldCount === source.parts.length) this.#check(nowMs, source)
    else this.#ask(nowMs, source)
  }

  #check(nowMs: number, source: Source): void {
    const infoBytes = joined(source.parts as Uint8Array[])
    if (infoHashFromBytes(this.#sha1(infoBytes)) !== this.#infohash) {
      return this.#convict(nowMs, source, 'sent metadata that does not match the infohash')
    }
    this.#ours = infoBytes
    this.#asked.clear()
    this.#line.clear()
    this.#kept.clear()
    this.#owner.metadataComplete(nowMs, infoBytes, source.session)
  }

  #convict(nowMs: number, source: Source, reason: string): void {
    this.#asked.delete(source.session)
    this.#owner.metadataLie(nowMs, source.session, reason)
    this.#askNext(nowMs)
  }

  /** To the end of the line, or out of it: who refused is not asked again unless it offers again. */
  #giveUp(nowMs: number, source: Source, mayTryAgain: boolean): void {
    this.#asked.delete(source.session)
    if (mayTryAgain) {
      this.#line.add(source.session)
      this.#keep(source)
    }
    this.#askNext(nowMs)
  }

  #keep(source: Source): void {
    if (source.heldCount > 0) this.#kept.set(source.session, source)
    let keptBytes = 0
    for (const { heldCount } of this.#kept.values()) keptBytes += heldCount * METADATA_PIECE_BYTES
    for (const [session, { heldCount }] of this.#kept) {
      if (keptBytes <= KEPT_BYTES_MAX) return
      this.#kept.delete(session)
      keptBytes -= heldCount * METADATA_PIECE_BYTES
    }
  }

  #serve(nowMs: number, session: PeerSession, piece: number): void {
    const ours = this.#ours
    const partCount = ours === null ? 0 : Math.ceil(ours.length / METADATA_PIECE_BYTES)
    const servedCount = (this.#served.get(session) ?? 0) + 1
    if (ours === null || piece >= partCount || servedCount > partCount * SERVED_TIMES_MAX) {
      return session.machine.sendMetadata(nowMs, { kind: 'reject', piece })
    }
    this.#served.set(session, servedCount)
    const data = ours.subarray(piece * METADATA_PIECE_BYTES, (piece + 1) * METADATA_PIECE_BYTES)
    session.machine.sendMetadata(nowMs, { kind: 'data', piece, totalBytes: ours.length, data })
  }
}

/** Whose turn has not begun. */
function newSource(session: PeerSession): Source {
  const totalBytes = session.machine.theirMetadataBytes!
  const parts = new Array<Uint8Array | null>(Math.ceil(totalBytes / METADATA_PIECE_BYTES)).fill(null)
  return { session, totalBytes, parts, nextPart: 0, heldCount: 0, outstanding: 0, silentAtMs: 0, turnEndsMs: 0 }
}
