/** `--files`, and `so=` of a magnet link (BEP 53): which files of a torrent are downloaded. */
import { type FileSelection, lastSelected, parseFileSelection } from '../metainfo/file-selection.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { usageError } from '../node/command-error.ts'

/** `coerce` of the option. */
export function parseFiles(text: string): FileSelection {
  const selection = parseFileSelection(text)
  if (selection.kind === 'files') return selection
  throw new Error(`wants ${selection.expected}, not ${selection.received}`)
}

/** Throws a usage error where the torrent does not have a file that is asked for. */
export function refuseMissingFiles({ name, files }: TorrentFile, selection: FileSelection | null): void {
  if (selection === null) return
  const last = lastSelected(selection)
  if (last < files.length) return
  const has = files.length === 1 ? '1 file, number 0' : `${files.length} files, numbered from 0 (\`show\` lists them)`
  throw usageError(`there is no file ${last}: "${name}" has ${has}`)
}
