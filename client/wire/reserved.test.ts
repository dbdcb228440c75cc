import { expect, test } from 'vitest'
import { hasExtensions, hasFast, ourReserved } from './reserved.ts'
import { bytes, hex } from './stream.testing.ts'

test('we speak the extension protocol (BEP 10) and fast (BEP 6), and nothing else', () => {
  expect(hex(ourReserved())).toBe('0000000000100004')
})

test('nobody changes the bytes for others', () => {
  ourReserved().fill(0xff)
  expect(hex(ourReserved())).toBe('0000000000100004')
})

test.each([
  ['0000000000000000', false, false],
  ['0000000000100000', true, false],
  ['0000000000000004', false, true],
  ['0000000000100005', true, true],
  ['ffffffffffefffff', false, true],
  ['fffffffffffffffb', true, false],
  ['', false, false],
])('%s: extensions %s, fast %s', (reserved, extensions, fast) => {
  expect([hasExtensions(bytes(reserved)), hasFast(bytes(reserved))]).toEqual([extensions, fast])
})
