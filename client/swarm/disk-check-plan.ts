/**
 * Before anything is read: which pieces can be on the disk at all, by the sizes of the files, and which of them a resume
 * state lets us believe in. A piece is in exactly one of the five lists.
 *
 * - *absent*: a file it touches is too short to have it. Not read.
 * - *broken promises*: absent, though the state claims it.
 * - *believed*: claimed, and every file it touches has the size and time of the state.
 * - *believed missing*: not claimed, the same otherwise: nobody has written there since.
 * - *unsure*: there may be anything: no state, or a file has changed since.
 */
import type { Geometry, PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { FileStat } from '../ports/storage.ts'
import type { ResumeState } from '../storage/resume-state.ts'

export interface DiskPlan {
  readonly absentCount: number
  /** `isLie`: the files are as the state has them, so it was wrong when it was written. */
  readonly brokenPromises: readonly { readonly piece: PieceIndex; readonly isLie: boolean }[]
  readonly believed: readonly PieceIndex[]
  readonly believedMissing: readonly PieceIndex[]
  readonly unsure: readonly PieceIndex[]
}

export interface CheckedContent {
  readonly geometry: Geometry
  readonly files: readonly TorrentContentFile[]
}

/** `found` and `state` are of this content: as many files, as many pieces. */
export function planDiskCheck(
  content: CheckedContent,
  found: readonly FileStat[],
  state: Pick<ResumeState, 'complete' | 'files'> | null,
): DiskPlan {
  const { pieceCount } = content.geometry
  const isAbsent = new Uint8Array(pieceCount)
  const hasChanged = new Uint8Array(pieceCount)
  for (const [index, { lengthBytes, offsetBytes, pad }] of content.files.entries()) {
    if (pad) continue
    const now = found[index]!
    const endBytes = offsetBytes + lengthBytes
    mark(isAbsent, content.geometry, offsetBytes + now.lengthBytes, endBytes)
    const before = state?.files[index]
    const isSame = before?.lengthBytes === now.lengthBytes && before.modifiedMs === now.modifiedMs
    if (!isSame) mark(hasChanged, content.geometry, offsetBytes, endBytes)
  }
  const plan = { absentCount: 0, brokenPromises: [], believed: [], believedMissing: [], unsure: [] } as Mutable
  for (let piece = 0 as PieceIndex; piece < pieceCount; piece++) {
    const isClaimed = state?.complete.has(piece) === true
    if (isAbsent[piece] === 1) {
      if (isClaimed) plan.brokenPromises.push({ piece, isLie: hasChanged[piece] === 0 })
      else plan.absentCount++
    } else if (state === null || hasChanged[piece] === 1) plan.unsure.push(piece)
    else (isClaimed ? plan.believed : plan.believedMissing).push(piece)
  }
  return plan
}

interface Mutable {
  absentCount: number
  brokenPromises: { piece: PieceIndex; isLie: boolean }[]
  believed: PieceIndex[]
  believedMissing: PieceIndex[]
  unsure: PieceIndex[]
}

/** Every piece that has a byte in this stretch of content. */
function mark(marks: Uint8Array, { pieceLengthBytes }: Geometry, fromBytes: number, endBytes: number): void {
  if (fromBytes >= endBytes) return
  marks.fill(1, Math.floor(fromBytes / pieceLengthBytes), Math.floor((endBytes - 1) / pieceLengthBytes) + 1)
}
