/** The bytes of a v1 .torrent from what it is to say. BEP 3, 12 (tiers), 19 (web seeds), 27 (private), 47 (padding). */
import { encode } from '../bencode/encode.ts'
import { paddingPath } from './file-list.ts'
import { BLOCK_BYTES } from './geometry.ts'

export interface TorrentSpec {
  readonly name: string
  readonly content: SpecContent
  readonly pieceLengthBytes: number
  /** 20 bytes a piece, in order. */
  readonly pieceHashes: Uint8Array
  readonly trackers: readonly (readonly string[])[]
  readonly webSeeds?: readonly string[]
  readonly private?: boolean
  readonly comment?: string
  readonly createdBy?: string
  /** Seconds since 1970. Without it, the same input gives the same bytes. */
  readonly creationDate?: number
}

/** `single`: the name is the file. `multi`: the name is the folder, and paths start below it. */
export type SpecContent =
  | { readonly kind: 'single'; readonly lengthBytes: number }
  | { readonly kind: 'multi'; readonly files: readonly SpecFile[] }

export interface SpecFile {
  readonly path: readonly string[]
  readonly lengthBytes: number
  /** A padding file: all zeros in the piece hashes. */
  readonly pad?: boolean
}

export function createTorrent(spec: TorrentSpec): Uint8Array {
  const { trackers, webSeeds = [] } = spec
  const urls = trackers.flat()
  return encode({
    announce: urls[0],
    'announce-list': urls.length > 1 ? trackers : undefined,
    comment: spec.comment,
    'created by': spec.createdBy,
    'creation date': spec.creationDate,
    info: {
      ...contentKeys(spec.content),
      name: spec.name,
      'piece length': spec.pieceLengthBytes,
      pieces: spec.pieceHashes,
      private: spec.private === true ? 1 : undefined,
    },
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
  })
}

function contentKeys(content: SpecContent) {
  if (content.kind === 'single') return { length: content.lengthBytes }
  return {
    files: content.files.map(({ path, lengthBytes, pad }) => {
      return { attr: pad === true ? 'p' : undefined, length: lengthBytes, path }
    }),
  }
}

/** With padding between the files, so that each of them starts a piece. */
export function withPadding<File extends SpecFile>(
  files: readonly File[],
  pieceLengthBytes: number,
): (File | SpecFile)[] {
  return files.flatMap((file, index) => {
    const lengthBytes = (pieceLengthBytes - (file.lengthBytes % pieceLengthBytes)) % pieceLengthBytes
    const isLast = index === files.length - 1
    return lengthBytes === 0 || isLast ? [file] : [file, { path: paddingPath(lengthBytes), lengthBytes, pad: true }]
  })
}

const PIECE_LENGTH_BYTES_DEFAULT_MIN = BLOCK_BYTES
const PIECE_LENGTH_BYTES_DEFAULT_MAX = 1024 * BLOCK_BYTES
/** A hash for each thousandth or so: .torrents of 20 to 40 kB, and what a bad piece costs stays small. */
const PIECES_DEFAULT_MAX = 2000

/** The smallest power of two, from 16 KiB to 16 MiB, that gives at most 2000 pieces, if one does. */
export function defaultPieceLengthBytes(totalBytes: number): number {
  let lengthBytes = PIECE_LENGTH_BYTES_DEFAULT_MIN
  while (lengthBytes < PIECE_LENGTH_BYTES_DEFAULT_MAX && totalBytes > lengthBytes * PIECES_DEFAULT_MAX) lengthBytes *= 2
  return lengthBytes
}
