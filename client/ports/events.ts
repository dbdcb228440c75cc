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

export type ClientEvent = TorrentEvent | PeerEvent | BlockEvent | TrackerEvent

export type TorrentEvent =
  | {
      readonly type: 'started'
      readonly infohash: string
      readonly name: string
      readonly totalBytes: number
      readonly pieceCount: number
    }
  | { readonly type: 'verified-on-disk'; readonly pieces: number; readonly ofPieces: number }
  | { readonly type: 'piece-verified'; readonly piece: number }
  | { readonly type: 'piece-failed'; readonly piece: number; readonly peers: readonly string[] }
  | { readonly type: 'piece-stored'; readonly piece: number; readonly bytes: number; readonly piecesLeft: number }
  | { readonly type: 'storage-failed'; readonly code: StorageFault['code']; readonly detail: string }
  | { readonly type: 'endgame' }
  | { readonly type: 'no-peers'; readonly forMs: number; readonly known: number }
  | { readonly type: 'completed'; readonly bytes: number }

export type PeerEvent =
  | { readonly type: 'peer-connecting'; readonly peer: string }
  | { readonly type: 'peer-connected'; readonly peer: string; readonly incoming: boolean }
  | { readonly type: 'peer-handshaken'; readonly peer: string; readonly peerId: string }
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

export type BlockEvent =
  | {
      readonly type: 'block-requested'
      readonly peer: string
      readonly piece: number
      readonly offsetBytes: number
      readonly lengthBytes: number
      /** `first`; `again`: its earlier request was lost, or its piece failed; `endgame`: another peer still owes it. */
      readonly why: 'first' | 'again' | 'endgame'
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
