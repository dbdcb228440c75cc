/**
 * The bytes of a .torrent -> TorrentFile, or the reason why not. BEP 3, 12 (tiers), 19 (web seeds), 27 (private), 47
 * (padding), 52 (v2 and hybrid).
 *
 * Total: any input gives a torrent or a fault, and never throws. Keys that nothing depends on (comment, dates, tracker
 * lists) count as absent when they are of another type; everything that says where a byte belongs is checked.
 *
 * The infohash is over the bytes of `info` as they stand. A hybrid is read by its v1 half; its v2 half must name the
 * same files. A v2-only torrent gets the padding that makes every file start a piece, as libtorrent shows it.
 */
import { type BencodeFault, DECODE_LIMITS, type DecodeLimits, decode, type Irregularity } from '../bencode/decode.ts'
import { type BencodeDictionary, type BencodeValue, textFromBytes } from '../bencode/value.ts'
import type { Sha1 } from '../ports/sha1.ts'
import {
  asDictionary,
  isList,
  optionalCount,
  optionalText,
  preferUtf8,
  requiredBytes,
  requiredDictionary,
  requiredInteger,
} from './fields.ts'
import { filesOfV1, filesOfV2, type ListedFile, padded } from './file-list.ts'
import { Geometry } from './geometry.ts'
import { infoHashFromBytes, toHex } from './infohash.ts'
import { describeValue, type MetainfoFault, Refusal } from './metainfo-fault.ts'
import { distinctPaths, type NamePlatform, safeName, safePath } from './safe-path.ts'
import type { TorrentContentFile, TorrentFile } from './torrent-file.ts'

export interface Digests {
  readonly sha1: Sha1
  readonly sha256: (bytes: Uint8Array) => Uint8Array
}

export interface ParseOptions {
  readonly platform?: NamePlatform
  readonly limits?: Partial<MetainfoLimits>
}

export interface MetainfoLimits extends DecodeLimits {
  readonly piecesMax: number
  /** Files whose name had to be changed because another has it. */
  readonly duplicateNamesMax: number
}

/** libtorrent's limits. */
export const METAINFO_LIMITS: MetainfoLimits = { ...DECODE_LIMITS, piecesMax: 0x20_0000, duplicateNamesMax: 500 }
/** Of one piece: libtorrent's limit. */
export const PIECE_LENGTH_BYTES_MAX = 512 * 1024 * 1024
/** BEP 52: of a v2 torrent a power of two, this or more. */
const V2_PIECE_LENGTH_BYTES_MIN = 16_384
const SHA1_BYTES = 20

export type ParsedTorrent =
  | {
      readonly kind: 'torrent'
      readonly torrent: TorrentFile
      /** What is not canonical in the file, and did no harm. */
      readonly irregularities: readonly Irregularity[]
    }
  | MetainfoFault

export function parseTorrent(bytes: Uint8Array, digests: Digests, options: ParseOptions = {}): ParsedTorrent {
  return parseWith(bytes, options, (root, platform, limits) => ({
    ...readInfo(bytes, requiredDictionary(root, 'info', ''), digests, platform, limits),
    trackers: trackers(root),
    webSeeds: texts(root.get('url-list')),
    comment: optionalText(root, preferUtf8(root, 'comment')),
    createdBy: optionalText(root, 'created by'),
    creationDate: optionalCount(root, 'creation date'),
  }))
}

/**
 * The torrent whose `info` came from peers (BEP 9). Whether it is the one asked for is for the caller to see, before or
 * after: `infohashV1` is computed. Of a hybrid `infohashV2` is left null; one that is v2 only is refused.
 */
export function torrentFromInfo(
  infoBytes: Uint8Array,
  { trackers, webSeeds }: Pick<TorrentFile, 'trackers' | 'webSeeds'>,
  sha1: Sha1,
  options: ParseOptions = {},
): ParsedTorrent {
  return parseWith(infoBytes, options, (info, platform, limits) => {
    const read = readInfo(infoBytes, info, { sha1 }, platform, limits)
    if (read.infohashV1 === null) throw new Refusal('unsupported', 'info', 'a v1 or hybrid torrent', 'v2 only')
    return { ...read, trackers, webSeeds, comment: null, createdBy: null, creationDate: null }
  })
}

function parseWith(
  bytes: Uint8Array,
  options: ParseOptions,
  read: (root: BencodeDictionary, platform: NamePlatform, limits: MetainfoLimits) => TorrentFile,
): ParsedTorrent {
  const limits = { ...METAINFO_LIMITS, ...options.limits }
  const decoded = decode(bytes, limits)
  if (decoded.kind === 'fault') return notBencode(decoded)
  try {
    const torrent = read(asDictionary(decoded.value, ''), options.platform ?? 'linux', limits)
    return { kind: 'torrent', torrent, irregularities: decoded.irregularities }
  } catch (error) {
    if (error instanceof Refusal) return error.fault
    throw error
  }
}

function notBencode({ code, offsetBytes, expected, received }: BencodeFault): MetainfoFault {
  const overLimit = code.startsWith('too-')
  return { kind: 'fault', code: overLimit ? 'too-many' : 'not-bencode', at: `byte ${offsetBytes}`, expected, received }
}

/** What is said inside `info`; the rest of a .torrent stands beside it. */
type TorrentInfo = Omit<TorrentFile, 'trackers' | 'webSeeds' | 'comment' | 'createdBy' | 'creationDate'>

function readInfo(
  bytes: Uint8Array,
  info: BencodeDictionary,
  digests: Pick<Digests, 'sha1'> & Partial<Digests>,
  platform: NamePlatform,
  limits: MetainfoLimits,
): TorrentInfo {
  // A plain view, on a Buffer too.
  const infoBytes = new Uint8Array(bytes.buffer, bytes.byteOffset + info.startBytes, info.endBytes - info.startBytes)
  const v2 = isV2(info)
  const v1 = !v2 || info.has('pieces')
  const infohashV1 = v1 ? infoHashFromBytes(digests.sha1(infoBytes)) : null
  const infohashV2 = v2 && digests.sha256 !== undefined ? toHex(digests.sha256(infoBytes)) : null
  const content = readContent(info, v1, v2, limits)
  const name = safeName(content.name, infohashV1 ?? infohashV2 ?? '_', platform)
  return {
    name,
    infohashV1,
    infohashV2,
    infoBytes,
    geometry: content.geometry,
    pieceHashes: v1 ? pieceHashes(info, content.geometry) : new Uint8Array(0),
    private: (optionalCount(info, 'private') ?? 0) !== 0,
    files: placed(content.files, name, platform, limits.duplicateNamesMax),
  }
}

function isV2(info: BencodeDictionary): boolean {
  const version = info.get('meta version') ?? 1
  if (version === 1 || version === 2) return version === 2
  throw new Refusal('unsupported', 'info.meta version', '1 or 2', describeValue(version))
}

interface Content {
  readonly name: string
  readonly files: readonly ListedFile[]
  readonly geometry: Geometry
}

function readContent(info: BencodeDictionary, v1: boolean, v2: boolean, limits: MetainfoLimits): Content {
  const name = textFromBytes(requiredBytes(info, preferUtf8(info, 'name'), 'info'))
  const pieceLengthBytes = requiredInteger(info, 'piece length', 'info', [1, PIECE_LENGTH_BYTES_MAX])
  if (v2) checkV2PieceLength(pieceLengthBytes)
  const treeFiles = v2 ? filesOfV2(info, name) : []
  const files = v1 ? filesOfV1(info) : padded(treeFiles, pieceLengthBytes)
  if (v1 && v2) checkHalvesAgree(files, treeFiles)
  const totalBytes = files.reduce((total, file) => total + file.lengthBytes, 0)
  if (!Number.isSafeInteger(totalBytes)) {
    throw new Refusal('out-of-range', 'info', `at most ${Number.MAX_SAFE_INTEGER} bytes of content`, 'more')
  }
  const geometry = new Geometry(totalBytes, pieceLengthBytes)
  if (geometry.pieceCount > limits.piecesMax) {
    throw new Refusal('too-many', 'info', `at most ${limits.piecesMax} pieces`, `${geometry.pieceCount}`)
  }
  return { name, files, geometry }
}

function checkV2PieceLength(lengthBytes: number): void {
  const powerOfTwo = Number.isInteger(Math.log2(lengthBytes))
  if (lengthBytes >= V2_PIECE_LENGTH_BYTES_MIN && powerOfTwo) return
  const expected = `a power of two from ${V2_PIECE_LENGTH_BYTES_MIN}, as v2 wants it`
  throw new Refusal('out-of-range', 'info.piece length', expected, `${lengthBytes}`)
}

function checkHalvesAgree(v1Files: readonly ListedFile[], v2Files: readonly ListedFile[]): void {
  const listing = (files: readonly ListedFile[]) =>
    files.filter((file) => !file.pad).map((file) => JSON.stringify([file.path, file.lengthBytes]))
  const v1 = listing(v1Files)
  const v2 = listing(v2Files)
  const differing = v1.findIndex((file, index) => file !== v2[index])
  if (v1.length === v2.length && differing < 0) return
  const at = differing < 0 ? v1.length : differing
  throw new Refusal('mismatch', 'info', `in its v1 and v2 halves the same file ${at}`, `${v1[at]} and ${v2[at]}`)
}

function pieceHashes(info: BencodeDictionary, geometry: Geometry): Uint8Array {
  const hashes = requiredBytes(info, 'pieces', 'info')
  const expected = geometry.pieceCount * SHA1_BYTES
  if (hashes.length === expected) return hashes
  const text = `${SHA1_BYTES} bytes for each of ${geometry.pieceCount} pieces, ${expected} in all`
  throw new Refusal('mismatch', 'info.pieces', text, `${hashes.length}`)
}

function placed(
  files: readonly ListedFile[],
  name: string,
  platform: NamePlatform,
  duplicatesMax: number,
): TorrentContentFile[] {
  const written = files.filter((file) => !file.pad)
  const safe = written.map((file) => (file.path.length === 0 ? [] : safePath(file.path, platform)))
  const distinct = distinctPaths(safe, platform, duplicatesMax)
  if (distinct === null) {
    throw new Refusal('too-many', 'info.files', `at most ${duplicatesMax} names that are there twice`, 'more')
  }
  let offsetBytes = 0
  let next = 0
  return files.map((file) => {
    const below = file.pad ? safePath(file.path, platform) : (distinct.paths[next++] ?? [])
    const { lengthBytes, pad } = file
    const placedFile = { path: [name, ...below], lengthBytes, offsetBytes, pad }
    offsetBytes += lengthBytes
    return placedFile
  })
}

/** BEP 12: `announce-list`, when it names any, counts instead of `announce`. */
function trackers(root: BencodeDictionary): string[][] {
  const list = root.get('announce-list')
  const tiers = isList(list) ? list.map((tier) => texts(tier)).filter((tier) => tier.length > 0) : []
  if (tiers.length > 0) return tiers
  return texts(root.get('announce')).map((url) => [url])
}

/** A string or a list of strings, without empty ones. */
function texts(value: BencodeValue | undefined): string[] {
  const items = isList(value) ? value : [value]
  return items
    .filter((item) => item instanceof Uint8Array)
    .map((item) => textFromBytes(item))
    .filter((text) => text !== '')
}
