/**
 * PieceStore: pieces in, blocks out, over the storage port. BEP 3, and BEP 47: padding is part of a piece, but of no
 * file: it is cut out when a piece is written, and read as zeros.
 *
 * Verification is not done here: what is written was verified before, what is read may be anything.
 */
import type { Geometry, PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { ReadOutcome, Storage, StorageFault } from '../ports/storage.ts'
import { type ContentRun, contentRuns, realExtents } from './layout.ts'
import { splitParts } from './parts.ts'

export interface StoredContent {
  readonly geometry: Geometry
  readonly files: readonly TorrentContentFile[]
}

export class PieceStore {
  readonly #storage: Pick<Storage, 'read' | 'write'>
  readonly #content: StoredContent

  constructor(storage: Pick<Storage, 'read' | 'write'>, content: StoredContent) {
    this.#storage = storage
    this.#content = content
  }

  /** `parts`, joined, are the whole piece, else a RangeError is thrown; they must not change until `done`. */
  write(
    piece: PieceIndex,
    parts: readonly Uint8Array[],
    done: (nowMs: number, fault: StorageFault | null) => void,
  ): void {
    const { geometry, files } = this.#content
    const lengthBytes = geometry.pieceBytes(piece)
    const partBytes = parts.reduce((sum, part) => sum + part.length, 0)
    if (partBytes !== lengthBytes) throw new RangeError(`piece ${piece} has ${lengthBytes} bytes, not ${partBytes}`)
    const runs = contentRuns(files, geometry.pieceOffsetBytes(piece), lengthBytes)
    this.#storage.write(realExtents(files, runs), withoutPads(runs, parts), done)
  }

  /** Bytes of one piece, of any part of it: throws a RangeError beyond its end. The receiver owns what it gets. */
  read(
    piece: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
    done: (nowMs: number, outcome: ReadOutcome) => void,
  ): void {
    const { geometry, files } = this.#content
    if (!(offsetBytes >= 0 && lengthBytes >= 0 && offsetBytes + lengthBytes <= geometry.pieceBytes(piece))) {
      throw new RangeError(`piece ${piece} has no ${lengthBytes} bytes at ${offsetBytes}`)
    }
    const runs = contentRuns(files, geometry.pieceOffsetBytes(piece) + offsetBytes, lengthBytes)
    this.#storage.read(realExtents(files, runs), (nowMs, outcome) => {
      if (outcome.kind === 'bytes') done(nowMs, { kind: 'bytes', bytes: withPads(runs, outcome.bytes, lengthBytes) })
      else done(nowMs, outcome)
    })
  }
}

/** Views on the bytes of `parts` that belong to real files. `runs` and `parts` cover the same stretch. */
function withoutPads(runs: readonly ContentRun[], parts: readonly Uint8Array[]): readonly Uint8Array[] {
  if (!runs.some((run) => run.pad)) return parts
  const byRun = splitParts(
    parts,
    runs.map((run) => run.lengthBytes),
  )
  return byRun.filter((_, index) => !runs[index]!.pad).flat()
}

/** `bytes` of the real runs, with zeros where padding runs are. */
function withPads(runs: readonly ContentRun[], bytes: Uint8Array, lengthBytes: number): Uint8Array {
  if (bytes.length === lengthBytes) return bytes
  const padded = new Uint8Array(lengthBytes)
  let fromBytes = 0
  let toBytes = 0
  for (const run of runs) {
    if (!run.pad) {
      padded.set(bytes.subarray(fromBytes, fromBytes + run.lengthBytes), toBytes)
      fromBytes += run.lengthBytes
    }
    toBytes += run.lengthBytes
  }
  return padded
}
