/**
 * ut_pex: which peers one is connected to, told as what changed since the last message. BEP 11.
 *
 * Total: any payload gives a message or a fault. Limits: of a message that comes, the first 100 added and the first 100
 * dropped peers count, the rest is not looked at; one that goes names 50 of each (BEP 11).
 * Not here: how often (once a minute), which peers are worth a connection, private torrents (no exchange at all).
 */
import { encode } from '../bencode/encode.ts'
import type { BencodeDictionary } from '../bencode/value.ts'
import { joined } from '../ports/bytes.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import { COMPACT_IPV4_BYTES, COMPACT_IPV6_BYTES, decodeCompactPeers, encodeCompactPeers } from './compact-peers.ts'
import { bytesOrNull, parseExtensionPayload } from './extension-payload.ts'
import type { WireFault } from './fault.ts'

export interface PexMessage {
  readonly added: readonly PexPeer[]
  readonly dropped: readonly PeerAddress[]
}

export interface PexPeer {
  readonly address: PeerAddress
  /** It only uploads. */
  readonly isSeed: boolean
  /** Whoever tells of it connected to it. */
  readonly reachable: boolean
}

export const PEX_RECEIVED_MAX = 100
export const PEX_SENT_MAX = 50
/** Room for a first message that names a swarm of 3000 as IPv6. */
export const PEX_BYTES_MAX = 65_536

const SEED_FLAG = 0x02
const REACHABLE_FLAG = 0x10

/** The payload. Hosts are IP literals: a RangeError otherwise. IPv4 comes before IPv6, else the order is kept. */
export function encodePexMessage(message: PexMessage): Uint8Array {
  const added = message.added.slice(0, PEX_SENT_MAX)
  const ipv4 = added.filter(({ address }) => !isIpv6(address))
  const ipv6 = added.filter(({ address }) => isIpv6(address))
  const dropped = encodeCompactPeers(message.dropped.slice(0, PEX_SENT_MAX))
  return encode({
    added: compact(ipv4),
    'added.f': flags(ipv4),
    added6: compact(ipv6),
    'added6.f': flags(ipv6),
    dropped: dropped.ipv4,
    dropped6: dropped.ipv6,
  })
}

/** Each peer once; without what nobody can connect to (port 0, multicast). */
export function parsePexMessage(payload: Uint8Array): PexMessage | WireFault {
  const parsed = parseExtensionPayload(payload, PEX_BYTES_MAX)
  if ('code' in parsed) return parsed
  const { dictionary } = parsed
  const added = entriesOf(dictionary, 'added').map(({ address, flags }) => ({
    address,
    isSeed: (flags & SEED_FLAG) !== 0,
    reachable: (flags & REACHABLE_FLAG) !== 0,
  }))
  return { added, dropped: entriesOf(dictionary, 'dropped').map(({ address }) => address) }
}

interface Entry {
  readonly address: PeerAddress
  readonly flags: number
}

/** IPv4 and IPv6 of one kind; a rest that is no whole entry is ignored. */
function entriesOf(dictionary: BencodeDictionary, key: 'added' | 'dropped'): Entry[] {
  const entries = new Map<string, Entry>()
  let left = PEX_RECEIVED_MAX
  for (const [suffix, entryBytes] of FAMILIES) {
    const bytes = bytesOrNull(dictionary.get(`${key}${suffix}`)) ?? NOTHING
    const flags = bytesOrNull(dictionary.get(`${key}${suffix}.f`)) ?? NOTHING
    const count = Math.min(left, Math.floor(bytes.length / entryBytes))
    left -= count
    for (let index = 0; index < count; index++) {
      const at = index * entryBytes
      const [address] = decodeCompactPeers(bytes.subarray(at, at + entryBytes), entryBytes)
      if (address === undefined) continue
      const name = formatAddress(address)
      if (!entries.has(name)) entries.set(name, { address, flags: flags[index] ?? 0 })
    }
  }
  return [...entries.values()]
}

function compact(peers: readonly PexPeer[]): Uint8Array {
  const { ipv4, ipv6 } = encodeCompactPeers(peers.map(({ address }) => address))
  return joined([ipv4, ipv6])
}

function flags(peers: readonly PexPeer[]): Uint8Array {
  return Uint8Array.from(peers, ({ isSeed, reachable }) => (isSeed ? SEED_FLAG : 0) | (reachable ? REACHABLE_FLAG : 0))
}

function isIpv6({ host }: PeerAddress): boolean {
  return host.includes(':')
}

const NOTHING = new Uint8Array(0)
const FAMILIES = [
  ['', COMPACT_IPV4_BYTES],
  ['6', COMPACT_IPV6_BYTES],
] as const
