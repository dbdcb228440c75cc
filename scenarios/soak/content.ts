/**
 * What a soak downloads: files of odd lengths, some of them shorter than a piece and one empty, so that pieces cross
 * their borders and files are finished at different times, as a state that is believed needs it.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SyntheticContent } from '../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../client/metainfo/torrent-file.ts'
import { createTorrentFromPath } from '../../client/node/create-torrent.ts'
import { torrentFromBytes } from '../../client/node/read-torrent.ts'
import type { Random } from '../../client/ports/random.ts'
import { fileSha256 } from '../runtimes/plan-content.ts'

export const PIECE_BYTES = 128 * 1024
const NAME = 'content'
/** Every third file is shorter than half a piece. */
const SHORT_BYTES_MAX = PIECE_BYTES / 2
const FILE_BYTES_MAX = 2 * 1024 * 1024

export interface SoakContent {
  readonly torrent: TorrentFile
  readonly torrentPath: string
  /** Has the content under the torrent's name. */
  readonly sourceDir: string
}

/** Written into `folder`. */
export async function makeContent(
  folder: string,
  totalBytes: number,
  contentSeed: number,
  random: Random,
): Promise<SoakContent> {
  const sourceDir = join(folder, 'source')
  await mkdir(join(sourceDir, NAME), { recursive: true })
  const content = new SyntheticContent(totalBytes, contentSeed)
  let offsetBytes = 0
  for (const [index, lengthBytes] of fileLengths(totalBytes, random).entries()) {
    const path = join(sourceDir, NAME, `${`${index}`.padStart(3, '0')}.bin`)
    await writeFile(path, content.read(offsetBytes, lengthBytes))
    offsetBytes += lengthBytes
  }
  const made = await createTorrentFromPath(join(sourceDir, NAME), { trackers: [], pieceLengthBytes: PIECE_BYTES })
  const torrentPath = join(folder, 'content.torrent')
  await writeFile(torrentPath, made.bytes)
  return { torrent: torrentFromBytes(made.bytes, torrentPath).torrent, torrentPath, sourceDir }
}

function fileLengths(totalBytes: number, random: Random): number[] {
  const lengths = [0]
  for (let leftBytes = totalBytes; leftBytes > 0; leftBytes -= lengths.at(-1)!) {
    const bytesMax = lengths.length % 3 === 0 ? SHORT_BYTES_MAX : FILE_BYTES_MAX
    lengths.push(Math.min(leftBytes, 1 + random.below(bytesMax)))
  }
  return lengths
}

/** The first file in `outDir` that is not as it should be, or null. */
export async function wrongFile({ torrent, sourceDir }: SoakContent, outDir: string): Promise<string | null> {
  for (const file of torrent.files) {
    const [expected, found] = await Promise.all([
      fileSha256(join(sourceDir, ...file.path)),
      fileSha256(join(outDir, ...file.path)),
    ])
    if (expected !== found) return `${join(outDir, ...file.path)}: SHA-256 is ${found}, not ${expected}`
  }
  return null
}
