/**
 * How a scripted peer conducts itself towards everybody: an honest peer of BEP 3 that has everything, until behaviours
 * change it. What holds for one connection only is in its Session.
 */
import type { PeerAddress } from '../client/ports/transport.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import { encodeHandshake, type Handshake } from '../client/wire/handshake.ts'
import type { WireRange } from '../client/wire/messages.ts'
import type { MetadataMessage } from '../client/wire/ut-metadata.ts'
import type { Pace } from './outlet.ts'

/** Blocks asked for and not sent yet; more are ignored, as libtorrent does past its reqq. */
export const REQUESTS_QUEUED_MAX = 2_000

export interface Conduct {
  /** Sends blocks, or holds every one back. */
  isServing: boolean
  /** Chokes everybody, or nobody who is interested. */
  isChoking: boolean
  /** What it has, and serves. */
  pieces: Bitfield
  /** What it shows instead of what it has. */
  claimed: Bitfield | null
  /** What becomes of a request that it could serve; null: it is served. */
  denies: (request: WireRange) => Denial | null
  /** BEP 6, with those who speak it too. */
  speaksFast: boolean
  /** Pieces that it serves while it chokes; it tells them where fast is spoken. */
  allowedFastCount: number
  suggested: readonly number[]
  /** BEP 10, with those who speak it too; null: not spoken. */
  extensions: ExtensionConduct | null
  /** Its handshake; theirs is null where it dialled and speaks first. */
  greet: (honest: Handshake, theirs: Handshake | null) => Greeting
  /** It downloads too. */
  leech: LeechConduct | null
}

export type Denial = 'ignore' | 'reject'

export interface Greeting {
  readonly bytes: Uint8Array
  /** Null: in one go. */
  readonly pace: Pace | null
  /** Says and hears nothing after it, and stays. */
  readonly thenSilent: boolean
}

export interface ExtensionConduct {
  /** BEP 9; null: it has none to give. */
  metadata: MetadataSource | null
  /** BEP 11: told once, to whoever takes it; null: not spoken. */
  pex: readonly PeerAddress[] | null
  /** BEP 21. */
  uploadOnly: boolean
  /** Told as `reqq`. */
  requestQueueMax: number
}

export interface MetadataSource {
  readonly announcedBytes: number
  /** Null: no answer. */
  answer(piece: number): MetadataMessage | null
}

export interface LeechConduct {
  /** Requests outstanding at each connection. */
  readonly depth: number
  /** A piece that is whole and right it has from then on, tells and serves; else it is asked for again and again. */
  readonly keep: boolean
}

export function honestConduct(pieceCount: number): Conduct {
  return {
    isServing: true,
    isChoking: false,
    pieces: Bitfield.full(pieceCount),
    claimed: null,
    denies: () => null,
    speaksFast: false,
    allowedFastCount: 0,
    suggested: [],
    extensions: null,
    greet: (honest) => ({ bytes: encodeHandshake(honest), pace: null, thenSilent: false }),
    leech: null,
  }
}
