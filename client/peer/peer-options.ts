/** What a PeerConnection is made with, and what its owner tells it of the torrent and of us. */
import type { Geometry, PieceIndex } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import type { PeerId } from '../wire/peer-id.ts'
import type { PipelineDepth } from './pipeline.ts'

export interface PeerConnectionOptions {
  readonly infohash: InfoHash
  readonly peerId: PeerId
  readonly pipelineDepth: PipelineDepth
  /** Null: not known yet (a magnet link, BEP 9); `contentKnown` brings it. */
  readonly content: PeerContent | null
  /** What our extension handshake says (BEP 10); read each time one is sent. */
  readonly greeting: () => Greeting
}

export interface PeerContent {
  readonly geometry: Geometry
  /** The pieces we have; read when their handshake is here, kept up to date by the owner. */
  readonly ourPieces: Bitfield
  /** Pieces of ours that they may ask for while we choke (BEP 6); told after the bitfield where both speak fast. */
  readonly allowedFast: readonly PieceIndex[]
}

export interface Greeting {
  /** Null: we take no connections. */
  readonly listenPort: number | null
  /** Size of the info dictionary; null: we have none. */
  readonly metadataBytes: number | null
  /** BEP 21: we want no piece, now or later. */
  readonly uploadOnly: boolean
  /** False in a private torrent (BEP 27): then ut_pex is neither offered nor taken. */
  readonly usePex: boolean
  /** Their address as we see it, an IP literal, for `yourip`. */
  readonly remoteHost: string
}
