/** Reading keys of a decoded dictionary: the value with its type, or a Refusal that names the key. */
import { BencodeDictionary, type BencodeList, type BencodeValue, textFromBytes } from '../bencode/value.ts'
import { describeValue, Refusal } from './metainfo-fault.ts'

export function requiredInteger(
  dictionary: BencodeDictionary,
  key: string,
  at: string,
  [min, max]: readonly [number, number],
): number {
  const value = required(dictionary, key, at)
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongType(value, 'an integer', under(at, key))
  if (typeof value === 'bigint' || value < min || value > max) {
    throw new Refusal('out-of-range', under(at, key), `an integer from ${min} to ${max}`, `${value}`)
  }
  return value
}

export function requiredBytes(dictionary: BencodeDictionary, key: string, at: string): Uint8Array {
  const value = required(dictionary, key, at)
  if (value instanceof Uint8Array) return value
  throw wrongType(value, 'a string', under(at, key))
}

export function requiredDictionary(dictionary: BencodeDictionary, key: string, at: string): BencodeDictionary {
  const value = required(dictionary, key, at)
  if (value instanceof BencodeDictionary) return value
  throw wrongType(value, 'a dictionary', under(at, key))
}

export function asDictionary(value: BencodeValue, at: string): BencodeDictionary {
  if (value instanceof BencodeDictionary) return value
  throw wrongType(value, 'a dictionary', at)
}

export function asList(value: BencodeValue, at: string): BencodeList {
  if (isList(value)) return value
  throw wrongType(value, 'a list', at)
}

/** What some programs write beside a key for readers of UTF-8, else the key itself. */
export function preferUtf8(dictionary: BencodeDictionary, key: string): string {
  return dictionary.has(`${key}.utf-8`) ? `${key}.utf-8` : key
}

/** A key nothing depends on: of another type it counts as absent. */
export function optionalText(dictionary: BencodeDictionary, key: string): string | null {
  const value = dictionary.get(key)
  return value instanceof Uint8Array ? textFromBytes(value) : null
}

/** As `optionalText`. */
export function optionalCount(dictionary: BencodeDictionary, key: string): number | null {
  const value = dictionary.get(key)
  return typeof value === 'number' && value >= 0 ? value : null
}

export function isList(value: BencodeValue | undefined): value is BencodeList {
  return Array.isArray(value)
}

export function under(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`
}

function required(dictionary: BencodeDictionary, key: string, at: string): BencodeValue {
  const value = dictionary.get(key)
  if (value === undefined) throw new Refusal('missing', under(at, key), 'this key', 'nothing')
  return value
}

function wrongType(value: BencodeValue, expected: string, at: string): Refusal {
  return new Refusal('wrong-type', at, expected, describeValue(value))
}
