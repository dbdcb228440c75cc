/** What a PeerConnection tells its owner, and why it ends. */
import type { BlockRange, PieceIndex } from '../metainfo/geometry.ts'
import type { ConnectionEnd } from '../ports/transport.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import { formatFault, type WireFault } from '../wire/fault.ts'
import type { PeerId } from '../wire/peer-id.ts'

export type PeerConnectionEvent =
  | { readonly type: 'handshaken'; readonly peerId: PeerId }
  /** The pieces that the peer has from the start, as of then. At most once, before any `has`. */
  | { readonly type: 'has-these'; readonly pieces: Bitfield }
  /** `completes`: with it the peer has every piece. */
  | { readonly type: 'has'; readonly piece: PieceIndex; readonly completes: boolean }
  /** Requests voided by the choke: theirs to forget, ours to ask elsewhere. */
  | { readonly type: 'choked'; readonly voided: readonly BlockRange[] }
  | { readonly type: 'unchoked' }
  | { readonly type: 'interested'; readonly value: boolean }
  /** It sent nothing for too long while it owed blocks. Until it delivers it is asked for one block at a time. */
  | { readonly type: 'snubbed'; readonly voided: readonly BlockRange[] }
  | { readonly type: 'block'; readonly range: BlockRange; readonly bytes: Uint8Array; readonly asked: boolean }
  /** The last event, exactly once. */
  | { readonly type: 'closed'; readonly reason: CloseReason; readonly voided: readonly BlockRange[] }

export type CloseReason =
  | { readonly kind: 'fault'; readonly fault: WireFault }
  | { readonly kind: 'end'; readonly end: ConnectionEnd }
  | { readonly kind: 'timeout'; readonly of: 'connect' | 'handshake' | 'idle' }
  | { readonly kind: 'ours'; readonly why: OurReason }

export type OurReason = 'stopping' | 'banned' | 'not-needed'

export function formatCloseReason(reason: CloseReason): string {
  switch (reason.kind) {
    case 'fault':
      return formatFault(reason.fault)
    case 'end':
      return END_TEXT[reason.end]
    case 'timeout':
      return `${reason.of} timed out`
    case 'ours':
      return OUR_TEXT[reason.why]
  }
}

const END_TEXT: Readonly<Record<ConnectionEnd, string>> = {
  fin: 'closed by the peer',
  reset: 'reset by the peer',
  refused: 'connection refused',
  unreachable: 'unreachable',
  closed: 'closed by us',
}

const OUR_TEXT: Readonly<Record<OurReason, string>> = {
  stopping: 'we are stopping',
  banned: 'banned',
  'not-needed': 'neither of us needs anything',
}
