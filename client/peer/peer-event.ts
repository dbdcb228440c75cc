/** What a PeerConnection tells its owner, and why it ends. */
import type { BlockRange, PieceIndex } from '../metainfo/geometry.ts'
import type { ConnectionEnd } from '../ports/transport.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import { formatFault, type WireFault } from '../wire/fault.ts'
import type { PeerId } from '../wire/peer-id.ts'
import type { MetadataMessage } from '../wire/ut-metadata.ts'
import type { PexMessage } from '../wire/ut-pex.ts'

export type PeerConnectionEvent =
  | { readonly type: 'handshaken'; readonly peerId: PeerId }
  /** The pieces that the peer has from the start, as of then. At most once, before any `has`. */
  | { readonly type: 'has-these'; readonly pieces: Bitfield }
  /** `completes`: with it the peer has every piece. */
  | { readonly type: 'has'; readonly piece: PieceIndex; readonly completes: boolean }
  /** A piece that it had is gone (BEP 54). `wasFull`: until then it had every piece. */
  | { readonly type: 'lost'; readonly piece: PieceIndex; readonly wasFull: boolean }
  /** It would like us to ask for this piece, which it may have in its cache (BEP 6). */
  | { readonly type: 'suggested'; readonly piece: PieceIndex }
  /** Requests voided by the choke: theirs to forget, ours to ask elsewhere. */
  | { readonly type: 'choked'; readonly voided: readonly BlockRange[] }
  | { readonly type: 'unchoked' }
  | { readonly type: 'interested'; readonly value: boolean }
  /** Some of their requests wait in `nextRequest`. */
  | { readonly type: 'requests' }
  /** One of ours, voided: it will not be answered (BEP 6). */
  | { readonly type: 'rejected'; readonly range: BlockRange }
  /** It sent nothing for too long while it owed blocks. Until it delivers it is asked for one block at a time. */
  | { readonly type: 'snubbed'; readonly voided: readonly BlockRange[] }
  | { readonly type: 'block'; readonly range: BlockRange; readonly bytes: Uint8Array; readonly asked: boolean }
  /** What it says of itself and its extensions is here (BEP 10), or has changed. */
  | { readonly type: 'extended' }
  | { readonly type: 'metadata'; readonly message: MetadataMessage }
  | { readonly type: 'pex'; readonly message: PexMessage }
  /** The last event, exactly once. */
  | { readonly type: 'closed'; readonly reason: CloseReason; readonly voided: readonly BlockRange[] }

export type CloseReason =
  | { readonly kind: 'fault'; readonly fault: WireFault }
  | { readonly kind: 'end'; readonly end: ConnectionEnd }
  | { readonly kind: 'timeout'; readonly of: 'connect' | 'handshake' | 'idle' }
  | { readonly kind: 'ours'; readonly why: OurReason }

export type OurReason =
  | 'stopping'
  | 'paused'
  | 'banned'
  | 'not-needed'
  | 'too-many-peers'
  | 'duplicate'
  | 'useless'
  | 'metadata'
  | 'not-reading'

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
  paused: 'we are paused',
  banned: 'banned',
  'not-needed': 'neither of us needs anything',
  'too-many-peers': 'too many peers',
  duplicate: 'connected twice',
  useless: 'of no use for too long',
  metadata: 'sent wrong metadata',
  'not-reading': 'does not read what it asked for',
}
