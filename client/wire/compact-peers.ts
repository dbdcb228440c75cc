/** Compact peers: 4 (BEP 23) or 16 (BEP 7) bytes of address and 2 of port each, network order, without a separator. */

import { formatIpAddress, isUnicast, parseIpAddress } from '../ports/ip-address.ts'
import type { PeerAddress } from '../ports/transport.ts'

export const COMPACT_IPV4_BYTES = 6
export const COMPACT_IPV6_BYTES = 18

export interface CompactPeers {
  readonly ipv4: Uint8Array
  readonly ipv6: Uint8Array
}

/** Hosts are IP literals: a RangeError otherwise. Order is kept in each family. */
export function encodeCompactPeers(peers: readonly PeerAddress[]): CompactPeers {
  const entries = peers.map(({ host, port }) => {
    const address = parseIpAddress(host)
    if (address === null) throw new RangeError(`not an IP literal: ${host}`)
    return [...address, port >> 8, port & 0xff]
  })
  return {
    ipv4: Uint8Array.from(entries.filter((entry) => entry.length === COMPACT_IPV4_BYTES).flat()),
    ipv6: Uint8Array.from(entries.filter((entry) => entry.length === COMPACT_IPV6_BYTES).flat()),
  }
}

/** Of a whole number of entries. What nobody can connect to (port 0, `0.0.0.0`, multicast) is left out. */
export function decodeCompactPeers(bytes: Uint8Array, entryBytes: 6 | 18): PeerAddress[] {
  const peers: PeerAddress[] = []
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const address = bytes.subarray(at, at + entryBytes - 2)
    const port = (bytes[at + entryBytes - 2]! << 8) | bytes[at + entryBytes - 1]!
    if (port !== 0 && isUnicast(address)) peers.push({ host: formatIpAddress(address), port })
  }
  return peers
}
