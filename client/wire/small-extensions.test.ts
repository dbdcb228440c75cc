import { expect, test } from 'vitest'
import { encodeDontHave, parseDontHave, parseUploadOnly } from './small-extensions.ts'
import { bytes, hex } from './stream.testing.ts'

test.each([
  [0, '00000000'],
  [0x0102, '00000102'],
  [0xffff_ffff, 'ffffffff'],
])('lt_donthave of piece %i is %s (BEP 54)', (piece, payload) => {
  expect(hex(encodeDontHave(piece))).toBe(payload)
  expect(parseDontHave(bytes(payload))).toEqual({ piece })
})

test.each(['', '000001', '0000000100'])('lt_donthave of the bytes "%s" is a fault', (payload) => {
  const received = String(payload.length / 2)
  expect(parseDontHave(bytes(payload))).toEqual({
    code: 'extension.length',
    expected: 'lt_donthave of 4 bytes',
    received,
  })
})

test.each([
  ['00', { uploadOnly: false }],
  ['01', { uploadOnly: true }],
  ['ff', { uploadOnly: true }],
  ['', { code: 'extension.length', expected: 'upload_only of 1 byte', received: '0' }],
  ['0100', { code: 'extension.length', expected: 'upload_only of 1 byte', received: '2' }],
])('upload_only of the bytes "%s" is %j', (payload, outcome) => {
  expect(parseUploadOnly(bytes(payload))).toEqual(outcome)
})
