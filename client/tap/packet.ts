/**
 * IP packets with a TCP segment in them, made up around bytes that a connection carried: IPv4 (RFC 791) and IPv6 (RFC
 * 8200), TCP (RFC 9293), with lengths and checksums as they have to be. No Ethernet around them (LINKTYPE_RAW).
 */
import { parseIpAddress } from '../ports/ip-address.ts'

export const TCP_FLAGS = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const

/** What an IPv4 packet of 65,535 bytes has room for. */
export const SEGMENT_BYTES_MAX = 65_495

export interface Endpoint {
  /** 4 or 16 bytes; of both endpoints of a packet the same number. */
  readonly address: Uint8Array
  readonly port: number
}

export interface Segment {
  readonly from: Endpoint
  readonly to: Endpoint
  /** Counted on past 2^32; the packet has the remainder. */
  readonly sequence: number
  readonly acknowledged: number
  readonly flags: number
  /** At most `SEGMENT_BYTES_MAX` in all. */
  readonly parts: readonly Uint8Array[]
}

const IPV4_BYTES = 20
const IPV6_BYTES = 40
const TCP_BYTES = 20
const PROTOCOL_TCP = 6
const HOPS = 64
const DO_NOT_FRAGMENT = 0x4000
const WINDOW = 0xffff
/** 2^14 times as much: the window holds whatever is on its way. */
const WINDOW_SHIFT = 14
/** Of a SYN: the greatest segment, and (after one of padding) the scale of the window. */
const SYN_OPTIONS = Uint8Array.of(2, 4, SEGMENT_BYTES_MAX >> 8, SEGMENT_BYTES_MAX & 0xff, 1, 3, 3, WINDOW_SHIFT)

/** An address of the same family as `like`: that of `host`, where it is one and not all of them, else a made-up one. */
export function addressBeside(like: Uint8Array, host: string | null): Uint8Array {
  const address = host === null ? null : parseIpAddress(host)
  if (address?.length === like.length && address.some((byte) => byte !== 0)) return address
  return like.length === 4 ? MADE_UP_IPV4 : MADE_UP_IPV6
}

/** Of the ranges for documentation: 192.0.2.1 (RFC 5737) and 2001:db8::1 (RFC 3849). */
const MADE_UP_IPV4 = Uint8Array.of(192, 0, 2, 1)
const MADE_UP_IPV6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)

/** The packet, after `prefixBytes` that are left to the caller. `identification` tells IPv4 packets apart. */
export function encodePacket(segment: Segment, prefixBytes: number, identification: number): Uint8Array {
  const isIpv4 = segment.from.address.length === 4
  const options = (segment.flags & TCP_FLAGS.syn) === 0 ? NO_OPTIONS : SYN_OPTIONS
  const ipBytes = isIpv4 ? IPV4_BYTES : IPV6_BYTES
  const dataBytes = segment.parts.reduce((sum, part) => sum + part.length, 0)
  const tcpBytes = TCP_BYTES + options.length + dataBytes
  const bytes = new Uint8Array(prefixBytes + ipBytes + tcpBytes)
  const view = new DataView(bytes.buffer)
  const tcpAt = prefixBytes + ipBytes
  if (isIpv4) writeIpv4(view, prefixBytes, segment, tcpBytes, identification & 0xffff)
  else writeIpv6(view, prefixBytes, segment, tcpBytes)
  writeTcp(view, tcpAt, segment, options)
  let at = tcpAt + TCP_BYTES + options.length
  for (const part of segment.parts) {
    bytes.set(part, at)
    at += part.length
  }
  const pseudo = sumOf(segment.from.address) + sumOf(segment.to.address) + PROTOCOL_TCP + tcpBytes
  view.setUint16(tcpAt + 16, checksum(pseudo + sumOf(bytes.subarray(tcpAt))))
  return bytes
}

function writeIpv4(view: DataView, at: number, { from, to }: Segment, tcpBytes: number, identification: number): void {
  view.setUint16(at, 0x4500)
  view.setUint16(at + 2, IPV4_BYTES + tcpBytes)
  view.setUint16(at + 4, identification)
  view.setUint16(at + 6, DO_NOT_FRAGMENT)
  view.setUint8(at + 8, HOPS)
  view.setUint8(at + 9, PROTOCOL_TCP)
  const header = new Uint8Array(view.buffer, at, IPV4_BYTES)
  header.set(from.address, 12)
  header.set(to.address, 16)
  view.setUint16(at + 10, checksum(sumOf(header)))
}

function writeIpv6(view: DataView, at: number, { from, to }: Segment, tcpBytes: number): void {
  view.setUint32(at, 0x6000_0000)
  view.setUint16(at + 4, tcpBytes)
  view.setUint8(at + 6, PROTOCOL_TCP)
  view.setUint8(at + 7, HOPS)
  const header = new Uint8Array(view.buffer, at, IPV6_BYTES)
  header.set(from.address, 8)
  header.set(to.address, 24)
}

function writeTcp(view: DataView, at: number, segment: Segment, options: Uint8Array): void {
  view.setUint16(at, segment.from.port)
  view.setUint16(at + 2, segment.to.port)
  view.setUint32(at + 4, segment.sequence)
  view.setUint32(at + 8, segment.acknowledged)
  view.setUint8(at + 12, ((TCP_BYTES + options.length) / 4) << 4)
  view.setUint8(at + 13, segment.flags)
  view.setUint16(at + 14, WINDOW)
  new Uint8Array(view.buffer, at + TCP_BYTES, options.length).set(options)
}

/** Of 16-bit words, an odd byte being the high half of the last; a sum of 64 KiB is far below 2^53. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 1; at < bytes.length; at += 2) sum += (bytes[at - 1]! << 8) | bytes[at]!
  return bytes.length % 2 === 0 ? sum : sum + (bytes.at(-1)! << 8)
}

/** The Internet checksum (RFC 1071) of a sum. */
function checksum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000)
  return ~folded & 0xffff
}

const NO_OPTIONS = new Uint8Array(0)
