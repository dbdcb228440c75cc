/**
 * What the parts of a session (serving, leeching, extensions) see: the peer that it belongs to, and its line to the other
 * end.
 */
import type { Geometry, PieceIndex } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import type { Message, WireRange } from '../client/wire/messages.ts'
import type { Conduct } from './conduct.ts'

export interface PartOwner {
  readonly infohash: InfoHash
  readonly geometry: Geometry
  readonly listenPort: number
  readonly conduct: Conduct
  readonly leechCounts: LeechCounts
  /** Handed to the transport ahead of the link; small, so that a choke or a cancel still reaches what is queued. */
  readonly sendAheadBytes: number
  /** Its message, with the bytes of the content. */
  block(range: WireRange): Message & { type: 'piece' }
  /** A piece that it leeched is whole. */
  gained(piece: PieceIndex): void
}

/** Of all connections together. Times are in the clock's ms. */
export interface LeechCounts {
  /** Payload of blocks it had asked for. */
  downloadedBytes: number
  wrongBlocks: number
  /** Blocks that it had not asked for, or no longer. */
  unsolicitedBlocks: number
  rejectedRequests: number
  readonly unchokedMs: number[]
  readonly chokedMs: number[]
}

export interface Line {
  readonly remote: PeerAddress
  readonly isOpen: boolean
  /** Both speak it. */
  readonly usesFast: boolean
  readonly usesExtensions: boolean
  readonly unsentBytes: number
  /** As behaviours have it. */
  send(message: Message): void
}
