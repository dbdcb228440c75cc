/**
 * Bencode: values -> bytes. BEP 3, canonical: keys are sorted by their bytes whatever order they are given in.
 *
 * A string is written as UTF-8; a key is one character a byte (see `value.ts`).
 */
import { joined } from '../ports/bytes.ts'
import { keyBytes } from './value.ts'

export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | EncodableRecord

/** A dictionary written down in code. An entry that is undefined is left out. */
export interface EncodableRecord {
  readonly [key: string]: Encodable | undefined
}

/** Throws RangeError for a number that is not a safe integer and for a key that is not one character a byte. */
export function encode(value: Encodable): Uint8Array {
  const parts: Uint8Array[] = []
  write(value, parts)
  return joined(parts)
}

const text = new TextEncoder()
const LIST = text.encode('l')
const DICTIONARY = text.encode('d')
const END = text.encode('e')

function write(value: Encodable, parts: Uint8Array[]): void {
  if (typeof value === 'number' || typeof value === 'bigint') writeInteger(value, parts)
  else if (typeof value === 'string') writeBytes(text.encode(value), parts)
  else if (value instanceof Uint8Array) writeBytes(value, parts)
  else if (isList(value)) writeList(value, parts)
  else writeDictionary(value instanceof Map ? [...value] : Object.entries(value as EncodableRecord), parts)
}

function writeInteger(value: number | bigint, parts: Uint8Array[]): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`)
  parts.push(text.encode(`i${value}e`))
}

function writeBytes(bytes: Uint8Array, parts: Uint8Array[]): void {
  parts.push(text.encode(`${bytes.length}:`), bytes)
}

function writeList(list: readonly Encodable[], parts: Uint8Array[]): void {
  parts.push(LIST)
  for (const item of list) write(item, parts)
  parts.push(END)
}

function writeDictionary(entries: [string, Encodable | undefined][], parts: Uint8Array[]): void {
  parts.push(DICTIONARY)
  for (const [key, item] of entries.sort(byKey)) {
    if (item === undefined) continue
    writeBytes(keyBytes(key), parts)
    write(item, parts)
  }
  parts.push(END)
}

function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value)
}

/** Characters are bytes here, so the order of strings is the order of bytes. */
function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
