/** Bencode: `decode`, `decodePrefix` and `encode`. */
import { type DecodeResult, decode, decodePrefix } from '../../bencode/decode.ts'
import { encode } from '../../bencode/encode.ts'
import { keyBytes } from '../../bencode/value.ts'
import { measured, reshapedBencode, someValue } from '../bencode-shapes.ts'
import { type FuzzTarget, holds, sameBytes } from '../target.ts'

const VOCABULARY = ['a', 'aa', 'b', 'info', 'length', '\xff\xff', '']
/** Near enough to be met by inputs of some kilobytes. */
const LIMITS = { depthMax: 6, tokensMax: 60 }

/** `decodeUnderTest` stands in for `decode` where a test plants a mistake in it. */
export function bencodeTarget(decodeUnderTest: typeof decode = decode): FuzzTarget {
  return {
    name: 'bencode',
    generate: (random) => encode(someValue(random, VOCABULARY)),
    reshape: (random, input) => reshapedBencode(random, input, VOCABULARY),
    run(input) {
      const decoded = decodeUnderTest(input)
      checkPrefix(input, decoded)
      checkLimits(input, decoded)
      if (decoded.kind === 'fault') {
        holds(decoded.offsetBytes <= input.length, 'a fault is inside the input')
        return decoded.code
      }
      checkEncoding(input, decoded)
      const { depth } = measured(decoded.value)
      return `value ${depth} deep, irregular: ${[...new Set(decoded.irregularities.map(({ code }) => code))]}`
    },
  }
}

function checkEncoding(input: Uint8Array, decoded: DecodeResult & { kind: 'value' }): void {
  const canonical = encode(decoded.value)
  const again = decode(canonical)
  holds(again.kind === 'value' && again.irregularities.length === 0, 'what is encoded is canonical')
  holds(sameBytes(encode(again.value), canonical), 'decoding and encoding again changes nothing')
  if (decoded.irregularities.length === 0) holds(sameBytes(canonical, input), 'a regular input is the one encoding')
  else holds(canonical.length <= input.length, 'an irregular input is no shorter than the canonical one')
}

function checkPrefix(input: Uint8Array, decoded: DecodeResult): void {
  const prefix = decodePrefix(input)
  if (decoded.kind === 'value') {
    holds(prefix.kind === 'value' && prefix.endBytes === input.length, 'a value is its own prefix')
    if (input.length > 0) holds(decode(input.subarray(0, -1)).kind === 'fault', 'no value without its last byte is one')
  } else if (prefix.kind === 'value') {
    holds(decoded.code === 'trailing-bytes', 'what begins with a value is only too long')
    holds(decoded.offsetBytes === prefix.endBytes, 'a value ends where trailing bytes begin')
    holds(decode(input.subarray(0, prefix.endBytes)).kind === 'value', 'a prefix alone is a value')
  } else {
    holds(prefix.code === decoded.code && prefix.offsetBytes === decoded.offsetBytes, 'both ways see one fault')
  }
}

function checkLimits(input: Uint8Array, decoded: DecodeResult): void {
  const limited = decode(input, LIMITS)
  if (decoded.kind === 'fault' || decoded.irregularities.some(({ code }) => code === 'key-repeated')) return
  const { depth, tokens } = measured(decoded.value)
  const fits = depth <= LIMITS.depthMax && tokens <= LIMITS.tokensMax
  holds((limited.kind === 'value') === fits, 'limits hold at the limit and not one above')
  const { irregularities } = decoded
  holds(
    irregularities.every(({ key }) => keyBytes(key).length === key.length),
    'keys are one character a byte',
  )
}
