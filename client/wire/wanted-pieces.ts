/** The pieces that hold a byte of the selected files. BEP 53. */
import type { FileSelection } from '../metainfo/file-selection.ts'
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { Bitfield } from './bitfield.ts'

/** Padding is not wanted for itself. Files that the torrent does not have count for nothing. */
export function wantedPieces({ geometry, files }: TorrentFile, { ranges }: FileSelection): Bitfield {
  const wanted = new Bitfield(geometry.pieceCount)
  for (const { first, last } of ranges) {
    for (const { offsetBytes, lengthBytes, pad } of files.slice(first, last + 1)) {
      if (pad || lengthBytes === 0) continue
      const from = Math.floor(offsetBytes / geometry.pieceLengthBytes)
      const to = Math.floor((offsetBytes + lengthBytes - 1) / geometry.pieceLengthBytes)
      for (let piece = from; piece <= to; piece++) wanted.set(piece as PieceIndex)
    }
  }
  return wanted
}
