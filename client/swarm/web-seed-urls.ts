/**
 * Web seed URLs, as BEP 19 (GetRight style) has them: which of a torrent are of use, and where a file is.
 *
 * A lone file is at the URL itself, or below it by its name where the URL ends in a slash; a file of several is below the
 * URL by the torrent's name and its path. Names are as the torrent has them, not as they were made safe for this disk,
 * and byte for byte: whatever their encoding, the server wrote them the same.
 */
import { decode } from '../bencode/decode.ts'
import { BencodeDictionary } from '../bencode/value.ts'
import { isList, preferUtf8 } from '../metainfo/fields.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'

export type WebSeedTorrent = Pick<TorrentFile, 'files' | 'infoBytes' | 'webSeeds'>

/** More in one torrent are left out. */
export const WEB_SEEDS_MAX = 100

export interface WebSeedUrl {
  readonly url: string
  /** Why it is of no use; null where it is. */
  readonly fault: string | null
}

/** Each once, in the order of the torrent. One that is refused comes with the reason; of those past the limit, the first. */
export function webSeedUrls(webSeeds: readonly string[]): WebSeedUrl[] {
  const urls = [...new Set(webSeeds)].map((url) => ({ url, fault: faultOf(url) }))
  const [usable, refused] = [urls.filter(({ fault }) => fault === null), urls.filter(({ fault }) => fault !== null)]
  const past = usable[WEB_SEEDS_MAX]
  const tooMany = past === undefined ? [] : [{ ...past, fault: `one of more than ${WEB_SEEDS_MAX} web seeds` }]
  return [...usable.slice(0, WEB_SEEDS_MAX), ...refused.slice(0, WEB_SEEDS_MAX), ...tooMany]
}

/** Where a web seed has the file of this index. */
export type FileUrls = (webSeed: string, fileIndex: number) => string

export function fileUrls(torrent: WebSeedTorrent): FileUrls {
  const decoded = decode(torrent.infoBytes)
  const info = decoded.kind === 'value' && decoded.value instanceof BencodeDictionary ? decoded.value : null
  const isLone = torrent.files.every(({ path }) => path.length === 1)
  return (webSeed, fileIndex) => {
    if (isLone && !webSeed.endsWith('/')) return webSeed
    const safe = torrent.files[fileIndex]!.path.map((segment) => utf8.encode(segment))
    const segments = (info === null ? null : writtenSegments(info, fileIndex)) ?? safe
    return `${webSeed}${webSeed.endsWith('/') ? '' : '/'}${segments.map(percentEncoded).join('/')}`
  }
}

const utf8 = new TextEncoder()

function faultOf(text: string): string | null {
  const url = URL.parse(text)
  if (url === null) return 'not a URL'
  return url.protocol === 'http:' || url.protocol === 'https:' ? null : 'neither http nor https'
}

/** From the torrent's name on; null where the torrent has none, or one by which a URL would climb. */
function writtenSegments(info: BencodeDictionary, fileIndex: number): Uint8Array[] | null {
  const files = info.get('files')
  const file = isList(files) ? files[fileIndex] : null
  const path = file instanceof BencodeDictionary ? file.get(preferUtf8(file, 'path')) : []
  const segments = [info.get(preferUtf8(info, 'name')), ...(isList(path) ? path : [])]
  const isSafe = (segment: unknown): segment is Uint8Array => segment instanceof Uint8Array && !isDots(segment)
  return segments.every(isSafe) ? segments : null
}

function isDots(segment: Uint8Array): boolean {
  return segment.length <= 2 && segment.every((byte) => byte === DOT)
}

const DOT = 0x2e
/** RFC 3986, 2.3. */
const UNRESERVED = /[A-Za-z0-9._~-]/

function percentEncoded(segment: Uint8Array): string {
  return Array.from(segment, (byte) => {
    const character = String.fromCharCode(byte)
    return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}
