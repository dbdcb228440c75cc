/** What a thread of ./files-verifier.ts runs. It has nothing else to do, so it reads synchronously. */
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { workerData } from 'piscina'
import { Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { Verdict } from '../ports/piece-verifier.ts'
import type { StorageFault } from '../ports/storage.ts'
import { contentRuns } from '../storage/layout.ts'
import { faultOf, forReading, StorageError } from './files-faults.ts'

export interface VerifierContent {
  readonly files: readonly TorrentContentFile[]
  /** One for each file. */
  readonly paths: readonly string[]
  readonly pieceHashes: Uint8Array
  readonly totalBytes: number
  readonly pieceLengthBytes: number
}

const content = workerData as VerifierContent
const geometry = new Geometry(content.totalBytes, content.pieceLengthBytes)

/** It fits into a core's cache. */
const chunk = new Uint8Array(256 * 1024)
/** Padding (BEP 47). */
const zeros = new Uint8Array(chunk.length)

const OPEN_FILES_MAX = 32
/** File descriptors by the index of their file, in order of last use. */
const openFiles = new Map<number, number>()

export function verifyPieces(pieces: readonly PieceIndex[]): Verdict {
  let fault: StorageFault | null = null
  const matches = pieces.map((piece) => {
    try {
      return matchesHash(piece)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      fault ??= forReading(error.fault)
      return false
    }
  })
  return { matches, fault }
}

function matchesHash(piece: PieceIndex): boolean {
  const hash = createHash('sha1')
  for (const run of contentRuns(content.files, geometry.pieceOffsetBytes(piece), geometry.pieceBytes(piece))) {
    const inFileBytes = run.contentOffsetBytes - content.files[run.fileIndex]!.offsetBytes
    for (let at = 0; at < run.lengthBytes; ) {
      const wantedBytes = Math.min(chunk.length, run.lengthBytes - at)
      const bytes = run.pad ? zeros.subarray(0, wantedBytes) : read(run.fileIndex, inFileBytes + at, wantedBytes)
      hash.update(bytes)
      at += bytes.length
    }
  }
  return hash.digest().equals(content.pieceHashes.subarray(piece * 20, piece * 20 + 20))
}

/** At least a byte, at most so many; valid until the next call. Throws a StorageError. */
function read(fileIndex: number, offsetBytes: number, lengthBytesMax: number): Uint8Array {
  const path = content.paths[fileIndex]!
  let gotBytes = 0
  try {
    gotBytes = readSync(descriptorOf(fileIndex, path), chunk, 0, lengthBytesMax, offsetBytes)
  } catch (error) {
    throw new StorageError(faultOf(error, path))
  }
  if (gotBytes > 0) return chunk.subarray(0, gotBytes)
  throw new StorageError({ code: 'short', detail: `${path}: ends before ${offsetBytes + lengthBytesMax} bytes` })
}

function descriptorOf(fileIndex: number, path: string): number {
  const descriptor = openFiles.get(fileIndex) ?? openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  openFiles.delete(fileIndex)
  openFiles.set(fileIndex, descriptor)
  const [oldest] = openFiles
  if (openFiles.size > OPEN_FILES_MAX && oldest !== undefined) {
    openFiles.delete(oldest[0])
    closeSync(oldest[1])
  }
  return descriptor
}
