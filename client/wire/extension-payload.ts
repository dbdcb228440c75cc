/** What the payloads of extension messages share: a bencoded dictionary of bounded size and depth. BEP 10. */
import { decodePrefix, describeBencodeFault } from '../bencode/decode.ts'
import { BencodeDictionary, type BencodeValue } from '../bencode/value.ts'
import { type WireFault, wireFault } from './fault.ts'

export interface ExtensionPayload {
  readonly dictionary: BencodeDictionary
  /** What follows the dictionary: a view on the payload. */
  readonly rest: Uint8Array
}

/** An honest handshake nests twice and names a dozen extensions; ten times that is plenty. */
const DEPTH_MAX = 20
const TOKENS_MAX = 1000

/** Nothing is looked at when there are more than `bytesMax`. Byte strings are views on the payload. */
export function parseExtensionPayload(payload: Uint8Array, bytesMax: number): ExtensionPayload | WireFault {
  if (payload.length > bytesMax) return wireFault('extension.too-long', `at most ${bytesMax} bytes`, payload.length)
  const decoded = decodePrefix(payload, { bytesMax, depthMax: DEPTH_MAX, tokensMax: TOKENS_MAX })
  if (decoded.kind === 'fault') {
    return wireFault('extension.bencode', 'a bencoded dictionary', describeBencodeFault(decoded))
  }
  if (!(decoded.value instanceof BencodeDictionary)) {
    return wireFault('extension.bencode', 'a bencoded dictionary', 'another value')
  }
  return { dictionary: decoded.value, rest: payload.subarray(decoded.endBytes) }
}

/** The value when it is an integer in this range, else null: a key of another kind counts as absent. */
export function integerIn(value: BencodeValue | undefined, min: number, max: number): number | null {
  return typeof value === 'number' && value >= min && value <= max ? value : null
}

export function bytesOrNull(value: BencodeValue | undefined): Uint8Array | null {
  return value instanceof Uint8Array ? value : null
}
