/** A .torrent on disk -> TorrentFile, with the names that this system can have; or a magnet link in its place. */
import { open } from 'node:fs/promises'
import { isMagnetLink, type Magnet, parseMagnet } from '../metainfo/magnet.ts'
import { describeMetainfoFault } from '../metainfo/metainfo-fault.ts'
import { METAINFO_LIMITS, type ParsedTorrent, parseTorrent } from '../metainfo/parse-torrent.ts'
import type { NamePlatform } from '../metainfo/safe-path.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { DownloadSource } from '../swarm/settings.ts'
import { describeSystemError, usageError } from './command-error.ts'
import { nodeDigests } from './digests.ts'
import { userPath } from './npm-run.ts'

const PLATFORMS: Readonly<Record<string, NamePlatform>> = { darwin: 'macos', win32: 'windows' }
export const NAME_PLATFORM: NamePlatform = PLATFORMS[process.platform] ?? 'linux'

/** What a user gave as a torrent: a magnet link, or else a path. Throws a usage error in one line. */
export async function readSource(text: string): Promise<DownloadSource> {
  if (isMagnetLink(text)) return { kind: 'magnet', magnet: readMagnet(text) }
  return { kind: 'torrent', torrent: await readTorrentFile(userPath(text)) }
}

/** Throws a usage error in one line. */
export function readMagnet(text: string): Magnet {
  const parsed = parseMagnet(text)
  if (parsed.kind === 'magnet') return parsed
  throw usageError(`magnet link: ${describeMetainfoFault(parsed)}`)
}

/** Throws a usage error in one line when the file cannot be read or is no .torrent. `path` is resolved already. */
export async function readTorrentFile(path: string): Promise<TorrentFile> {
  return torrentFromBytes(await readTorrentBytes(path), path).torrent
}

/** `path` is for the error, which is as for `readTorrentFile`. */
export function torrentFromBytes(bytes: Uint8Array, path: string): ParsedTorrent & { kind: 'torrent' } {
  const parsed = parseTorrent(bytes, nodeDigests, { platform: NAME_PLATFORM })
  if (parsed.kind === 'torrent') return parsed
  throw usageError(`${path}: ${describeMetainfoFault(parsed)}`)
}

/** Reads no more than a .torrent may have, whatever `path` is. */
export async function readTorrentBytes(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path)
    try {
      return await readUpTo(file, METAINFO_LIMITS.bytesMax + 1)
    } finally {
      await file.close()
    }
  } catch (error) {
    const problem = describeSystemError(error)
    throw problem === null ? error : usageError(problem.startsWith(path) ? problem : `${path}: ${problem}`)
  }
}

const CHUNK_BYTES = 65_536

async function readUpTo(file: Awaited<ReturnType<typeof open>>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  while (total < bytesMax) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, bytesMax - total))
    const { bytesRead } = await file.read(chunk, 0, chunk.length)
    if (bytesRead === 0) break
    chunks.push(chunk.subarray(0, bytesRead))
    total += bytesRead
  }
  return new Uint8Array(Buffer.concat(chunks, total))
}
