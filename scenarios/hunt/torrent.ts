/**
 * The torrent of a schedule: any files, and metadata whose infohash is real, so that it comes by magnet link too. Its
 * piece hashes are zeros: the simulated hasher compares with the content itself.
 */
import { encode } from '../../client/bencode/encode.ts'
import { torrentFromInfo } from '../../client/metainfo/parse-torrent.ts'
import { SyntheticContent } from '../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../client/metainfo/torrent-file.ts'
import { nodeSha1 } from '../../client/node/sha1.ts'
import { type Schedule, TRACKER_URL, webSeedUrl } from './schedule.ts'

export interface HuntTorrent {
  readonly torrent: TorrentFile
  readonly content: Uint8Array
}

export function torrentOf({ content: { pieceLengthBytes, fileBytes }, webSeeds }: Schedule): HuntTorrent {
  const totalBytes = fileBytes.reduce((sum, length) => sum + Math.abs(length), 0)
  const pieceCount = Math.ceil(totalBytes / pieceLengthBytes)
  const info = encode({
    name: NAME,
    'piece length': pieceLengthBytes,
    pieces: new Uint8Array(20 * pieceCount),
    files: fileBytes.map((length, index) => ({
      length: Math.abs(length),
      path: length < 0 ? ['.pad', `${index}`] : [fileName(index)],
      ...(length < 0 && { attr: 'p' }),
    })),
  })
  const parsed = torrentFromInfo(
    info,
    { trackers: [[TRACKER_URL]], webSeeds: webSeeds.map(({ name }) => webSeedUrl(name)) },
    nodeSha1,
  )
  if (parsed.kind === 'fault') throw new RangeError(`the content of a schedule makes no torrent: ${parsed.at}`)
  return { torrent: parsed.torrent, content: contentOf(parsed.torrent) }
}

/** What a web seed has at a path; null: nothing. */
export function fileAt({ torrent, content }: HuntTorrent, path: string): Uint8Array | null {
  const file = torrent.files.find((_, index) => path === `/${NAME}/${fileName(index)}`)
  return file === undefined ? null : content.subarray(file.offsetBytes, file.offsetBytes + file.lengthBytes)
}

const NAME = 'content'

function fileName(index: number): string {
  return `file-${index}`
}

/** Made once: its pool of random bytes costs as much as a small swarm. */
const CONTENT = new SyntheticContent(2 ** 32, 1)

/** Padding is zeros. */
function contentOf({ geometry: { totalBytes }, files }: TorrentFile): Uint8Array {
  const content = CONTENT.read(0, totalBytes)
  for (const { offsetBytes, lengthBytes, pad } of files) {
    if (pad) content.fill(0, offsetBytes, offsetBytes + lengthBytes)
  }
  return content
}
