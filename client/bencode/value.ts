/**
 * Bencoded values in memory. BEP 3.
 *
 * An integer is a `number` when it is safe, else a `bigint`. A byte string is a view on the input: text is read from it
 * where it is known to be text. A dictionary's key is a byte string too, kept as a string of one character a byte
 * (Latin-1), so that `get('piece length')` reads well and no byte is lost.
 */
export type BencodeValue = number | bigint | Uint8Array | BencodeList | BencodeDictionary

export interface BencodeList extends ReadonlyArray<BencodeValue> {}

/** Keys in the order of the input. `startBytes` to `endBytes` is where it stood, from its `d` to past its `e`. */
export class BencodeDictionary extends Map<string, BencodeValue> {
  readonly startBytes: number
  endBytes: number

  constructor(startBytes: number) {
    super()
    this.startBytes = startBytes
    this.endBytes = startBytes
  }
}

/** The bytes of a dictionary's key. */
export function keyBytes(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length)
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index)
    if (code > 255) throw new RangeError(`a key is one character a byte, not ${JSON.stringify(key)}`)
    bytes[index] = code
  }
  return bytes
}

/** Of nearly every key. Up to here a loop is four times as fast as a call with many arguments. */
const SHORT_KEY_BYTES = 32
/** As many arguments as a call can safely have. */
const KEY_CHUNK_BYTES = 4096

/** The key that a dictionary has these bytes under: what `keyBytes` undoes. */
export function keyFromBytes(bytes: Uint8Array): string {
  let key = ''
  if (bytes.length <= SHORT_KEY_BYTES) {
    for (const byte of bytes) key += String.fromCharCode(byte)
    return key
  }
  for (let at = 0; at < bytes.length; at += KEY_CHUNK_BYTES) {
    key += String.fromCharCode(...bytes.subarray(at, at + KEY_CHUNK_BYTES))
  }
  return key
}

const lenientText = new TextDecoder('utf-8', { ignoreBOM: true })
const strictText = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/** UTF-8; what is not becomes U+FFFD. */
export function textFromBytes(bytes: Uint8Array): string {
  return lenientText.decode(bytes)
}

/** UTF-8, or null when it is not. */
export function textOrNull(bytes: Uint8Array): string | null {
  try {
    return strictText.decode(bytes)
  } catch {
    return null
  }
}
