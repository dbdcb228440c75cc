/** Bencode for the targets that read it: values out of nothing, and values with one thing in them changed. */
import { decode } from '../bencode/decode.ts'
import { type Encodable, encode } from '../bencode/encode.ts'
import { type BencodeValue, keyBytes } from '../bencode/value.ts'
import type { Random } from '../ports/random.ts'
import { happens, pick, someBytes, times } from './chance.ts'

const DEPTH_MAX = 5
const TELLING_INTEGERS = [0, 1, -1, 2, 7, 255, 256, 16_384, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1]
const HUGE_INTEGERS = [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)]
const TELLING_TEXTS = ['', '.', '..', '/', '\0', '\x1b[2J', '<b>', 'CON', 'a/b', '\u202e', 'é', 'http://127.0.0.1:1/a']

/** Keys are of `vocabulary` more often than not. */
export function someValue(random: Random, vocabulary: readonly string[], depth = 0): Encodable {
  const kind = random.below(depth < DEPTH_MAX ? 10 : 6)
  if (kind < 2) return happens(random, 90) ? pick(random, TELLING_INTEGERS) : pick(random, HUGE_INTEGERS)
  if (kind < 4) return pick(random, TELLING_TEXTS)
  if (kind < 6) return someBytes(random, 80)
  if (kind < 8) return times(random, 4, () => someValue(random, vocabulary, depth + 1))
  const entries = times(random, 5, (): [string, Encodable] => [
    someKey(random, vocabulary),
    someValue(random, vocabulary, depth + 1),
  ])
  return new Map(entries)
}

/** What `input` says with one thing in it changed, written canonically; null when it is no bencode. */
export function reshapedBencode(random: Random, input: Uint8Array, vocabulary: readonly string[]): Uint8Array | null {
  const decoded = decode(input)
  return decoded.kind === 'fault' ? null : encode(changed(random, decoded.value, vocabulary))
}

/** Goes down a random way and changes what is there. */
function changed(random: Random, value: BencodeValue, vocabulary: readonly string[]): Encodable {
  if (happens(random, 10)) return someValue(random, vocabulary)
  if (value instanceof Uint8Array) return changedBytes(random, value)
  if (typeof value === 'number' || typeof value === 'bigint') return changedInteger(random, value)
  if (value instanceof Map) return changedDictionary(random, value, vocabulary)
  return changedList(random, value as readonly BencodeValue[], vocabulary)
}

function changedBytes(random: Random, bytes: Uint8Array): Encodable {
  const how = random.below(4)
  if (how === 0) return pick(random, TELLING_TEXTS)
  if (how === 1) return bytes.subarray(0, random.below(bytes.length + 1))
  if (how === 2) return someBytes(random, 80)
  const longer = new Uint8Array(bytes.length + random.below(40))
  longer.set(bytes)
  return longer
}

function changedInteger(random: Random, value: number | bigint): Encodable {
  const how = random.below(3)
  if (how === 0) return pick(random, TELLING_INTEGERS)
  if (how === 1) return pick(random, HUGE_INTEGERS)
  return BigInt(value) + BigInt(random.below(5) - 2)
}

function changedDictionary(
  random: Random,
  value: ReadonlyMap<string, BencodeValue>,
  vocabulary: readonly string[],
): Encodable {
  const entries = new Map<string, Encodable>(value)
  const key = value.size === 0 ? undefined : pick(random, [...value.keys()])
  const how = random.below(10)
  if (key === undefined || how === 0) {
    entries.set(someKey(random, vocabulary), someValue(random, vocabulary))
  } else if (how === 1) {
    entries.delete(key)
  } else if (how === 2) {
    entries.set(someKey(random, vocabulary), value.get(key)!)
  } else {
    entries.set(key, changed(random, value.get(key)!, vocabulary))
  }
  return entries
}

function changedList(random: Random, list: readonly BencodeValue[], vocabulary: readonly string[]): Encodable {
  const items: Encodable[] = [...list]
  const at = random.below(list.length + 1)
  const item = list[at]
  const how = random.below(6)
  if (item === undefined || how === 0) items.splice(at, 0, someValue(random, vocabulary))
  else if (how === 1) items.splice(at, 1)
  else if (how === 2) items.splice(at, 0, ...new Array<Encodable>(pick(random, [1, 2, 100])).fill(item))
  else items[at] = changed(random, item, vocabulary)
  return items
}

function someKey(random: Random, vocabulary: readonly string[]): string {
  return happens(random, 90) ? pick(random, vocabulary) : pick(random, ['', 'x', '\xff', '__proto__', 'constructor'])
}

/** Depth and token count as the decoder's limits count them. */
export function measured(value: BencodeValue): { readonly depth: number; readonly tokens: number } {
  if (value instanceof Map) return nested([...value].flatMap(([key, item]) => [keyBytes(key), item]))
  return Array.isArray(value) ? nested(value as readonly BencodeValue[]) : { depth: 0, tokens: 1 }
}

function nested(items: readonly BencodeValue[]): { readonly depth: number; readonly tokens: number } {
  let depth = 0
  let tokens = 2
  for (const item of items) {
    const inner = measured(item)
    depth = Math.max(depth, inner.depth)
    tokens += inner.tokens
  }
  return { depth: depth + 1, tokens }
}
