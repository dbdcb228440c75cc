import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BencodeFaultCode, DECODE_LIMITS, type DecodeLimits, decode, describeBencodeFault } from './decode.ts'
import { type Encodable, encode } from './encode.ts'
import { BencodeDictionary, type BencodeValue, keyBytes, keyFromBytes } from './value.ts'

const latin1 = (text: string) => keyBytes(text)

function decoded(text: string, limits: Partial<DecodeLimits> = {}): BencodeValue {
  const result = decode(latin1(text), limits)
  if (result.kind === 'fault') throw new Error(describeBencodeFault(result))
  return result.value
}

function faultOf(text: string, limits: Partial<DecodeLimits> = {}) {
  const result = decode(latin1(text), limits)
  return result.kind === 'fault' ? { code: result.code, offsetBytes: result.offsetBytes } : 'no fault'
}

test.each<[string, number | bigint]>([
  ['i0e', 0],
  ['i-1e', -1],
  ['i42e', 42],
  ['i9007199254740991e', Number.MAX_SAFE_INTEGER],
  ['i-9007199254740991e', Number.MIN_SAFE_INTEGER],
  ['i9007199254740992e', 2n ** 53n],
  ['i-9223372036854775808e', -(2n ** 63n)],
  ['i18446744073709551615e', 2n ** 64n - 1n],
])('%s is %s', (text, value) => {
  expect(decoded(text)).toBe(value)
})

test('a byte string is a view on the input, also when that is a Buffer', () => {
  const input = Buffer.from('4:spam')
  const result = decode(input)
  const value = result.kind === 'value' ? result.value : null
  expect(value).toBeInstanceOf(Uint8Array)
  expect(Buffer.isBuffer(value)).toBe(false)
  input[2] = 'S'.charCodeAt(0)
  expect(value).toEqual(latin1('Spam'))
})

test('a dictionary keeps the order of its keys, keys of any bytes, and where it stood', () => {
  const value = decoded('ld2:\xff\x00i1e1:ai2eee') as BencodeValue[]
  const dictionary = value[0] as BencodeDictionary
  expect([...dictionary]).toEqual([
    ['\xff\x00', 1],
    ['a', 2],
  ])
  expect([dictionary.startBytes, dictionary.endBytes]).toEqual([1, 16])
})

describe('what two readers could read differently is a fault that names its byte', () => {
  test.each<[string, BencodeFaultCode, number]>([
    ['', 'truncated', 0],
    ['i', 'truncated', 1],
    ['i4', 'truncated', 2],
    ['ie', 'bad-integer', 0],
    ['i-e', 'bad-integer', 0],
    ['i-0e', 'bad-integer', 0],
    ['i03e', 'bad-integer', 0],
    ['i-03e', 'bad-integer', 0],
    ['i+3e', 'bad-integer', 1],
    ['i 3e', 'bad-integer', 1],
    ['i3.0e', 'bad-integer', 2],
    ['i--3e', 'bad-integer', 2],
    ['li1ei0x1ee', 'bad-integer', 6],
    ['3:ab', 'string-beyond-input', 0],
    ['03:abc', 'bad-length', 0],
    ['00:', 'bad-length', 0],
    ['3abc', 'bad-length', 1],
    ['-1:a', 'unexpected-byte', 0],
    ['3', 'string-beyond-input', 0],
    ['0', 'truncated', 1],
    ['l', 'truncated', 1],
    ['li1e', 'truncated', 4],
    ['d', 'truncated', 1],
    ['d1:a', 'truncated', 4],
    ['d1:ae', 'unexpected-byte', 4],
    ['di1e1:ae', 'key-not-string', 1],
    ['dlei1ee', 'key-not-string', 1],
    ['e', 'unexpected-byte', 0],
    ['x', 'unexpected-byte', 0],
    ['i1ei2e', 'trailing-bytes', 3],
    ['i1e\n', 'trailing-bytes', 3],
  ])('%j: %s at byte %i', (text, code, offsetBytes) => {
    expect(faultOf(text)).toEqual({ code, offsetBytes })
  })
})

test('a fault says in one line where, what was expected and what was found', () => {
  const result = decode(latin1('d3:fooxe'))
  expect(result.kind === 'fault' && describeBencodeFault(result)).toBe(
    "byte 6: expected a value (i, l, d or a digit), found 0x78 'x'",
  )
})

describe('keys out of order or repeated are reported, and the first counts', () => {
  test.each([
    ['d1:bi1e1:ai2ee', [{ code: 'key-order', offsetBytes: 7, key: 'a' }], { b: 1, a: 2 }],
    ['d1:ai1e1:ai2ee', [{ code: 'key-repeated', offsetBytes: 7, key: 'a' }], { a: 1 }],
    ['d1:ai1e2:aai2e1:Bi3ee', [{ code: 'key-order', offsetBytes: 14, key: 'B' }], { a: 1, aa: 2, B: 3 }],
    ['d1:ai1e2:aai2e1:\xffi3ee', [], { a: 1, aa: 2, '\xff': 3 }],
  ])('%j', (text, irregularities, entries) => {
    const result = decode(latin1(text))
    expect(result).toMatchObject({ kind: 'value', irregularities })
    expect(result.kind === 'value' && Object.fromEntries(result.value as BencodeDictionary)).toEqual(entries)
  })

  test('at most 100 of them', () => {
    const result = decode(latin1(`d${'1:ai1e'.repeat(1000)}e`))
    expect(result.kind === 'value' && result.irregularities.length).toBe(100)
  })
})

describe('limits hold at the limit and not one above', () => {
  test('depth', () => {
    const nested = (levels: number) => `${'l'.repeat(levels)}${'e'.repeat(levels)}`
    expect(decoded(nested(DECODE_LIMITS.depthMax))).toBeInstanceOf(Array)
    expect(faultOf(nested(DECODE_LIMITS.depthMax + 1))).toEqual({ code: 'too-deep', offsetBytes: 100 })
    expect(faultOf('d1:ad1:bdeee', { depthMax: 2 })).toEqual({ code: 'too-deep', offsetBytes: 8 })
  })

  test('size', () => {
    expect(decoded('3:abc', { bytesMax: 5 })).toEqual(latin1('abc'))
    expect(faultOf('3:abc', { bytesMax: 4 })).toEqual({ code: 'too-large', offsetBytes: 4 })
  })

  test('tokens: a value, a key, an end', () => {
    expect(decoded('d1:ai1ee', { tokensMax: 4 })).toBeInstanceOf(BencodeDictionary)
    expect(faultOf('d1:ai1ee', { tokensMax: 3 })).toEqual({ code: 'too-many-tokens', offsetBytes: 7 })
    expect(faultOf('li1ei2ei3ee', { tokensMax: 3 })).toEqual({ code: 'too-many-tokens', offsetBytes: 7 })
  })

  test('digits', () => {
    expect(decoded(`i${'9'.repeat(20)}e`)).toBe(10n ** 20n - 1n)
    expect(faultOf(`i${'9'.repeat(21)}e`)).toEqual({ code: 'bad-integer', offsetBytes: 0 })
  })
})

describe('what brought other clients down costs nothing here', () => {
  const millions = 9_000_000
  test.each<[string, string, BencodeFaultCode]>([
    ['26 bytes that reserve 4 GB (rakshasa/libtorrent PR 874)', 'd4:infod6:pieces4294967295:', 'string-beyond-input'],
    ['a length that overflows 32 bits', '4294967299:abc', 'string-beyond-input'],
    ['a length that overflows 64 bits', `${'9'.repeat(40)}:a`, 'string-beyond-input'],
    ['lists without an end', 'l'.repeat(millions), 'too-deep'],
    ['dictionaries without an end', 'd1:a'.repeat(millions / 4), 'too-deep'],
    ['an integer without an end', `i${'1'.repeat(millions)}`, 'bad-integer'],
    ['a length without an end', '1'.repeat(millions), 'string-beyond-input'],
    ['a length of zeros without an end', '0'.repeat(millions), 'bad-length'],
  ])('%s', (_, text, code) => {
    expect(faultOf(text)).toMatchObject({ code })
  })
})

const bytes = fc.uint8Array({ maxLength: 40 })
const key = fc.uint8Array({ maxLength: 8 }).map(keyFromBytes)
const { tree } = fc.letrec<{ tree: Encodable }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeInteger(),
    bytes,
    fc.array(tie('tree')),
    fc.array(fc.tuple(key, tie('tree'))).map((entries) => new Map(entries)),
  ),
}))

test('what was encoded decodes to the same, without a report', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const encoded = encode(value)
      const result = decode(encoded)
      expect(result).toMatchObject({ kind: 'value', irregularities: [] })
      expect(result.kind === 'value' && encode(result.value)).toEqual(encoded)
      expect(result.kind === 'value' && plain(result.value)).toEqual(plain(value))
    }),
  )
})

test('no part of an encoding from its start is an encoding', () => {
  fc.assert(
    fc.property(tree, fc.nat(), (value, cut) => {
      const encoded = encode(value)
      expect(decode(encoded.subarray(0, cut % encoded.length)).kind).toBe('fault')
    }),
  )
})

test('any bytes give a value or a fault inside the input, and never throw', () => {
  const alphabet = fc.constantFrom(...'ilde:0123456789-a')
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 30 }), (characters) => {
      const text = characters.join('')
      const result = decode(latin1(text))
      if (result.kind === 'fault') expect(result.offsetBytes).toBeLessThanOrEqual(text.length)
      else if (result.irregularities.length === 0) expect(encode(result.value)).toEqual(latin1(text))
    }),
    { numRuns: 2000 },
  )
})

test('every .torrent of other programs comes back byte for byte', () => {
  const folder = new URL('../fixtures/torrents/', import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.torrent'))
  for (const name of names) {
    const original = readFileSync(new URL(name, folder))
    const result = decode(original)
    expect(result, name).toMatchObject({ kind: 'value', irregularities: [] })
    expect(result.kind === 'value' && Buffer.compare(encode(result.value), original), name).toBe(0)
  }
  expect(names.length).toBe(11)
})

/** Maps as sorted lists of entries, so that the kind of map does not count. */
function plain(value: Encodable): unknown {
  if (value instanceof Map) return [...value].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, item]) => [k, plain(item)])
  return Array.isArray(value) ? value.map(plain) : value
}
