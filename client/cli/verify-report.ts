/**
 * What a check of content on disk came to, file by file. Pure.
 *
 * A piece is *bad* when it is missing or wrong. It is put down to the files that are too short to have it; only where
 * none is, to all that it touches. A file that merely shares a piece with a short one is *unsure*: those bytes of it
 * cannot be verified alone.
 */
import { printable } from '../metainfo/printable.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { FileStat, StorageFault } from '../ports/storage.ts'
import { contentRuns } from '../storage/layout.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import { size } from './progress.ts'

export interface VerifyReport {
  readonly name: string
  readonly pieceCount: number
  readonly badPieces: number
  /** No file is there. */
  readonly foundNothing: boolean
  /** Padding left out. */
  readonly files: readonly FileReport[]
  readonly fault: StorageFault | null
}

export interface FileReport {
  /** From the torrent's name on. */
  readonly path: string
  readonly lengthBytes: number
  readonly foundBytes: number
  /** Those it has a byte of. */
  readonly pieces: number
  readonly badPieces: number
  readonly state: 'complete' | 'missing' | 'short' | 'long' | 'wrong' | 'unsure'
}

export interface CheckedFiles {
  readonly complete: Bitfield
  readonly found: readonly FileStat[]
  readonly fault: StorageFault | null
}

export function makeReport(torrent: TorrentFile, { complete, found, fault }: CheckedFiles): VerifyReport {
  const { name, geometry, files } = torrent
  const bad = new Array<number>(files.length).fill(0)
  const guilty = new Array<number>(files.length).fill(0)
  for (let index = 0; index < geometry.pieceCount; index++) {
    const piece = geometry.pieceIndex(index)!
    if (complete.has(piece)) continue
    const runs = contentRuns(files, geometry.pieceOffsetBytes(piece), geometry.pieceBytes(piece))
    const real = runs.filter((run) => !run.pad)
    const short = real.filter(({ fileIndex, contentOffsetBytes, lengthBytes }) => {
      const endBytes = contentOffsetBytes + lengthBytes - files[fileIndex]!.offsetBytes
      return found[fileIndex]!.lengthBytes < endBytes
    })
    for (const { fileIndex } of real) bad[fileIndex]!++
    for (const { fileIndex } of short.length > 0 ? short : real) guilty[fileIndex]!++
  }
  const reports = files.map((file, index): FileReport => {
    const foundBytes = found[index]!.lengthBytes
    const badPieces = bad[index]!
    const { lengthBytes } = file
    return {
      path: file.path.join('/'),
      lengthBytes,
      foundBytes,
      pieces: piecesOf(file, geometry.pieceLengthBytes),
      badPieces,
      state: stateOf({ lengthBytes, foundBytes, badPieces, guiltyPieces: guilty[index]! }),
    }
  })
  return {
    name,
    pieceCount: geometry.pieceCount,
    badPieces: geometry.pieceCount - complete.setCount,
    foundNothing: found.every(({ lengthBytes }) => lengthBytes === 0),
    files: reports.filter((_, index) => !files[index]!.pad),
    fault,
  }
}

/** Every piece is right, and no file has more than its bytes. */
export function isComplete({ badPieces, files }: VerifyReport): boolean {
  return badPieces === 0 && files.every(({ state }) => state === 'complete')
}

/** A line for each file that is not complete, and one for the others. */
export function reportLines({ files }: VerifyReport): string[] {
  const bad = files.filter(({ state }) => state !== 'complete')
  const good = files.length - bad.length
  return [
    ...bad.map((file) => `  ${printable(file.path)}: ${fileProblem(file)}`),
    ...(good > 0 && bad.length > 0 ? [`  ${good === 1 ? '1 file is' : `${good} files are`} complete`] : []),
  ]
}

const FILES_NAMED_MAX = 5

/** In one line, of a report that is not complete. */
export function problemLine(report: VerifyReport, folder: string): string {
  const { name, badPieces, pieceCount, files, fault } = report
  if (report.foundNothing && badPieces > 0) return `${name}: nothing of it is in ${folder}`
  const own = files.filter(({ state }) => state !== 'complete' && state !== 'unsure')
  const named = own.slice(0, FILES_NAMED_MAX).map(({ path }) => path)
  const more = own.length > named.length ? ` and ${own.length - named.length} more` : ''
  const list = `${named.join(', ')}${more}`
  if (badPieces === 0) return `${name}: longer than in the torrent: ${list}`
  const why = fault === null || fault.code === 'short' || fault.code === 'missing' ? '' : ` (${fault.detail})`
  return `${name}: ${badPieces} of ${pieceCount} pieces are missing or wrong: ${list}${why}`
}

function fileProblem({ state, lengthBytes, foundBytes, pieces, badPieces }: FileReport): string {
  const bad = `${badPieces} of ${pieces} pieces`
  switch (state) {
    case 'missing':
      return 'missing'
    case 'short':
      return `${bad} are missing or wrong; it has ${size(foundBytes)} of ${size(lengthBytes)}`
    case 'long':
      return `${badPieces > 0 ? `${bad} are wrong; ` : ''}it has ${foundBytes} bytes, the torrent's has ${lengthBytes}`
    case 'unsure':
      return `${bad} cannot be verified without the files beside it`
    default:
      return `${bad} are wrong`
  }
}

interface FileFacts {
  readonly lengthBytes: number
  readonly foundBytes: number
  readonly badPieces: number
  /** Bad ones that no other file is to blame for. */
  readonly guiltyPieces: number
}

function stateOf({ lengthBytes, foundBytes, badPieces, guiltyPieces }: FileFacts): FileReport['state'] {
  if (foundBytes > lengthBytes) return 'long'
  if (foundBytes < lengthBytes) return foundBytes === 0 ? 'missing' : 'short'
  if (guiltyPieces > 0) return 'wrong'
  return badPieces > 0 ? 'unsure' : 'complete'
}

function piecesOf({ offsetBytes, lengthBytes }: TorrentFile['files'][number], pieceLengthBytes: number): number {
  if (lengthBytes === 0) return 0
  const last = Math.floor((offsetBytes + lengthBytes - 1) / pieceLengthBytes)
  return last - Math.floor(offsetBytes / pieceLengthBytes) + 1
}
