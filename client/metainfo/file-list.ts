/**
 * The files that `info` lists: `length` or `files` (BEP 3), `file tree` (BEP 52). Paths are as written, not yet safe;
 * they start below the torrent's name, and a single file has none.
 *
 * Attributes (`attr`, BEP 47): `p` is padding, which needs no path. `l`, a symlink, is an empty file here and never
 * followed, whatever it points to; it needs no length. `x` and `h` (executable, hidden) change nothing.
 */
import { type BencodeDictionary, keyBytes, textFromBytes } from '../bencode/value.ts'
import { asDictionary, asList, preferUtf8, requiredBytes, requiredInteger, under } from './fields.ts'
import { describeValue, Refusal } from './metainfo-fault.ts'

export interface ListedFile {
  readonly path: readonly string[]
  readonly lengthBytes: number
  readonly pad: boolean
}

export const FOLDERS_DEEP_MAX = 100
const LENGTH_RANGE = [0, Number.MAX_SAFE_INTEGER] as const
const PIECES_ROOT_BYTES = 32

/** Of a v1 or hybrid torrent. */
export function filesOfV1(info: BencodeDictionary): ListedFile[] {
  const files = info.get('files')
  if (files === undefined)
    return [{ path: [], lengthBytes: requiredInteger(info, 'length', 'info', LENGTH_RANGE), pad: false }]
  if (info.has('length')) throw new Refusal('mismatch', 'info', 'either length or files', 'both')
  const list = asList(files, 'info.files')
  if (list.length === 0) throw new Refusal('mismatch', 'info.files', 'a file', 'none')
  return list.map((item, index) => {
    const at = `info.files[${index}]`
    const file = asDictionary(item, at)
    const pad = hasAttribute(file, PADDING)
    const lengthBytes = lengthOf(file, at)
    const path = pad && !file.has('path') ? paddingPath(lengthBytes) : pathOf(file, at)
    return { path, lengthBytes, pad }
  })
}

/** Of a v2 or hybrid torrent. Padding is not in the tree: `padded` adds it. */
export function filesOfV2(info: BencodeDictionary, name: string): ListedFile[] {
  const files: ListedFile[] = []
  const tree = info.get('file tree')
  if (tree === undefined) throw new Refusal('missing', 'info.file tree', 'this key', 'nothing')
  walkTree(asDictionary(tree, 'info.file tree'), [], 'info.file tree', files)
  const [first] = files
  if (first === undefined) throw new Refusal('mismatch', 'info.file tree', 'a file', 'none')
  const single = files.length === 1 && first.path.length === 1 && first.path[0] === name
  return single ? [{ ...first, path: [] }] : files
}

/** Every file starts a piece in v2, which is as if padding filled the piece before; after the last one too. */
export function padded(files: readonly ListedFile[], pieceLengthBytes: number): ListedFile[] {
  return files.flatMap((file) => {
    const lengthBytes = (pieceLengthBytes - (file.lengthBytes % pieceLengthBytes)) % pieceLengthBytes
    return lengthBytes === 0 ? [file] : [file, { path: paddingPath(lengthBytes), lengthBytes, pad: true }]
  })
}

/** As BEP 47 recommends it. */
export function paddingPath(lengthBytes: number): string[] {
  return ['.pad', `${lengthBytes}`]
}

function pathOf(file: BencodeDictionary, at: string): string[] {
  const key = preferUtf8(file, 'path')
  const value = file.get(key)
  if (value === undefined) throw new Refusal('missing', under(at, key), 'this key', 'nothing')
  const segments = asList(value, under(at, key))
  if (segments.length === 0) throw new Refusal('mismatch', under(at, key), 'a file name', 'an empty list')
  if (segments.length > FOLDERS_DEEP_MAX + 1) throw tooDeep(under(at, key))
  return segments.map((segment, index) => {
    if (segment instanceof Uint8Array) return textFromBytes(segment)
    throw new Refusal('wrong-type', `${under(at, key)}[${index}]`, 'a string', describeValue(segment))
  })
}

const PADDING = 'p'
const SYMLINK = 'l'

function hasAttribute(file: BencodeDictionary, attribute: string): boolean {
  const attributes = file.get('attr')
  return attributes instanceof Uint8Array && attributes.includes(attribute.charCodeAt(0))
}

function lengthOf(file: BencodeDictionary, at: string): number {
  if (hasAttribute(file, SYMLINK) && !file.has('length')) return 0
  return requiredInteger(file, 'length', at, LENGTH_RANGE)
}

function walkTree(tree: BencodeDictionary, path: readonly string[], at: string, files: ListedFile[]): void {
  if (path.length > FOLDERS_DEEP_MAX) throw tooDeep(at)
  for (const [key, value] of tree) {
    const name = textFromBytes(keyBytes(key))
    const here = under(at, name)
    const node = asDictionary(value, here)
    const properties = node.get('')
    if (key === '') throw new Refusal('mismatch', at, 'a name for each entry', 'an empty one')
    if (properties === undefined) {
      walkTree(node, [...path, name], here, files)
    } else {
      if (node.size > 1) throw new Refusal('mismatch', here, 'a file or a folder', 'both')
      files.push({ path: [...path, name], lengthBytes: leafLength(asDictionary(properties, here), here), pad: false })
    }
  }
}

function leafLength(properties: BencodeDictionary, at: string): number {
  const lengthBytes = lengthOf(properties, at)
  if (lengthBytes === 0) return 0
  const root = requiredBytes(properties, 'pieces root', at)
  if (root.length === PIECES_ROOT_BYTES) return lengthBytes
  throw new Refusal('mismatch', under(at, 'pieces root'), `${PIECES_ROOT_BYTES} bytes`, `${root.length}`)
}

function tooDeep(at: string): Refusal {
  return new Refusal('too-many', at, `at most ${FOLDERS_DEEP_MAX} folders deep`, 'more')
}
