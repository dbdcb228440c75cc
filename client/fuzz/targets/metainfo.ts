/** Torrents: `parseTorrent`, and `torrentFromInfo` over what it found. */
import { type Encodable, encode } from '../../bencode/encode.ts'
import { parseFileSelection } from '../../metainfo/file-selection.ts'
import { describeMetainfoFault } from '../../metainfo/metainfo-fault.ts'
import { METAINFO_LIMITS, parseTorrent, torrentFromInfo } from '../../metainfo/parse-torrent.ts'
import type { NamePlatform } from '../../metainfo/safe-path.ts'
import type { TorrentFile } from '../../metainfo/torrent-file.ts'
import { nodeDigests } from '../../node/digests.ts'
import type { Random } from '../../ports/random.ts'
import { wantedPieces } from '../../wire/wanted-pieces.ts'
import { reshapedBencode, someValue } from '../bencode-shapes.ts'
import { happens, pick, times } from '../chance.ts'
import { type FuzzTarget, holds, sameBytes } from '../target.ts'

const VOCABULARY = [
  ...['info', 'name', 'name.utf-8', 'piece length', 'pieces', 'length', 'files', 'path', 'path.utf-8', 'attr'],
  ...['symlink path', 'meta version', 'file tree', 'pieces root', 'private', 'announce', 'announce-list', 'url-list'],
  ...['comment', 'created by', 'creation date', 'x', ''],
]
const PLATFORMS: readonly NamePlatform[] = ['linux', 'macos', 'windows']
/** Low, so that an input of some kilobytes meets them. */
const LIMITS = { ...METAINFO_LIMITS, piecesMax: 3000, duplicateNamesMax: 20 }

export const metainfoTarget: FuzzTarget = {
  name: 'metainfo',
  generate: someTorrent,
  reshape: (random, input) => reshapedBencode(random, input, VOCABULARY),
  run(input) {
    const platform = PLATFORMS[input.length % PLATFORMS.length]!
    const parsed = parseTorrent(input, nodeDigests, { platform, limits: LIMITS })
    if (parsed.kind === 'fault') {
      const line = describeMetainfoFault(parsed)
      holds(isPrintable(line), 'a fault is one line that is safe to print')
      return `${parsed.code} ${parsed.at.slice(0, 40)} ${parsed.expected}`.replace(/\d+/g, '#')
    }
    const { torrent } = parsed
    checkContent(torrent)
    checkNames(torrent)
    checkInfo(torrent, platform)
    return `torrent ${torrent.infohashV1 !== null} ${torrent.infohashV2 !== null} ${torrent.files.length > 1}`
  },
}

function someTorrent(random: Random): Uint8Array {
  const pieceLength = pick(random, [16_384, 16_384, 32_768, 1, 1000])
  const files = times(random, 6, () => someFile(random))
  const total = files.reduce((sum, file) => sum + file.length, 0)
  const single = happens(random, 30)
  const length = single ? random.below(100_000) : total
  const tree = new Map(files.map(({ path, length: bytes }) => [path[0] ?? '', leaf(bytes)]))
  const info = {
    name: pick(random, ['a', '..', 'm\0']),
    'piece length': pieceLength,
    pieces: happens(random, 90) ? new Uint8Array(20 * Math.ceil(length / pieceLength)) : undefined,
    length: single ? length : undefined,
    files: single ? undefined : files,
    'meta version': happens(random, 20) ? 2 : undefined,
    'file tree': happens(random, 20) ? tree : undefined,
    private: happens(random, 20) ? 1 : undefined,
  }
  const [key, value] = [pick(random, VOCABULARY), someValue(random, VOCABULARY)]
  return encode({ info, [key === 'info' ? 'x' : key]: value })
}

function someFile(random: Random) {
  const names = ['a', 'b.bin', '..', '.pad', 'A', 'a.1', '\x1b', 'CON', '']
  return {
    attr: happens(random, 20) ? pick(random, ['p', 'l', 'xh']) : undefined,
    length: pick(random, [0, 1, 16_384, random.below(50_000)]),
    path: [pick(random, names), ...times(random, 2, () => pick(random, names))],
  }
}

function leaf(length: number): Encodable {
  return { '': { length, 'pieces root': length === 0 ? undefined : new Uint8Array(32) } }
}

function checkContent({ geometry, files, pieceHashes, infohashV1 }: TorrentFile): void {
  let offsetBytes = 0
  for (const file of files) {
    holds(file.offsetBytes === offsetBytes, 'each file starts where the one before ends')
    holds(Number.isSafeInteger(file.lengthBytes) && file.lengthBytes >= 0, 'a length is a count of bytes')
    offsetBytes += file.lengthBytes
  }
  holds(offsetBytes === geometry.totalBytes, 'files add up to the content')
  holds(files.length > 0, 'a torrent has a file')
  holds(geometry.pieceCount <= LIMITS.piecesMax, 'there are no more pieces than may be')
  holds(pieceHashes.length === (infohashV1 === null ? 0 : 20 * geometry.pieceCount), 'each piece has its hash')
}

function checkNames({ name, files }: TorrentFile): void {
  const written = files.filter((file) => !file.pad).map(({ path }) => path)
  for (const { path } of files) {
    holds(path[0] === name, 'a path starts with the name of the torrent')
    for (const segment of path) {
      holds(segment !== '' && segment !== '.' && segment !== '..', 'no path climbs')
      holds(!/[/\\]/.test(segment) && isPrintable(segment), 'a name is a single one that is safe to print')
      holds(new TextEncoder().encode(segment).length <= 255, 'a name is no longer than file systems take')
    }
  }
  const paths = new Set(written.map((path) => path.join('/')))
  holds(paths.size === written.length, 'no two files have one path')
  const folders = new Set(written.flatMap((path) => path.map((_, depth) => path.slice(0, depth).join('/'))))
  holds(
    [...paths].every((path) => !folders.has(path)),
    'no file is a folder of another',
  )
}

function checkInfo(torrent: TorrentFile, platform: NamePlatform): void {
  const { infoBytes, infohashV1, trackers, webSeeds, geometry } = torrent
  const again = torrentFromInfo(infoBytes, { trackers, webSeeds }, nodeDigests.sha1, { platform, limits: LIMITS })
  if (infohashV1 === null) {
    holds(again.kind === 'fault' && again.code === 'unsupported', 'v2 alone is refused as metadata')
  } else {
    holds(again.kind === 'torrent', 'metadata of a torrent is a torrent')
    holds(again.torrent.infohashV1 === infohashV1, 'metadata has the infohash of its torrent')
    holds(sameBytes(again.torrent.infoBytes, infoBytes), 'metadata is kept byte for byte')
    const [ours, theirs] = [torrent.files, again.torrent.files].map((files) => JSON.stringify(files))
    holds(ours === theirs, 'metadata names the files of its torrent')
  }
  const all = parseFileSelection('0-9999999')
  holds(all.kind === 'files', 'a selection of all files is one')
  const content = torrent.files.filter((file) => !file.pad).reduce((sum, file) => sum + file.lengthBytes, 0)
  const wanted = wantedPieces(torrent, all).setCount
  holds(wanted * geometry.pieceLengthBytes >= content, 'all files are in all their pieces')
}

function isPrintable(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text)
}
