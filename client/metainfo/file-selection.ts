/**
 * Which files of a torrent are wanted, as `so=` of a magnet link and `--files` say it: `0,2,4-6`, both ends of a range
 * included. BEP 53. Files count from 0 as the torrent lists them, padding files included.
 *
 * A range costs nothing by its length; limits are those of the text.
 */
import type { MetainfoFault } from './metainfo-fault.ts'

export interface FileSelection {
  readonly kind: 'files'
  /** Ascending, apart from each other, not empty. */
  readonly ranges: readonly FileRange[]
}

export interface FileRange {
  readonly first: number
  readonly last: number
}

/** More than fit into a .torrent. */
export const FILE_INDEX_MAX = 9_999_999
const RANGES_MAX = 10_000

/** `at` names where the text stood. */
export function parseFileSelection(text: string, at = ''): FileSelection | MetainfoFault {
  const parts = text.split(',', RANGES_MAX + 1)
  if (parts.length > RANGES_MAX) return fault('too-many', at, `at most ${RANGES_MAX} ranges of files`, 'more')
  const ranges: FileRange[] = []
  for (const part of parts) {
    const range = parseRange(part)
    if (range === null) {
      return fault('out-of-range', at, `file numbers from 0 to ${FILE_INDEX_MAX}, as 0,2,4-6`, shown(part))
    }
    ranges.push(range)
  }
  return { kind: 'files', ranges: merged(ranges) }
}

export function formatFileSelection({ ranges }: FileSelection): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

export function isSelected({ ranges }: FileSelection, fileIndex: number): boolean {
  return ranges.some(({ first, last }) => fileIndex >= first && fileIndex <= last)
}

/** The highest file that is named: the torrent may not have it. */
export function lastSelected({ ranges }: FileSelection): number {
  return ranges.at(-1)?.last ?? 0
}

function parseRange(text: string): FileRange | null {
  const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(text)
  if (match === null) return null
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  return first <= last ? { first, last } : null
}

function merged(ranges: readonly FileRange[]): FileRange[] {
  const apart: FileRange[] = []
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = apart.at(-1)
    if (before === undefined || range.first > before.last + 1) apart.push(range)
    else apart[apart.length - 1] = { first: before.first, last: Math.max(before.last, range.last) }
  }
  return apart
}

function fault(code: MetainfoFault['code'], at: string, expected: string, received: string): MetainfoFault {
  return { kind: 'fault', code, at, expected, received }
}

const SHOWN_LENGTH_MAX = 40

function shown(part: string): string {
  return JSON.stringify(part.length > SHOWN_LENGTH_MAX ? `${part.slice(0, SHOWN_LENGTH_MAX)}…` : part)
}
