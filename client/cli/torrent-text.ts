/** A torrent for people, as lines, and for programs, as one object. */
import prettyBytes from 'pretty-bytes'
import type { Irregularity } from '../bencode/decode.ts'
import { printable } from '../metainfo/printable.ts'
import type { TorrentContentFile, TorrentFile } from '../metainfo/torrent-file.ts'

/** The fields of `show --json`, which programs rely on. */
export function torrentAsJson(torrent: TorrentFile) {
  const { name, infohashV1, infohashV2, geometry, trackers, webSeeds, comment, createdBy, creationDate } = torrent
  const { pieceLengthBytes, pieceCount, totalBytes } = geometry
  return {
    name,
    infohashV1,
    infohashV2,
    pieceLengthBytes,
    pieceCount,
    totalBytes,
    private: torrent.private,
    trackers,
    webSeeds,
    comment,
    createdBy,
    creationDate,
    files: torrent.files.map(({ path, lengthBytes, pad }) => ({
      path: path.join('/'),
      lengthBytes,
      ...(pad ? { pad } : {}),
    })),
  }
}

export function torrentAsText(torrent: TorrentFile, irregularities: readonly Irregularity[]): string {
  const { geometry } = torrent
  const { totalBytes, pieceCount } = geometry
  const pieces = `${pieceCount} ${pieceCount === 1 ? 'piece' : 'pieces'} of ${size(geometry.pieceLengthBytes)}`
  const rows: [string, string | null][] = [
    ['infohash v1', torrent.infohashV1],
    ['infohash v2', torrent.infohashV2],
    ['size', `${size(totalBytes)}${totalBytes < 1024 ? '' : ` (${totalBytes} bytes)`} in ${pieces}`],
    ['private', torrent.private ? 'yes: peers come from its trackers only' : 'no'],
    ...torrent.trackers.map((tier, index): [string, string] => [`tracker ${index + 1}`, tier.join('  ')]),
    ...torrent.webSeeds.map((url): [string, string] => ['web seed', url]),
    ['comment', torrent.comment],
    ['created by', torrent.createdBy],
    ['created', torrent.creationDate === null ? null : dateText(torrent.creationDate)],
    ...irregularities.slice(0, 3).map((found): [string, string] => ['irregular', irregularityText(found)]),
  ]
  const files = torrent.files.map(fileText).filter((_, index) => torrent.files[index]?.pad === false)
  const padBytes = torrent.files.reduce((total, file) => total + (file.pad ? file.lengthBytes : 0), 0)
  const padding = padBytes === 0 ? '' : `, and ${size(padBytes)} of padding`
  return [
    torrent.name,
    ...rows.flatMap(([label, value]) => (value === null ? [] : [`  ${label.padEnd(12)} ${printable(value)}`])),
    `  ${'files'.padEnd(12)} ${files.length}${padding}`,
    ...files,
  ].join('\n')
}

/** With the number that `--files` takes; padding files have one too. */
function fileText({ path, lengthBytes }: TorrentContentFile, index: number): string {
  return `  ${`${index}`.padStart(6)} ${size(lengthBytes).padStart(12)} ${path.join('/')}`
}

function size(bytes: number): string {
  return prettyBytes(bytes, { binary: true })
}

/** `2026-11-23 12:34:56 UTC`; a number of seconds that no calendar has stays a number. */
function dateText(seconds: number): string {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return `${seconds} s after 1970`
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function irregularityText({ code, offsetBytes, key }: Irregularity): string {
  const what = code === 'key-order' ? 'out of order' : 'there before: the first one counts'
  return `byte ${offsetBytes}: the key "${key}" is ${what}`
}
