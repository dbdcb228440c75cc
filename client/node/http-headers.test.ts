import { expect, test } from 'vitest'
import { parseContentRange, parseRetryAfter } from './http-headers.ts'

test.each([
  ['bytes 0-499/1234', { offsetBytes: 0, lengthBytes: 500, totalBytes: 1234 }],
  ['Bytes  16384-16384/*', { offsetBytes: 16_384, lengthBytes: 1, totalBytes: null }],
  [' bytes 1-9007199254740990/9007199254740991 ', expect.objectContaining({ totalBytes: 2 ** 53 - 1 })],
  ['bytes 5-9/10', { offsetBytes: 5, lengthBytes: 5, totalBytes: 10 }],
])('Content-Range %j is %j', (text, range) => expect(parseContentRange(text)).toEqual(range))

test.each([
  undefined,
  '',
  'bytes */1234',
  'bytes 5-4/10',
  'bytes 5-10/10',
  'bytes 0-99999999999999999999/*',
  'items 0-4/5',
  'bytes 0-4',
  'bytes 0-4/5, bytes 6-7/8',
  'bytes -4/5',
])('Content-Range %j is none', (text) => expect(parseContentRange(text)).toBeNull())

const NOW = Date.UTC(2026, 0, 1)

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
])('Retry-After %j is %d ms', (text, waitMs) => expect(parseRetryAfter(text, NOW)).toBe(waitMs))

test.each([undefined, '', '-1', '1.5', 'soon', '99999999999', 'Thu, 99 Foo'])('Retry-After %j is none', (text) =>
  expect(parseRetryAfter(text, NOW)).toBeNull(),
)
