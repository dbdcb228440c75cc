/** TorrentFile: what a .torrent says, checked once; past this nobody checks again. BEP 3, 12, 19, 27, 47, 52. */
import type { Geometry } from './geometry.ts'
import type { InfoHash } from './infohash.ts'

export interface TorrentFile {
  /** Sanitised: a file or folder name that is safe to make, and to print. */
  readonly name: string
  /** Null when the torrent is v2-only (BEP 52), which this client shows but does not download. */
  readonly infohashV1: InfoHash | null
  /** 64 lower-case hex digits. */
  readonly infohashV2: string | null
  /** The bencoded `info` as it stood, which the infohash is over: what peers are given by BEP 9. A view on the .torrent. */
  readonly infoBytes: Uint8Array
  readonly geometry: Geometry
  /** 20 bytes a piece, in order; empty when v2-only. */
  readonly pieceHashes: Uint8Array
  readonly private: boolean
  /** Tiers of announce URLs (BEP 12); a lone `announce` is one tier of one. */
  readonly trackers: readonly (readonly string[])[]
  readonly webSeeds: readonly string[]
  readonly comment: string | null
  readonly createdBy: string | null
  /** Seconds since 1970. */
  readonly creationDate: number | null
  readonly files: readonly TorrentContentFile[]
}

export interface TorrentContentFile {
  /** Sanitised, from the torrent's name on: ['multi', 'sub', 'b.bin']; a single file has one segment. */
  readonly path: readonly string[]
  readonly lengthBytes: number
  /** Where the file starts in the content. */
  readonly offsetBytes: number
  /** A padding file (BEP 47): part of the content, all zeros, never written. */
  readonly pad: boolean
}
