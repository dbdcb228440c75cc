import net from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalIpAddress, formatIpAddress, isUnicast, parseIpAddress } from './ip-address.ts'

test.each([
  ['1.2.3.4', [1, 2, 3, 4]],
  ['255.255.255.255', [255, 255, 255, 255]],
  ['::ffff:1.2.3.4', [1, 2, 3, 4]],
  ['::', Array(16).fill(0)],
  ['::1', [...Array(15).fill(0), 1]],
  ['2001:db8::1:0', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]],
  ['64:ff9b::1.2.3.4', [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
  ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['1:2:3:4:5:6:7::', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]],
])('%s has the bytes %j', (text, bytes) => expect(Array.from(parseIpAddress(text) ?? [])).toEqual(bytes))

test.each([
  ...['', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.4 ', '0x7f.1', '2130706433', '1.2.3.-4'],
  ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::', '1:'],
  ...['::1%eth0', '[::1]', '1.2.3.4::', '::1.2.3.4:1', '::1.2.3', `::${'0'.repeat(50)}`],
])('%j is no literal', (text) => expect(parseIpAddress(text)).toBeNull())

test.each([
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
])('%s is spelled %s (RFC 5952)', (text, spelled) => expect(canonicalIpAddress(text)).toBe(spelled))

describe('any address', () => {
  const addresses = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  )

  test('formatted and parsed is itself, and Node reads it as an address too', () => {
    fc.assert(
      fc.property(addresses, (bytes) => {
        const text = formatIpAddress(bytes)
        expect(net.isIP(text)).not.toBe(0)
        expect(formatIpAddress(parseIpAddress(text)!)).toBe(text)
        expect(parseIpAddress(text)!.subarray(-4)).toEqual(bytes.subarray(-4))
      }),
    )
  })

  test('is read where Node reads one, and nowhere else', () => {
    const nearly = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^[0-9a-f:.]{0,20}$/),
      fc.stringMatching(/^([0-9a-f]{0,5}:){0,9}[0-9a-f.]{0,8}$/),
    )
    fc.assert(fc.property(nearly, (text) => (parseIpAddress(text) !== null) === (net.isIP(text) !== 0)))
  })
})

test.each([
  ['0.1.2.3', false],
  ['1.0.0.0', true],
  ['223.255.255.255', true],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', true],
  ['ff02::1', false],
  ['::ffff:224.0.0.1', false],
])('%s can be a peer: %s', (text, unicast) => expect(isUnicast(parseIpAddress(text)!)).toBe(unicast))
