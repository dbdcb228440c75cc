/**
 * Who is banned: an address, or all of a host. A host is one IPv4 address, and of the global IPv6 addresses the /64 that
 * one household or server has. On loopback a host is no one's: there peers are their ports.
 */
import { formatIpAddress, parseIpAddress } from '../ports/ip-address.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'

/** Each cost its owner a piece of bad data; the oldest are forgotten. */
export const BANS_MAX = 10_000

export class BanList {
  readonly #bans = new Set<string>()

  /** Only this port. */
  banAddress(address: PeerAddress): void {
    this.#add(formatAddress(address))
  }

  /** All its ports. On loopback only this one. */
  banHost(address: PeerAddress): void {
    this.#add(hostOf(address) ?? formatAddress(address))
  }

  hasAddress(address: PeerAddress): boolean {
    return this.#bans.has(formatAddress(address))
  }

  hasHost(address: PeerAddress): boolean {
    if (this.#bans.size === 0) return false
    const host = hostOf(address)
    return host !== null && this.#bans.has(host)
  }

  #add(name: string): void {
    this.#bans.delete(name)
    this.#bans.add(name)
    if (this.#bans.size <= BANS_MAX) return
    for (const oldest of this.#bans) {
      this.#bans.delete(oldest)
      return
    }
  }
}

/** What two addresses have in common when one host has both; null on loopback. Never the name of an address. */
function hostOf({ host }: PeerAddress): string | null {
  const bytes = parseIpAddress(host)
  if (bytes === null) return host
  if (bytes.length === 4) return bytes[0] === LOOPBACK_NET ? null : formatIpAddress(bytes)
  if (bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))) return null
  const isGlobal = bytes[0]! >> 5 === GLOBAL_UNICAST_BITS
  return isGlobal ? `${formatIpAddress(bytes.map((byte, index) => (index < 8 ? byte : 0)))}/64` : formatIpAddress(bytes)
}

const LOOPBACK_NET = 127
/** 2000::/3 */
const GLOBAL_UNICAST_BITS = 1
