/** Compact peers: 4 (BEP 23) or 16 (BEP 7) bytes of address and 2 of port each, network order, without a separator. */

import { formatIpAddress, isUnicast, parseIpAddress } from '../ports/ip-address.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'

export const COMPACT_IPV4_BYTES = 6
export const COMPACT_IPV6_BYTES = 18

export interface CompactPeers {
  readonly ipv4: Uint8Array
  readonly ipv6: Uint8Array
}

/** Hosts are IP literals: a RangeError otherwise. Order is kept in each family. */
export function encodeCompactPeers(peers: readonly PeerAddress[]): CompactPeers {
  const ipv4 = new Uint8Array(peers.length * COMPACT_IPV4_BYTES)
  const ipv6 = new Uint8Array(peers.length * COMPACT_IPV6_BYTES)
  let [ipv4Bytes, ipv6Bytes] = [0, 0]
  for (const { host, port } of peers) {
    const address = parseIpAddress(host)
    if (address === null) throw new RangeError(`not an IP literal: ${host}`)
    if (address.length === 4) ipv4Bytes = put(ipv4, ipv4Bytes, address, port)
    else ipv6Bytes = put(ipv6, ipv6Bytes, address, port)
  }
  return { ipv4: ipv4.subarray(0, ipv4Bytes), ipv6: ipv6.subarray(0, ipv6Bytes) }
}

/** Gives where the next one goes. */
function put(entries: Uint8Array, at: number, address: Uint8Array, port: number): number {
  entries.set(address, at)
  const portAt = at + address.length
  entries[portAt] = port >> 8
  entries[portAt + 1] = port & 0xff
  return portAt + 2
}

/** Of a whole number of entries. What nobody can connect to (port 0, `0.0.0.0`, multicast) is left out. */
export function decodeCompactPeers(bytes: Uint8Array, entryBytes: 6 | 18): PeerAddress[] {
  const peers: PeerAddress[] = []
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const address =
      entryBytes === COMPACT_IPV4_BYTES ? ipv4At(bytes, at) : addressOf(bytes.subarray(at, at + entryBytes))
    if (address !== null) peers.push(address)
  }
  return peers
}

/** Null: nobody can connect to it. */
function addressOf(entry: Uint8Array): PeerAddress | null {
  const host = entry.subarray(0, -2)
  const port = (entry.at(-2)! << 8) | entry.at(-1)!
  return port === 0 || !isUnicast(host) ? null : { host: formatIpAddress(host), port }
}

/**
 * Addresses come again and again, from trackers and from every peer; one object stands for each. Bounded: when so many
 * are known all are forgotten, which costs only time.
 */
const KNOWN_MAX = 65_536
const known = new Map<number, PeerAddress | null>()

class HeardAddress implements PeerAddress {
  readonly host: string
  readonly port: number
  readonly #text: string

  constructor(address: PeerAddress) {
    this.host = address.host
    this.port = address.port
    this.#text = formatAddress(address)
  }

  get text(): string {
    return this.#text
  }
}

function ipv4At(bytes: Uint8Array, at: number): PeerAddress | null {
  let key = 0
  for (let index = at; index < at + COMPACT_IPV4_BYTES; index++) key = key * 256 + bytes[index]!
  const before = known.get(key)
  if (before !== undefined) return before
  if (known.size === KNOWN_MAX) known.clear()
  const plain = addressOf(bytes.subarray(at, at + COMPACT_IPV4_BYTES))
  const address = plain === null ? null : new HeardAddress(plain)
  known.set(key, address)
  return address
}
