/**
 * Uploader: blocks that peers ask for, from the disk to the wire. BEP 3.
 *
 * A few blocks a peer are read ahead, and fewer handed to the transport: what is handed over cannot be cancelled, and a
 * choke waits behind it. Limiters let one block through at a time, and peers that wait for them take turns.
 * Not here: who may ask (choking, peer), how a piece lies on the disk (storage).
 */
import { BLOCK_BYTES, type BlockRange } from '../metainfo/geometry.ts'
import { RateMeter } from '../peer/rate-meter.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { StorageFault } from '../ports/storage.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import type { PeerSession } from './peer-session.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { freeAtMs, isFree, takeFrom } from './rate-limiter.ts'

/** Blocks of a peer that are read, or being read, before it is their turn: 256 KiB for each that is unchoked. */
const READ_AHEAD = 16
/** Handed to the transport and not gone: enough to keep a link busy, little enough for a choke to get through soon. */
const SEND_AHEAD_BYTES = 4 * BLOCK_BYTES

export interface UploaderOwner {
  /** A block is read: its session can be pumped. */
  readyToSend(nowMs: number, session: PeerSession): void
  /** A piece that we said we have cannot be read. */
  pieceUnreadable(nowMs: number, piece: BlockRange['piece'], fault: StorageFault): void
  emit(nowMs: number, event: ClientEvent): void
}

export interface UploaderParts {
  readonly store: PieceStore
  readonly limiters: readonly RateLimiter[]
}

export class Uploader {
  readonly up = new RateMeter()
  readonly #parts: UploaderParts
  readonly #owner: UploaderOwner
  /** Sessions with a block ready that the limiters hold back, in the order of their turns. */
  readonly #waiting = new Set<PeerSession>()

  constructor(parts: UploaderParts, owner: UploaderOwner) {
    this.#parts = parts
    this.#owner = owner
  }

  /** Sends what may go now, and reads what comes after. The caller flushes. */
  pump(nowMs: number, session: PeerSession): void {
    if (!this.#waiting.has(session)) this.#send(nowMs, session)
    this.#read(session)
  }

  /** When the limiters let the next block through; null when none waits for them. */
  deadlineMs(): number | null {
    return this.#waiting.size === 0 ? null : freeAtMs(this.#parts.limiters)
  }

  /** Lets the next in turn send; gives the session to be flushed, or null. */
  takeDue(nowMs: number): PeerSession | null {
    for (const session of this.#waiting) {
      if (!isFree(this.#parts.limiters, nowMs)) return null
      this.#waiting.delete(session)
      this.#send(nowMs, session)
      return session
    }
    return null
  }

  gone(session: PeerSession): void {
    session.ready.length = 0
    this.#waiting.delete(session)
  }

  #send(nowMs: number, session: PeerSession): void {
    let unsentBytes = session.unsentBytes
    while (session.ready.length > 0 && unsentBytes < SEND_AHEAD_BYTES) {
      if (!isFree(this.#parts.limiters, nowMs)) {
        this.#waiting.add(session)
        return
      }
      const { range, bytes } = session.ready.shift()!
      if (!session.machine.sendBlock(nowMs, range, bytes)) continue
      takeFrom(this.#parts.limiters, nowMs, bytes.length)
      unsentBytes += bytes.length
      session.sentMs = nowMs
      this.up.add(nowMs, bytes.length)
      this.#owner.emit(nowMs, { type: 'block-sent', peer: session.peer.name, ...range })
    }
  }

  /** Only who says that it is interested: a peer that is unchoked beside the slots (choker) shall not get round them. */
  #read(session: PeerSession): void {
    if (!session.machine.theyAreInterested) return
    while (session.ready.length + session.readingCount < READ_AHEAD) {
      const range = session.machine.nextRequest()
      if (range === null) return
      session.readingCount++
      this.#parts.store.read(range.piece, range.offsetBytes, range.lengthBytes, (nowMs, outcome) => {
        session.readingCount--
        if (outcome.kind === 'bytes') session.ready.push({ range, bytes: outcome.bytes })
        else {
          session.machine.rejectRequest(nowMs, range)
          this.#owner.pieceUnreadable(nowMs, range.piece, outcome.fault)
        }
        this.#owner.readyToSend(nowMs, session)
      })
    }
  }
}
