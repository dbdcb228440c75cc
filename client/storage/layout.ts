/**
 * Layout: where the content of a torrent lies in its files. BEP 3 (files back to back), BEP 47 (padding files).
 *
 * A *run* is a stretch of content inside one file, padding or real; an *extent* is a run of a real file, as the storage
 * port knows them. Offsets of runs count from the start of the content, offsets of extents from the start of their file.
 */
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { Extent } from '../ports/storage.ts'

export interface ContentRun {
  readonly fileIndex: number
  readonly pad: boolean
  readonly contentOffsetBytes: number
  readonly lengthBytes: number
}

/**
 * The runs of `lengthBytes` of content from `offsetBytes` on, in order, none empty. `files` are in content order without
 * gaps, as `TorrentFile` has them; throws a RangeError when they end before the stretch does.
 */
export function contentRuns(
  files: readonly TorrentContentFile[],
  offsetBytes: number,
  lengthBytes: number,
): ContentRun[] {
  const runs: ContentRun[] = []
  const endBytes = offsetBytes + lengthBytes
  let atBytes = offsetBytes
  for (let fileIndex = firstFileEndingAfter(files, offsetBytes); atBytes < endBytes; fileIndex++) {
    const file = files[fileIndex]
    if (file === undefined) throw new RangeError(`no content at ${atBytes}`)
    const runEndBytes = Math.min(file.offsetBytes + file.lengthBytes, endBytes)
    if (runEndBytes === atBytes) continue // an empty file
    runs.push({ fileIndex, pad: file.pad, contentOffsetBytes: atBytes, lengthBytes: runEndBytes - atBytes })
    atBytes = runEndBytes
  }
  return runs
}

/** The same stretch as the storage port wants it: padding left out. */
export function contentExtents(
  files: readonly TorrentContentFile[],
  offsetBytes: number,
  lengthBytes: number,
): Extent[] {
  return realExtents(files, contentRuns(files, offsetBytes, lengthBytes))
}

export function realExtents(files: readonly TorrentContentFile[], runs: readonly ContentRun[]): Extent[] {
  return runs
    .filter((run) => !run.pad)
    .map(({ fileIndex, contentOffsetBytes, lengthBytes }) => ({
      fileIndex,
      offsetBytes: contentOffsetBytes - files[fileIndex]!.offsetBytes,
      lengthBytes,
    }))
}

/** Files end in ascending order, so this is a binary search; `files.length` when none does. */
function firstFileEndingAfter(files: readonly TorrentContentFile[], offsetBytes: number): number {
  let low = 0
  let high = files.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const file = files[middle]!
    if (file.offsetBytes + file.lengthBytes > offsetBytes) high = middle
    else low = middle + 1
  }
  return low
}
