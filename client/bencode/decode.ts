/**
 * Bencode: bytes -> values. BEP 3, strict.
 *
 * Total: any input gives a value or a fault, and never throws. What two readers could read differently is a fault
 * (leading zeros, -0, bytes after the value). Keys that are out of order or repeated are only reported: real torrents
 * have them, and an infohash is over the original bytes anyway; of a repeated key the first counts.
 *
 * Units: offsets and sizes are bytes of the input; a token is a value, a key, or the end of a list or dictionary.
 * Limits: each is checked before anything is allocated for what it limits. A string longer than the input is a fault
 * at its colon.
 */
import { BencodeDictionary, type BencodeValue, keyFromBytes } from './value.ts'

export interface DecodeLimits {
  readonly bytesMax: number
  readonly depthMax: number
  readonly tokensMax: number
}

/** libtorrent's limits for a .torrent. */
export const DECODE_LIMITS: DecodeLimits = { bytesMax: 10_000_000, depthMax: 100, tokensMax: 3_000_000 }

/** Signed 64 bits have 19 digits, unsigned 20. */
const INTEGER_DIGITS_MAX = 20
/** A torrent of a million unsorted keys must not become a million reports. */
const IRREGULARITIES_MAX = 100

export type DecodeResult =
  | {
      readonly kind: 'value'
      readonly value: BencodeValue
      /** In the order of the input; the first 100. */
      readonly irregularities: readonly Irregularity[]
    }
  | BencodeFault

export type PrefixResult =
  | {
      readonly kind: 'value'
      readonly value: BencodeValue
      /** Where the value ends. */
      readonly endBytes: number
    }
  | BencodeFault

export interface Irregularity {
  readonly code: 'key-order' | 'key-repeated'
  /** Where the key stands. */
  readonly offsetBytes: number
  readonly key: string
}

export interface BencodeFault {
  readonly kind: 'fault'
  readonly code: BencodeFaultCode
  readonly offsetBytes: number
  readonly expected: string
  readonly received: string
}

export type BencodeFaultCode =
  | 'too-large'
  | 'too-deep'
  | 'too-many-tokens'
  | 'truncated'
  | 'unexpected-byte'
  | 'bad-integer'
  | 'bad-length'
  | 'string-beyond-input'
  | 'key-not-string'
  | 'trailing-bytes'

/** The one value that `bytes` is. Byte strings in it are views on `bytes`. */
export function decode(bytes: Uint8Array, limits: Partial<DecodeLimits> = {}): DecodeResult {
  const decoder = new Decoder(bytes, { ...DECODE_LIMITS, ...limits })
  try {
    const value = decoder.whole()
    return { kind: 'value', value, irregularities: decoder.irregularities }
  } catch (error) {
    if (error instanceof Fault) return error.fault
    throw error
  }
}

/**
 * The one value that `bytes` begin with; what follows it is not looked at (BEP 9 appends raw bytes). `bytesMax` limits
 * all of `bytes`.
 */
export function decodePrefix(bytes: Uint8Array, limits: Partial<DecodeLimits> = {}): PrefixResult {
  const decoder = new Decoder(bytes, { ...DECODE_LIMITS, ...limits })
  try {
    const value = decoder.first()
    return { kind: 'value', value, endBytes: decoder.at }
  } catch (error) {
    if (error instanceof Fault) return error.fault
    throw error
  }
}

export function describeBencodeFault(fault: BencodeFault): string {
  return `byte ${fault.offsetBytes}: expected ${fault.expected}, found ${fault.received}`
}

/** Carries a fault out of the recursion; it never leaves this file. */
class Fault extends Error {
  readonly fault: BencodeFault

  constructor(fault: BencodeFault) {
    super(fault.code)
    this.fault = fault
  }
}

const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const DICTIONARY = 0x64
const END = 0x65
const INTEGER = 0x69
const LIST = 0x6c

class Decoder {
  readonly irregularities: Irregularity[] = []
  readonly #bytes: Uint8Array
  readonly #limits: DecodeLimits
  #at = 0
  #tokens = 0

  constructor(bytes: Uint8Array, limits: DecodeLimits) {
    // Views are plain Uint8Arrays even on a Buffer, whose `slice` is another one.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#limits = limits
  }

  get at(): number {
    return this.#at
  }

  whole(): BencodeValue {
    const value = this.first()
    const length = this.#bytes.length
    if (this.#at < length) this.#fail('trailing-bytes', this.#at, 'the end', `${length - this.#at} more bytes`)
    return value
  }

  first(): BencodeValue {
    const length = this.#bytes.length
    const { bytesMax } = this.#limits
    if (length > bytesMax) this.#fail('too-large', bytesMax, `at most ${bytesMax} bytes`, `${length}`)
    return this.#value(0)
  }

  #value(depth: number): BencodeValue {
    this.#countToken()
    const first = this.#bytes[this.#at]
    if (first === undefined) this.#failAtEnd('a value')
    if (first >= ZERO && first <= NINE) return this.#string()
    if (first === INTEGER) return this.#integer()
    if (first !== LIST && first !== DICTIONARY) this.#failHere('unexpected-byte', 'a value (i, l, d or a digit)')
    const { depthMax } = this.#limits
    if (depth >= depthMax) this.#fail('too-deep', this.#at, `at most ${depthMax} levels`, 'one more')
    return first === LIST ? this.#list(depth + 1) : this.#dictionary(depth + 1)
  }

  #list(depth: number): BencodeValue[] {
    const list: BencodeValue[] = []
    this.#at += 1
    while (this.#bytes[this.#at] !== END) list.push(this.#value(depth))
    this.#end()
    return list
  }

  #dictionary(depth: number): BencodeDictionary {
    const dictionary = new BencodeDictionary(this.#at)
    this.#at += 1
    let previous: string | null = null
    while (this.#bytes[this.#at] !== END) {
      const offsetBytes = this.#at
      const key = this.#key()
      const value = this.#value(depth)
      const repeated = dictionary.has(key)
      if (repeated) this.#report({ code: 'key-repeated', offsetBytes, key })
      else dictionary.set(key, value)
      if (!repeated && previous !== null && key < previous) this.#report({ code: 'key-order', offsetBytes, key })
      previous = key
    }
    this.#end()
    dictionary.endBytes = this.#at
    return dictionary
  }

  #key(): string {
    this.#countToken()
    const first = this.#bytes[this.#at]
    if (first === undefined) this.#failAtEnd('a key or the end of the dictionary')
    if (first < ZERO || first > NINE) this.#failHere('key-not-string', 'a key (a byte string)')
    return keyFromBytes(this.#string())
  }

  /** At a digit. */
  #string(): Uint8Array {
    const bytes = this.#bytes
    const start = this.#at
    let length = 0
    let at = start
    for (; ; at++) {
      const digit = bytes[at]
      if (digit === undefined || digit < ZERO || digit > NINE) break
      length = length * 10 + (digit - ZERO)
      if (length > bytes.length) this.#failBeyondInput(start)
      if (at > start && bytes[start] === ZERO) this.#fail('bad-length', start, 'no leading zero', 'one')
    }
    this.#at = at
    if (at === bytes.length) this.#failAtEnd('a colon')
    if (bytes[at] !== COLON) this.#failHere('bad-length', 'a digit or a colon')
    const from = at + 1
    if (length > bytes.length - from) this.#failBeyondInput(start)
    this.#at = from + length
    // As `subarray` does, for two thirds of its memory and time: a .torrent can have a million of these.
    return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length)
  }

  /** At its `i`. */
  #integer(): number | bigint {
    const bytes = this.#bytes
    const start = this.#at
    const negative = bytes[start + 1] === MINUS
    const firstDigit = start + (negative ? 2 : 1)
    let value = 0
    let at = firstDigit
    for (; ; at++) {
      const digit = bytes[at]
      if (digit === undefined || digit < ZERO || digit > NINE) break
      if (at - firstDigit === INTEGER_DIGITS_MAX) {
        this.#fail('bad-integer', start, `at most ${INTEGER_DIGITS_MAX} digits`, 'more')
      }
      value = value * 10 + (digit - ZERO)
    }
    this.#at = at
    if (at === bytes.length) this.#failAtEnd('the end of an integer')
    if (bytes[at] !== END) this.#failHere('bad-integer', 'a digit or the end of an integer')
    if (at === firstDigit) this.#fail('bad-integer', start, 'a digit', 'none')
    if (bytes[firstDigit] === ZERO && (negative || at > firstDigit + 1)) {
      this.#fail('bad-integer', start, 'no leading zero and no minus zero', 'one')
    }
    this.#at = at + 1
    if (Number.isSafeInteger(value)) return negative ? -value : value
    return BigInt(String.fromCharCode(...bytes.subarray(start + 1, at)))
  }

  #end(): void {
    this.#countToken()
    this.#at += 1
  }

  #countToken(): void {
    this.#tokens += 1
    const { tokensMax } = this.#limits
    if (this.#tokens > tokensMax) this.#fail('too-many-tokens', this.#at, `at most ${tokensMax} tokens`, 'one more')
  }

  #report(irregularity: Irregularity): void {
    if (this.irregularities.length < IRREGULARITIES_MAX) this.irregularities.push(irregularity)
  }

  #failBeyondInput(start: number): never {
    const left = this.#bytes.length - start
    this.#fail('string-beyond-input', start, `a string that ends in the ${left} bytes left`, 'a longer one')
  }

  #failAtEnd(expected: string): never {
    this.#fail('truncated', this.#bytes.length, expected, 'the end of the input')
  }

  #failHere(code: BencodeFaultCode, expected: string): never {
    const byte = this.#bytes[this.#at] ?? 0
    const shown = byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : ''
    this.#fail(code, this.#at, expected, `0x${byte.toString(16).padStart(2, '0')} ${shown}`.trim())
  }

  #fail(code: BencodeFaultCode, offsetBytes: number, expected: string, received: string): never {
    throw new Fault({ kind: 'fault', code, offsetBytes, expected, received })
  }
}
