import { expect, test } from 'vitest'
import { parseTrackerUrl } from './tracker-url.ts'

test.each([
  ['http://t/announce', { kind: 'http' }],
  ['HTTPS://t/announce?a', { kind: 'http' }],
  [
    'udp://tracker.example:80/dir?a=b&c=d',
    { kind: 'udp', host: 'tracker.example', port: 80, requestString: '/dir?a=b&c=d' },
  ],
  ['udp://10.0.0.1:65535', { kind: 'udp', host: '10.0.0.1', port: 65_535, requestString: '' }],
  ['UDP://[2001:DB8::1]:1?x#y', { kind: 'udp', host: '2001:db8::1', port: 1, requestString: '?x' }],
  ['udp://user:secret@t:9/ä b', { kind: 'udp', host: 't', port: 9, requestString: '/%C3%A4%20b' }],
])('%s is %o', (url, endpoint) => {
  expect(parseTrackerUrl(url)).toEqual(endpoint)
})

test.each([
  ['nonsense', 'this is not an http:, https: or udp: URL'],
  [`${'a'.repeat(20)}://t`, `${'a'.repeat(20)}: trackers are not supported`],
  [`${'a'.repeat(21)}://t`, 'this is not an http:, https: or udp: URL'],
  ['//t/announce', 'this is not an http:, https: or udp: URL'],
  ['wss://t/announce', 'wss: trackers are not supported'],
  ['file:///etc/passwd', 'file: trackers are not supported'],
  ['javascript:alert(1)', 'javascript: trackers are not supported'],
  ['udp://t/announce', 'this udp: URL names no port'],
  ['udp://t:0', 'this udp: URL names no port'],
  ['udp://t:65536', 'this udp: URL names no host'],
  ['udp://:80', 'this udp: URL names no host'],
  ['udp:t:80', 'this udp: URL names no host'],
])('%s cannot be asked: %s', (url, reason) => {
  expect(parseTrackerUrl(url)).toBe(reason)
})

test.each([
  ['http://t/', 8_192, 'longer than 8192 characters'],
  ['udp://t:1', 1_209, 'the path and query of a udp: URL have at most 1200 bytes, not 1201'],
])('%s… of %i characters is read, and of one more is not: %s', (start, length, reason) => {
  const longest = start + (start.endsWith('/') ? '' : '/') + 'x'.repeat(length)
  expect(parseTrackerUrl(longest.slice(0, length))).not.toBeTypeOf('string')
  expect(parseTrackerUrl(longest.slice(0, length + 1))).toBe(reason)
})
