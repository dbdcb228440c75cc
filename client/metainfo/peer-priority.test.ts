import fc from 'fast-check'
import { expect, test } from 'vitest'
import { peerPriority } from './peer-priority.ts'

const at = (host: string, port = 6881) => ({ host, port })

test.each([
  ['in different /16 (the first example of BEP 40)', '123.213.32.10', '98.76.54.32', 0xec2d7224],
  ['in the same /24 (its second example)', '123.213.32.10', '123.213.32.234', 0x99568189],
  ['in different /16 (what other clients compute)', '206.248.98.111', '142.147.89.224', 0x2b41d456],
])('two peers %s', (_, us, them, priority) => {
  expect(peerPriority(at(us), at(them)).toString(16)).toBe(priority.toString(16))
})

test.each([
  ['the host counts in part', '10.0.170.1', '20.0.0.1', '10.0.0.1', '20.0.0.1'],
  ['of the same /16, the third byte counts', '10.0.1.170', '10.0.2.0', '10.0.1.0', '10.0.2.0'],
  ['of IPv6, the /48 counts', '2001:db8:1:aaaa::', '2001:db8:2::', '2001:db8:1::', '2001:db8:2::'],
  ['of the same /48, the next byte', '2001:db8:1:1aa::', '2001:db8:1:200::', '2001:db8:1:100::', '2001:db8:1:200::'],
  ['of the same /56, the one after', '2001:db8:1:1::aa', '2001:db8:1:2::', '2001:db8:1:1::', '2001:db8:1:2::'],
])('%s: what the mask hides makes no difference', (_, us, them, usToo, themToo) => {
  expect(peerPriority(at(us), at(them))).toBe(peerPriority(at(usToo), at(themToo)))
})

test.each([
  ['third byte in the same /16', '10.0.170.1', '10.0.2.0', '10.0.0.1', '10.0.2.0'],
  ['fourth byte in the same /24', '10.0.1.170', '10.0.1.1', '10.0.1.0', '10.0.1.1'],
  ['seventh byte in the same /48', '2001:db8:1:aa00::', '2001:db8:1:1::', '2001:db8:1::', '2001:db8:1:1::'],
])('%s: what it shows makes one', (_, us, them, usToo, themToo) => {
  expect(peerPriority(at(us), at(them))).not.toBe(peerPriority(at(usToo), at(themToo)))
})

test('at one address the ports count, in ascending order', () => {
  const of = (a: number, b: number) => peerPriority(at('10.0.0.1', a), at('10.0.0.1', b))
  // CRC32-C of 00 01 01 00 and of 1a e1 1a e1, computed bit by bit in another language.
  expect([of(1, 256), of(256, 1), of(6881, 6881)]).toEqual([0xfe84_41ce, 0xfe84_41ce, 0x74a8_0da3])
})

test('both sides compute the same number of 32 bits, whatever the families are', () => {
  const peer = fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.nat(65_535) })
  fc.assert(
    fc.property(peer, peer, (us, them) => {
      const priority = peerPriority(us, them)
      expect(peerPriority(them, us)).toBe(priority)
      expect(Number.isInteger(priority) && priority >= 0 && priority < 2 ** 32).toBe(true)
    }),
  )
})

test('IPv4 written as IPv6 is IPv4', () => {
  const written = peerPriority(at('::ffff:123.213.32.10'), at('98.76.54.32'))
  expect(written).toBe(peerPriority(at('123.213.32.10'), at('98.76.54.32')))
})

test('a name instead of an address is our own mistake', () => {
  expect(() => peerPriority(at('localhost'), at('10.0.0.1'))).toThrow(RangeError)
})
