/**
 * The one stream of what a client did. Progress display, log, timeline, trace hash and report are derived from it;
 * nothing else leaves the core to be looked at.
 *
 * `peer` is an address as `formatAddress` writes it. Bytes are payload unless a name says otherwise.
 */
import type { StorageFault } from './storage.ts'

export interface Events {
  emit(nowMs: number, event: ClientEvent): void
}

export type ClientEvent = TorrentEvent | PeerEvent | UploadEvent | BlockEvent | TrackerEvent | WebSeedEvent

export type TorrentEvent =
  /** A magnet link (BEP 9): content and name are not known before `started`. */
  | { readonly type: 'magnet-started'; readonly infohash: string; readonly name: string | null }
  | { readonly type: 'metadata-received'; readonly bytes: number; readonly peer: string }
  /** It is what the infohash promises, and no torrent that this client can download. */
  | { readonly type: 'metadata-unusable'; readonly reason: string }
  | {
      readonly type: 'started'
      readonly infohash: string
      readonly name: string
      readonly totalBytes: number
      readonly pieceCount: number
    }
  /** Of `ofPieces` so many were looked at by now; at most one a piece, and at least the last. */
  | { readonly type: 'verifying'; readonly pieces: number; readonly ofPieces: number }
  /** `trusted`: how many of them were believed to the resume state and not read. */
  | {
      readonly type: 'verified-on-disk'
      readonly pieces: number
      readonly ofPieces: number
      readonly trusted: number
    }
  /** The resume state is not of this torrent, damaged, or says what the disk does not bear out. It is not used. */
  | { readonly type: 'resume-state-rejected'; readonly reason: string }
  | { readonly type: 'resume-state-failed'; readonly detail: string }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  | { readonly type: 'piece-verified'; readonly piece: number }
  | { readonly type: 'piece-failed'; readonly piece: number; readonly peers: readonly string[] }
  | { readonly type: 'piece-stored'; readonly piece: number; readonly bytes: number; readonly piecesLeft: number }
  /** A piece that was complete cannot be read any more. */
  | { readonly type: 'piece-lost'; readonly piece: number; readonly detail: string }
  | { readonly type: 'storage-failed'; readonly code: StorageFault['code']; readonly detail: string }
  | { readonly type: 'endgame' }
  | { readonly type: 'no-peers'; readonly forMs: number; readonly known: number }
  | { readonly type: 'completed'; readonly bytes: number }

export type PeerEvent =
  | { readonly type: 'peer-connecting'; readonly peer: string }
  | { readonly type: 'peer-connected'; readonly peer: string; readonly incoming: boolean }
  | { readonly type: 'peer-handshaken'; readonly peer: string; readonly peerId: string }
  /** Its extension handshake is here (BEP 10): what it calls itself. */
  | { readonly type: 'peer-extended'; readonly peer: string; readonly client: string | null }
  | { readonly type: 'peer-exchanged'; readonly peer: string; readonly added: number; readonly dropped: number }
  | { readonly type: 'peer-has'; readonly peer: string; readonly pieces: number }
  | { readonly type: 'peer-choked'; readonly peer: string; readonly requestsVoided: number }
  | { readonly type: 'peer-unchoked'; readonly peer: string }
  | { readonly type: 'peer-snubbed'; readonly peer: string; readonly requestsReassigned: number }
  | { readonly type: 'peer-banned'; readonly peer: string; readonly reason: string }
  | {
      readonly type: 'peer-closed'
      readonly peer: string
      readonly reason: string
      /** Requests that had no answer. */
      readonly requestsLost: number
      readonly downloadedBytes: number
      /** Null: never tried again. */
      readonly retryInMs: number | null
    }

/** What we give. */
export type UploadEvent =
  | { readonly type: 'peer-interested'; readonly peer: string; readonly value: boolean }
  | { readonly type: 'we-unchoked'; readonly peer: string; readonly why: 'regular' | 'optimistic' | 'ready' }
  | { readonly type: 'we-choked'; readonly peer: string }
  | {
      readonly type: 'block-sent'
      readonly peer: string
      readonly piece: number
      readonly offsetBytes: number
      readonly lengthBytes: number
    }

export type WebSeedEvent = {
  readonly type: 'web-seed-failed'
  readonly url: string
  readonly reason: string
  readonly retryInMs: number | null
}

/** Of a web seed (BEP 19), `peer` is its URL. */
export type BlockEvent =
  | {
      readonly type: 'block-requested'
      readonly peer: string
      readonly piece: number
      readonly offsetBytes: number
      readonly lengthBytes: number
      /** `first`; `again`: its earlier request was lost, or its piece failed; `endgame`: another peer still owes it. */
      readonly why: 'first' | 'again' | 'endgame'
      /** The peer chokes, and allowed this piece all the same (BEP 6). */
      readonly whileChoked?: true
    }
  | {
      readonly type: 'block-received'
      readonly peer: string
      readonly piece: number
      readonly offsetBytes: number
      readonly lengthBytes: number
      /** Bytes that were here already, or that nobody asked for. */
      readonly wasted: boolean
    }
  /** A piece that failed before and that this peer kept too long: another begins it anew, what was here of it is dropped. */
  | { readonly type: 'piece-taken'; readonly peer: string; readonly piece: number }
  /** A request of ours that the peer refused (BEP 6). */
  | {
      readonly type: 'block-refused'
      readonly peer: string
      readonly piece: number
      readonly offsetBytes: number
      readonly lengthBytes: number
    }

export type TrackerEvent =
  | { readonly type: 'announcing'; readonly url: string; readonly announce: string }
  | {
      readonly type: 'announced'
      readonly url: string
      readonly peers: number
      readonly intervalSeconds: number
      readonly warning: string | null
    }
  | {
      readonly type: 'announce-failed'
      readonly url: string
      readonly reason: string
      /** Until the next announce to any tracker, 0 when the next one is asked at once. Null: this one is done with. */
      readonly retryInMs: number | null
    }
