/**
 * A bencoded file as a tree for JSON. A byte string is a string where it is text, else `{"hex": "…"}`; an integer that
 * readers of JSON would round is `{"integer": "…"}`; a key that is no text is `hex:…`.
 */
import { decode, describeBencodeFault } from '../bencode/decode.ts'
import { BencodeDictionary, type BencodeValue, keyBytes, textOrNull } from '../bencode/value.ts'
import { toHex } from '../metainfo/infohash.ts'
import { usageError } from '../node/command-error.ts'

export type Tree = string | number | readonly Tree[] | { readonly [key: string]: Tree }

/**
 * Of byte strings that are no text, the first `shownBytesMax` bytes are written. Throws a usage error that names
 * `path` and the byte where it is not bencode.
 */
export function decodedTree(bytes: Uint8Array, path: string, shownBytesMax: number): Tree {
  const decoded = decode(bytes)
  if (decoded.kind === 'fault') throw usageError(`${path}: ${describeBencodeFault(decoded)}`)
  return treeOf(decoded.value, shownBytesMax)
}

function treeOf(value: BencodeValue, shownBytesMax: number): Tree {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return { integer: `${value}` }
  if (value instanceof Uint8Array) return textOrNull(value) ?? hexOf(value, shownBytesMax)
  if (!(value instanceof BencodeDictionary)) return value.map((item) => treeOf(item, shownBytesMax))
  return Object.fromEntries([...value].map(([key, item]) => [keyText(key), treeOf(item, shownBytesMax)]))
}

function hexOf(bytes: Uint8Array, shownBytesMax: number): Tree {
  if (bytes.length <= shownBytesMax) return { hex: toHex(bytes) }
  return { bytes: bytes.length, hex: `${toHex(bytes.subarray(0, shownBytesMax))}...` }
}

function keyText(key: string): string {
  const bytes = keyBytes(key)
  return textOrNull(bytes) ?? `hex:${toHex(bytes)}`
}
