import { expect, test } from 'vitest'
import { type Encodable, encode } from './encode.ts'
import { keyFromBytes } from './value.ts'

test.each<[Encodable, string]>([
  [0, 'i0e'],
  [-0, 'i0e'],
  [-42, 'i-42e'],
  [2n ** 64n, 'i18446744073709551616e'],
  ['', '0:'],
  ['ü', '2:\xc3\xbc'],
  [Uint8Array.of(0, 255), '2:\x00\xff'],
  [[], 'le'],
  [[1, ['a']], 'li1el1:aee'],
  [{}, 'de'],
  [{ b: 1, a: 2, left: undefined }, 'd1:ai2e1:bi1ee'],
  [new Map([['a', 1]]), 'd1:ai1ee'],
])('%o is %j', (value, text) => {
  expect(keyFromBytes(encode(value))).toBe(text)
})

test('keys are sorted as bytes, whatever order they come in', () => {
  const keys = ['b', '\xff', 'aa', 'a', 'Z', '']
  const text = keyFromBytes(encode(new Map(keys.map((key) => [key, 0]))))
  expect(text).toBe('d0:i0e1:Zi0e1:ai0e2:aai0e1:bi0e1:\xffi0ee')
})

test.each<[string, Encodable]>([
  ['a fraction', 0.5],
  ['beyond safe integers', 2 ** 53],
  ['not a number', Number.NaN],
  ['a key beyond Latin-1', { 文: 1 }],
])('%s is refused', (_, value) => {
  expect(() => encode(value)).toThrow(RangeError)
})
