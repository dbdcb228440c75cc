/**
 * Geometry of a torrent: content is cut into pieces (hashed), pieces into blocks (requested). BEP 3.
 *
 * Units: a *length* and an *offset* are bytes, an *index* is 0-based, a *count* is how many. The last piece and the
 * last block of a piece may be short. A block's offset counts from the start of its piece.
 */
export const BLOCK_BYTES = 16_384

export type PieceIndex = number & { readonly __brand: 'PieceIndex' }

export interface BlockRange {
  readonly piece: PieceIndex
  readonly offsetBytes: number
  readonly lengthBytes: number
}

export class Geometry {
  readonly totalBytes: number
  readonly pieceLengthBytes: number
  readonly pieceCount: number
  /** Blocks of every piece but perhaps the last. */
  readonly blocksPerPiece: number

  /** Both are positive safe integers; total may be 0, and then there is no piece. */
  constructor(totalBytes: number, pieceLengthBytes: number) {
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 0) throw new RangeError(`totalBytes ${totalBytes}`)
    if (!Number.isSafeInteger(pieceLengthBytes) || pieceLengthBytes < 1) {
      throw new RangeError(`pieceLengthBytes ${pieceLengthBytes}`)
    }
    this.totalBytes = totalBytes
    this.pieceLengthBytes = pieceLengthBytes
    this.pieceCount = Math.ceil(totalBytes / pieceLengthBytes)
    this.blocksPerPiece = Math.ceil(pieceLengthBytes / BLOCK_BYTES)
  }

  /** The one place where a number becomes a PieceIndex; null when the torrent has no such piece. */
  pieceIndex(value: number): PieceIndex | null {
    return Number.isInteger(value) && value >= 0 && value < this.pieceCount ? (value as PieceIndex) : null
  }

  pieceOffsetBytes(piece: PieceIndex): number {
    return piece * this.pieceLengthBytes
  }

  pieceBytes(piece: PieceIndex): number {
    return Math.min(this.pieceLengthBytes, this.totalBytes - piece * this.pieceLengthBytes)
  }

  blockCount(piece: PieceIndex): number {
    return Math.ceil(this.pieceBytes(piece) / BLOCK_BYTES)
  }

  /** Bytes of block `blockIndex` of `piece`. */
  blockBytes(piece: PieceIndex, blockIndex: number): number {
    return Math.min(BLOCK_BYTES, this.pieceBytes(piece) - blockIndex * BLOCK_BYTES)
  }

  block(piece: PieceIndex, blockIndex: number): BlockRange {
    return { piece, offsetBytes: blockIndex * BLOCK_BYTES, lengthBytes: this.blockBytes(piece, blockIndex) }
  }

  /** The index of the block that has exactly this offset and length, or null: blocks are never cut otherwise. */
  blockIndexAt(piece: PieceIndex, offsetBytes: number, lengthBytes: number): number | null {
    const blockIndex = offsetBytes / BLOCK_BYTES
    if (!Number.isInteger(blockIndex) || blockIndex < 0 || blockIndex >= this.blockCount(piece)) return null
    return this.blockBytes(piece, blockIndex) === lengthBytes ? blockIndex : null
  }
}
