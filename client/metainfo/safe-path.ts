/**
 * Names from a torrent -> names that are safe to make and to print. Nothing is refused for its name: what is dangerous
 * in it is replaced, what is only odd (`...`, ` `, `~x`, any script) stays as it is.
 *
 * - a separator, a control character or a mark that turns the writing direction becomes `_`;
 * - a segment that is empty, `.` or `..` is left out, so that no path climbs or is absolute;
 * - a segment longer than a file system takes is cut, its extension kept;
 * - files that end up with one path, or with the path of a folder, are told apart: `b.bin`, `b.1.bin`;
 * - on Windows, what that system reserves is replaced too.
 */
import { replaceUnprintable } from './printable.ts'

/** Whose rules for names count. macOS and Windows do not tell `A` from `a`. */
export type NamePlatform = 'linux' | 'macos' | 'windows'

/** Where the client keeps its own files, beside the content. */
const OWN_FOLDER = '.swarmlab'

/** The limit of ext4, APFS and NTFS, for UTF-8. */
const SEGMENT_BYTES_MAX = 255
/** What a longer segment is cut to: room for the number that tells it from others. */
const SEGMENT_BYTES_CUT = 240
const EXTENSION_BYTES_MAX = 20

const WINDOWS_CHARACTERS = /[<>:"|?*]/g
const WINDOWS_END = /[. ]$/
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/** Null: a segment that says nothing, and is left out. */
export function safeSegment(text: string, platform: NamePlatform): string | null {
  if (text === '' || text === '.' || text === '..') return null
  const printable = replaceUnprintable(text, () => '_').replace(/[/\\]/g, '_')
  return cut(platform === 'windows' ? safeOnWindows(printable) : printable)
}

/** The torrent's name as a file or folder, or `fallback` when nothing is left of it. */
export function safeName(text: string, fallback: string, platform: NamePlatform): string {
  const name = safeSegment(text, platform) ?? fallback
  return nameKey(name, 'macos') === OWN_FOLDER ? `_${name}` : name
}

/** A file's path below the torrent's name; at least one segment. */
export function safePath(segments: readonly string[], platform: NamePlatform): string[] {
  const path = segments.map((segment) => safeSegment(segment, platform)).filter((segment) => segment !== null)
  return path.length === 0 ? ['_'] : path
}

/** The same paths, no two the same, and how many had to change. Null, early, when that is more than `changedMax`. */
export function distinctPaths(
  paths: readonly (readonly string[])[],
  platform: NamePlatform,
  changedMax: number,
): { readonly paths: readonly (readonly string[])[]; readonly changed: number } | null {
  const keys = paths.map((path) => pathKey(path, platform))
  const folders = new Set<string>()
  for (const path of paths) addFolders(path, platform, folders)
  const original = new Set(keys)
  const taken = new Set<string>()
  const lastNumber = new Map<string, number>()
  let changed = 0
  const distinct: (readonly string[])[] = []
  for (const [index, path] of paths.entries()) {
    const key = keys[index] ?? ''
    let candidate = path
    let candidateKey = key
    if (folders.has(key) || taken.has(key)) {
      changed += 1
      if (changed > changedMax) return null
      let number = lastNumber.get(key) ?? 0
      do {
        number += 1
        candidate = numbered(path, number)
        candidateKey = pathKey(candidate, platform)
      } while (folders.has(candidateKey) || original.has(candidateKey) || taken.has(candidateKey))
      lastNumber.set(key, number)
    }
    taken.add(candidateKey)
    distinct.push(candidate)
  }
  return { paths: distinct, changed }
}

function addFolders(path: readonly string[], platform: NamePlatform, folders: Set<string>): void {
  for (let depth = path.length - 1; depth > 0; depth--) {
    const key = pathKey(path.slice(0, depth), platform)
    if (folders.has(key)) return
    folders.add(key)
  }
}

function pathKey(path: readonly string[], platform: NamePlatform): string {
  return nameKey(path.join('/'), platform)
}

function nameKey(name: string, platform: NamePlatform): string {
  return platform === 'linux' ? name : name.normalize('NFC').toLowerCase()
}

function numbered(path: readonly string[], number: number): string[] {
  const [stem, extension] = splitExtension(path.at(-1) ?? '')
  return [...path.slice(0, -1), withinBytes(stem, `.${number}${extension}`, SEGMENT_BYTES_MAX)]
}

function safeOnWindows(segment: string): string {
  const replaced = segment.replace(WINDOWS_CHARACTERS, '_').replace(WINDOWS_END, '_')
  return WINDOWS_DEVICE.test(replaced) ? `_${replaced}` : replaced
}

const utf8 = new TextEncoder()

function cut(segment: string): string {
  // No UTF-16 unit takes more than three bytes.
  if (segment.length * 3 <= SEGMENT_BYTES_MAX) return segment
  if (utf8.encode(segment).length <= SEGMENT_BYTES_MAX) return segment
  return withinBytes(...splitExtension(segment), SEGMENT_BYTES_CUT)
}

/** `stem` and `suffix` in `bytesMax` bytes, by cutting the stem between two characters. */
function withinBytes(stem: string, suffix: string, bytesMax: number): string {
  const { read } = utf8.encodeInto(stem, new Uint8Array(bytesMax - utf8.encode(suffix).length))
  return `${stem.slice(0, read)}${suffix}`
}

/** What follows a name's last dot is no extension when it is long. */
function splitExtension(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.')
  if (dot <= 0 || utf8.encode(name.slice(dot)).length > EXTENSION_BYTES_MAX) return [name, '']
  return [name.slice(0, dot), name.slice(dot)]
}
