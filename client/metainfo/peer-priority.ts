/**
 * How much two peers of a swarm want to be connected to each other: a number that both compute alike, so that nobody
 * can fill everybody's slots. BEP 40: CRC32-C over both masked addresses in ascending order, or over both ports where
 * the addresses are the same. A higher number is preferred.
 */
import { joined } from '../ports/bytes.ts'
import { parseIpAddress } from '../ports/ip-address.ts'
import type { PeerAddress } from '../ports/transport.ts'

/** Hosts are IP literals: a RangeError otherwise. Of 32 bits, unsigned. IPv4 beside IPv6 counts as `::ffff:a.b.c.d`. */
export function peerPriority(us: PeerAddress, them: PeerAddress): number {
  const ourBytes = addressOf(us)
  const theirBytes = addressOf(them)
  const mixed = ourBytes.length !== theirBytes.length
  const a = mixed ? asIpv6(ourBytes) : ourBytes
  const b = mixed ? asIpv6(theirBytes) : theirBytes
  const differing = a.findIndex((byte, index) => byte !== b[index])
  if (differing < 0) return crc32c(ascending(portBytes(us), portBytes(them)))
  const wholeBytes = Math.max(a.length === 4 ? NETWORK_BYTES_IPV4 : NETWORK_BYTES_IPV6, differing + 1)
  return crc32c(ascending(masked(a, wholeBytes), masked(b, wholeBytes)))
}

/** Of the mask's bytes so many are FF, the others 55; the first byte that differs always is FF. */
const NETWORK_BYTES_IPV4 = 2
const NETWORK_BYTES_IPV6 = 6
const HOST_MASK = 0x55

function masked(address: Uint8Array, wholeBytes: number): Uint8Array {
  return address.map((byte, index) => (index < wholeBytes ? byte : byte & HOST_MASK))
}

function ascending(a: Uint8Array, b: Uint8Array): Uint8Array {
  const differing = a.findIndex((byte, index) => byte !== b[index])
  return differing < 0 || a[differing]! < b[differing]! ? joined([a, b]) : joined([b, a])
}

function addressOf({ host }: PeerAddress): Uint8Array {
  const address = parseIpAddress(host)
  if (address === null) throw new RangeError(`not an IP literal: ${host}`)
  return address
}

function asIpv6(address: Uint8Array): Uint8Array {
  return address.length === 16 ? address : joined([MAPPED_PREFIX, address])
}

function portBytes({ port }: PeerAddress): Uint8Array {
  return Uint8Array.of(port >>> 8, port & 0xff)
}

const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f6_3b78
const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL
  return crc
})

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_OF_BYTE[(crc ^ byte) & 0xff]!
  return ~crc >>> 0
}
