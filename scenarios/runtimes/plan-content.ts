/** The content of a plan as an ordinary torrent, with real SHA-1 hashes, that any client can download. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { SyntheticContent } from '../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../client/metainfo/torrent-file.ts'
import { createSyntheticTorrent } from '../../client/node/create-torrent.ts'
import { torrentFromBytes } from '../../client/node/read-torrent.ts'
import type { ContentPlan } from '../engine/swarm-plan.ts'

export function planTorrent(content: ContentPlan, trackerUrl: string): { torrent: TorrentFile; bytes: Uint8Array } {
  const { name, bytes } = createSyntheticTorrent({ ...content, trackers: [[trackerUrl]] })
  return { torrent: torrentFromBytes(bytes, name).torrent, bytes }
}

const CHUNK_BYTES = 1_048_576

/** Of the content itself, made anew. */
export function syntheticSha256({ totalBytes, contentSeed }: ContentPlan): string {
  const content = new SyntheticContent(totalBytes, contentSeed)
  const hash = createHash('sha256')
  for (let at = 0; at < totalBytes; at += CHUNK_BYTES) {
    hash.update(content.read(at, Math.min(CHUNK_BYTES, totalBytes - at)))
  }
  return hash.digest('hex')
}

export function fileSha256(path: string): Promise<string> {
  return filesSha256([path])
}

/** Of all in a row. */
export async function filesSha256(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}
