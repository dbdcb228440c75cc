import { expect, test } from 'vitest'
import { BANS_MAX, BanList } from './ban-list.ts'

const at = (host: string, port = 6881) => ({ host, port })

test.each([
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['192.0.2.1', '::ffff:192.0.2.1', true],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['127.0.0.1', '127.0.0.1', false],
  ['127.0.2.9', '127.0.2.9', false],
  ['::ffff:127.0.0.1', '127.0.0.1', false],
  ['::1', '::1', false],
  ['2001:db8:0:7::1', '2001:db8:0:7:ffff::2', true],
  ['2001:db8:0:7::1', '2001:db8:0:8::1', false],
  ['fd00::1', 'fd00::1', true],
  ['fd00::1', 'fd00::2', false],
  ['fe80::1', 'fe80::2', false],
])('with %s banned as a host, another port of %s: %s', (banned, other, isBanned) => {
  const bans = new BanList()
  bans.banHost(at(banned))
  expect(bans.hasHost(at(other, 1))).toBe(isBanned)
  expect(bans.hasAddress(at(other, 1))).toBe(false)
})

test('on loopback a host is banned by its port', () => {
  const bans = new BanList()
  bans.banHost(at('127.0.0.1', 5))
  expect([4, 5].map((port) => bans.hasAddress(at('127.0.0.1', port)))).toEqual([false, true])
})

test('an address is banned without its host', () => {
  const bans = new BanList()
  bans.banAddress(at('192.0.2.1', 5))
  expect([4, 5].map((port) => bans.hasAddress(at('192.0.2.1', port)))).toEqual([false, true])
  expect(bans.hasHost(at('192.0.2.1', 5))).toBe(false)
})

test(`${BANS_MAX} are kept, the latest`, () => {
  const bans = new BanList()
  const host = (index: number) => `10.${index >> 16}.${(index >> 8) & 0xff}.${index & 0xff}`
  for (let index = 0; index < BANS_MAX; index++) bans.banHost(at(host(index)))
  expect([0, BANS_MAX - 1].map((index) => bans.hasHost(at(host(index))))).toEqual([true, true])
  bans.banHost(at(host(0)))
  bans.banHost(at(host(BANS_MAX)))
  expect([0, 1, 2, BANS_MAX].map((index) => bans.hasHost(at(host(index))))).toEqual([true, false, true, true])
})
