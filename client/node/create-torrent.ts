/**
 * Hashing content into a .torrent (v1, BEP 3): files on disk, or synthetic content that is nowhere. One pass, with a
 * buffer of 1 MiB whatever the size.
 */
import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createTorrent, defaultPieceLengthBytes, type SpecContent, withPadding } from '../metainfo/create-torrent.ts'
import { Geometry } from '../metainfo/geometry.ts'
import { METAINFO_LIMITS } from '../metainfo/parse-torrent.ts'
import { SyntheticContent, syntheticFiles, syntheticName } from '../metainfo/synthetic-content.ts'
import { CommandError, usageError } from './command-error.ts'
import { type LocalFile, listContent } from './content-files.ts'
import { SWARMLAB_VERSION } from './version.ts'

export interface CreateOptions {
  /** Tiers of announce URLs. */
  readonly trackers: readonly (readonly string[])[]
  /** Chosen from the size when not given. */
  readonly pieceLengthBytes?: number | undefined
  readonly private?: boolean | undefined
  /** Of several files each starts a piece (BEP 47). */
  readonly pad?: boolean | undefined
  /** Seconds since 1970; without it the same content gives the same bytes. */
  readonly creationDate?: number | undefined
}

export interface CreatedTorrent {
  readonly name: string
  readonly bytes: Uint8Array
}

const CHUNK_BYTES = 1024 * 1024
const SHA1_BYTES = 20

/** Throws a CommandError that names the file, when one cannot be read, changes meanwhile or has an impossible name. */
export async function createTorrentFromPath(path: string, options: CreateOptions): Promise<CreatedTorrent> {
  const { name, kind, files } = await listContent(path)
  const pieceLengthBytes = options.pieceLengthBytes ?? defaultPieceLengthBytes(totalOf(files))
  const listed = options.pad === true ? withPadding(files, pieceLengthBytes) : files
  const totalBytes = totalOf(listed)
  const geometry = geometryFor(totalBytes, { ...options, pieceLengthBytes })
  const hashes = new PieceHashes(geometry)
  for (const file of listed) {
    if ('diskPath' in file) await hashFile(file, hashes)
    else hashPadding(file.lengthBytes, hashes)
  }
  const content: SpecContent = kind === 'single' ? { kind, lengthBytes: totalBytes } : { kind, files: listed }
  return { name, bytes: describe(name, content, geometry, hashes.finish(), options) }
}

export interface SyntheticOptions extends CreateOptions {
  readonly totalBytes: number
  readonly contentSeed: number
  /** Sizes of its files, `totalBytes` together; left out: it is one file. */
  readonly fileBytes?: readonly number[] | undefined
}

/**
 * Called `syntheticName(…)`: a single file, or a folder of those that `syntheticFiles` lists. About a second a GiB, and
 * the caller waits.
 */
export function createSyntheticTorrent(options: SyntheticOptions): CreatedTorrent {
  const { totalBytes, contentSeed, fileBytes } = options
  const name = syntheticName(totalBytes, contentSeed)
  const geometry = geometryFor(totalBytes, options)
  const hashes = new PieceHashes(geometry)
  const synthetic = new SyntheticContent(totalBytes, contentSeed)
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, totalBytes))
  for (let at = 0; at < totalBytes; at += chunk.length) {
    const part = chunk.subarray(0, totalBytes - at)
    synthetic.fill(part, at)
    hashes.update(part)
  }
  const content: SpecContent =
    fileBytes === undefined
      ? { kind: 'single', lengthBytes: totalBytes }
      : { kind: 'multi', files: syntheticFiles(totalBytes, fileBytes) }
  return { name, bytes: describe(name, content, geometry, hashes.finish(), options) }
}

function totalOf(files: readonly { readonly lengthBytes: number }[]): number {
  return files.reduce((total, file) => total + file.lengthBytes, 0)
}

function geometryFor(totalBytes: number, { pieceLengthBytes }: CreateOptions): Geometry {
  const geometry = new Geometry(totalBytes, pieceLengthBytes ?? defaultPieceLengthBytes(totalBytes))
  refuseTooLong(geometry.pieceCount * SHA1_BYTES)
  return geometry
}

function refuseTooLong(torrentBytes: number): void {
  const { bytesMax } = METAINFO_LIMITS
  if (torrentBytes <= bytesMax) return
  throw usageError(`the .torrent would have ${torrentBytes} bytes, more than the ${bytesMax} it may: use longer pieces`)
}

function describe(
  name: string,
  content: SpecContent,
  geometry: Geometry,
  pieceHashes: Uint8Array,
  options: CreateOptions,
): Uint8Array {
  const bytes = createTorrent({
    name,
    content,
    pieceLengthBytes: geometry.pieceLengthBytes,
    pieceHashes,
    trackers: options.trackers,
    private: options.private ?? false,
    createdBy: SWARMLAB_VERSION,
    ...(options.creationDate === undefined ? {} : { creationDate: options.creationDate }),
  })
  refuseTooLong(bytes.length)
  return bytes
}

async function hashFile({ diskPath, lengthBytes }: LocalFile, hashes: PieceHashes): Promise<void> {
  const file = await open(diskPath)
  try {
    const chunk = new Uint8Array(CHUNK_BYTES)
    let left = lengthBytes
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length)
      left -= bytesRead
      if (left < 0 || (bytesRead === 0 && left > 0)) throw new CommandError(`${diskPath}: changed while it was read`, 1)
      if (bytesRead === 0) return
      hashes.update(chunk.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

function hashPadding(lengthBytes: number, hashes: PieceHashes): void {
  const zeros = new Uint8Array(Math.min(CHUNK_BYTES, lengthBytes))
  for (let left = lengthBytes; left > 0; left -= zeros.length) hashes.update(zeros.subarray(0, left))
}

/** Content comes in order, in any portions; the SHA-1 of each piece comes out. */
class PieceHashes {
  readonly #geometry: Geometry
  readonly #hashes: Uint8Array
  #hash: Hash = createHash('sha1')
  #piecesDone = 0
  #bytesInPiece = 0

  constructor(geometry: Geometry) {
    this.#geometry = geometry
    this.#hashes = new Uint8Array(geometry.pieceCount * SHA1_BYTES)
  }

  update(bytes: Uint8Array): void {
    const { pieceLengthBytes } = this.#geometry
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceLengthBytes - this.#bytesInPiece)
      this.#hash.update(part)
      this.#bytesInPiece += part.length
      at += part.length
      if (this.#bytesInPiece === pieceLengthBytes) this.#endPiece()
    }
  }

  finish(): Uint8Array {
    if (this.#bytesInPiece > 0) this.#endPiece()
    return this.#hashes
  }

  #endPiece(): void {
    this.#hashes.set(this.#hash.digest(), this.#piecesDone * SHA1_BYTES)
    this.#piecesDone += 1
    this.#bytesInPiece = 0
    this.#hash = createHash('sha1')
  }
}
