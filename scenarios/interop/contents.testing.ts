/** What goes over the wire in a case: files, a torrent of them, and what must be on the other side in the end. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { execa } from 'execa'
import { formatMagnet } from '../../client/metainfo/magnet.ts'
import { SyntheticContent } from '../../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../../client/metainfo/torrent-file.ts'
import { createTorrentFromPath } from '../../client/node/create-torrent.ts'
import { torrentFromBytes } from '../../client/node/read-torrent.ts'
import type { PeerAddress } from '../../client/ports/transport.ts'
import { METADATA_PIECE_BYTES } from '../../client/wire/ut-metadata.ts'
import type { ContentName } from './matrix.testing.ts'
import { LIBTORRENT_PEER, PYTHON } from './programs.testing.ts'

export interface Content {
  readonly torrent: TorrentFile
  readonly torrentPath: string
  /** Has the content under the name of the torrent. */
  readonly folder: string
  /** SHA-256 by the path below the folder. */
  readonly hashes: Hashes
}

export type Hashes = Readonly<Record<string, string>>

const PIECE_BYTES = 65_536
const MANY_PIECE_BYTES = 16_384

/** Sizes and paths; no two cases have the same bytes, so that what came is what was meant to come. */
const FILES: Readonly<Record<ContentName, readonly (readonly [path: string, lengthBytes: number])[]>> = {
  single: [['', 2 * 1_048_576 + 12_345]],
  multi: [
    ['a.txt', 11],
    ['sub/b.bin', 1_000_003],
    ['sub/deeper/ünïcode-文件.bin', 300_000],
    ['sub/empty.dat', 0],
    ['z z.bin', 700_001],
  ],
  padding: [
    ['a.bin', 500_000],
    ['b/one.byte', 1],
    ['b/two pieces.bin', 2 * PIECE_BYTES],
    ['c.bin', 900_001],
  ],
  hybrid: [
    ['a.bin', 400_000],
    ['b/small.bin', 100],
    ['c.bin', 800_000],
  ],
  magnet: Array.from({ length: 150 }, (_, index) => [`${'long-name-'.repeat(10)}${index}.bin`, 5_000 + 97 * index]),
}

/** `seed` makes it another content. `trackerUrl` null: none. */
export async function makeContent(
  kind: ContentName,
  { seed, folder, trackerUrl }: { readonly seed: number; readonly folder: string; readonly trackerUrl: string | null },
): Promise<Content> {
  const path = join(folder, `${kind}-${seed}`)
  const totalBytes = FILES[kind].reduce((total, [, lengthBytes]) => total + lengthBytes, 0)
  const bytes = new SyntheticContent(totalBytes, seed).read(0, totalBytes)
  let at = 0
  for (const [below, lengthBytes] of FILES[kind]) {
    await write(join(path, below), bytes.subarray(at, at + lengthBytes))
    at += lengthBytes
  }
  const hashes = await hashesBelow(folder)
  const torrentPath = `${folder}.torrent`
  const trackers = trackerUrl === null ? [] : [[trackerUrl]]
  if (kind === 'hybrid') await libtorrentCreates(path, torrentPath, trackers)
  else {
    const pieceLengthBytes = kind === 'magnet' ? MANY_PIECE_BYTES : PIECE_BYTES
    const created = await createTorrentFromPath(path, { trackers, pieceLengthBytes, pad: kind === 'padding' })
    await write(torrentPath, created.bytes)
  }
  const { torrent } = torrentFromBytes(await readFile(torrentPath), torrentPath)
  refuseUnlike(kind, torrent)
  return { torrent, torrentPath, folder, hashes }
}

/** So that a case is never easier than its name says. */
function refuseUnlike(kind: ContentName, { files, infoBytes, infohashV1, infohashV2 }: TorrentFile): void {
  const isRight =
    infohashV1 !== null &&
    (kind === 'hybrid') === (infohashV2 !== null) &&
    ['padding', 'hybrid'].includes(kind) === files.some(({ pad }) => pad) &&
    (kind === 'single') === (files.length === 1) &&
    (kind === 'magnet') === infoBytes.length > METADATA_PIECE_BYTES
  if (!isRight) throw new Error(`this is not what "${kind}" means`)
}

/** Padding files as files: older clients know nothing of them, and want to read them. */
export async function writePadding({ torrent, folder }: Content): Promise<void> {
  for (const { pad, path, lengthBytes } of torrent.files) {
    if (pad) await write(join(folder, ...path), new Uint8Array(lengthBytes))
  }
}

export function magnetOf({ torrent }: Content, peers: readonly PeerAddress[]): string {
  const { infohashV1, name, trackers } = torrent
  const infohash = infohashV1!
  return formatMagnet({ kind: 'magnet', infohash, name, trackers, webSeeds: [], peers, selectedFiles: null })
}

/** Of every file below a folder, but what clients keep for themselves and padding. */
export async function hashesBelow(folder: string): Promise<Hashes> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const hashes: Record<string, string> = {}
  for (const entry of entries) {
    const path = relative(folder, join(entry.parentPath, entry.name))
    if (!entry.isFile() || /(?:^|\/)\.(?:pad|swarmlab)\/|\.aria2$|^[0-9a-f]{40}\.torrent$/.test(path)) continue
    hashes[path] = createHash('sha256')
      .update(await readFile(join(folder, path)))
      .digest('hex')
  }
  return hashes
}

async function libtorrentCreates(path: string, torrentPath: string, trackers: readonly string[][]): Promise<void> {
  const urls = trackers.flat()
  await execa(PYTHON, [LIBTORRENT_PEER, 'create', path, torrentPath, `${PIECE_BYTES}`, ...urls], { timeout: 20_000 })
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
}
