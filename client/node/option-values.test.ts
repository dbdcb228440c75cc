import { describe, expect, test } from 'vitest'
import {
  parseInteger,
  parseNumber,
  parseOneOf,
  parsePeerAddress,
  parsePeerAddresses,
  parsePercent,
  parseRate,
  parseRateLimit,
  parseSize,
} from './option-values.ts'

test.each([
  ['0', 0],
  ['1048576', 1_048_576],
  ['7B', 7],
  ['64k', 65_536],
  ['64KiB', 65_536],
  ['64kB', 64_000],
  ['24MiB', 25_165_824],
  ['24 MiB', 25_165_824],
  ['24M', 25_165_824],
  ['24MB', 24_000_000],
  ['1.5GiB', 1_610_612_736],
  ['1GiB', 2 ** 30],
  ['2TiB', 2 ** 41],
])('the size %s is %i bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each([
  ['2097152', 2_097_152],
  ['2MiB/s', 2_097_152],
  ['2MiB', 2_097_152],
  ['20Mbit', 2_500_000],
  ['20Mbit/s', 2_500_000],
  ['1.5Mbit', 187_500],
  ['1Gbit', 125_000_000],
  ['8bit', 1],
])('the rate %s is %i bytes per second', (text, bytesPerSecond) => {
  expect(parseRate(text)).toBe(bytesPerSecond)
})

test.each([
  ['none', null],
  ['0', null],
  ['1', 1],
  ['2MiB/s', 2_097_152],
])('the rate limit %s is %o', (text, bytesPerSecond) => {
  expect(parseRateLimit(text)).toBe(bytesPerSecond)
})

test.each([
  ['127.0.0.1:6881', { host: '127.0.0.1', port: 6881 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
])('the peer %s', (text, address) => {
  expect(parsePeerAddress(text)).toEqual(address)
  expect(parsePeerAddresses([text])).toEqual([address])
})

test.each([
  ['0', 0],
  ['65535', 65_535],
])('the integer %s', (text, value) => {
  expect(parseInteger(0, 65_535)(text)).toBe(value)
})

test('an amount and a word', () => {
  expect(parseNumber(0, 10)('2.5')).toBe(2.5)
  expect(parseOneOf('sim', 'processes')('sim')).toBe('sim')
  expect([parsePercent(0.5, 10)('2.5%'), parsePercent(0.5, 10)('10 %')]).toEqual([0.025, 0.1])
})

describe('what is none says what is wanted and what was given', () => {
  const size = 'wants a size like 1048576, 64k, 24MiB or 1GiB, not'
  const rate = 'wants a rate like 2097152 (bytes per second), 2MiB/s or 20Mbit, not'
  const address = 'wants ADDRESS:PORT like 127.0.0.1:6881 or [::1]:6881, not'
  test.each<[(text: string) => unknown, string, string]>([
    [parseSize, 'x', size],
    [parseSize, '-1', size],
    [parseSize, '1.0000001k', size],
    [parseSize, '1e3', size],
    [parseSize, '0x10', size],
    [parseSize, '20Mbit', size],
    [parseSize, '9007199254740992', size],
    [parseRate, '0', rate],
    [parseRate, '7bit/h', rate],
    [parseRate, '', rate],
    [parseRateLimit, 'x', 'wants a rate like 2097152 (bytes per second), 2MiB/s or 20Mbit, or none, not'],
    [parsePeerAddress, '127.0.0.1', address],
    [parsePeerAddress, '127.0.0.1:0', address],
    [parsePeerAddress, '127.0.0.1:65536', address],
    [parsePeerAddress, '127.0.0.256:1', address],
    [parsePeerAddress, 'localhost:6881', address],
    [parsePeerAddress, '::1:6881', address],
    [parsePeerAddress, '[127.0.0.1]:6881', address],
    [parsePeerAddress, '[::1]', address],
    [parseInteger(1, 64), '0', 'wants a whole number from 1 to 64, not'],
    [parseInteger(1, 64), '65', 'wants a whole number from 1 to 64, not'],
    [parseInteger(1, 64), '1.5', 'wants a whole number from 1 to 64, not'],
    [parseInteger(1, 64), '0x10', 'wants a whole number from 1 to 64, not'],
    [parseNumber(0, 10), '10.1', 'wants a number from 0 to 10, not'],
    [parseNumber(0, 10), 'NaN', 'wants a number from 0 to 10, not'],
    [parsePercent(0.5, 10), '2', 'wants a share from 0.5% to 10%, not'],
    [parsePercent(0.5, 10), '0.4%', 'wants a share from 0.5% to 10%, not'],
    [parsePercent(0.5, 10), '11%', 'wants a share from 0.5% to 10%, not'],
    [parseOneOf('sim', 'processes'), 'simm', 'wants one of sim, processes, not'],
  ])('%o of "%s"', (parse, text, problem) => {
    expect(() => parse(text)).toThrow(`${problem} "${text}"`)
  })
})
