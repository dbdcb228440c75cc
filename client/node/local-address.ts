/**
 * Which addresses are this host's own network: loopback, private, link-local, shared and benchmark ranges. What a
 * server on the outside must not be able to send this host to (request forgery).
 */
import dns from 'node:dns'
import net from 'node:net'

const LOCAL_RANGES: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['::', 127, 'ipv6'], // :: and ::1
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
]

const localAddresses = new net.BlockList()
for (const [network, prefixBits, family] of LOCAL_RANGES) localAddresses.addSubnet(network, prefixBits, family)

/** Of an address; a name is never local, it has to be looked up. IPv4 written as IPv6 (`::ffff:…`) counts as IPv4. */
export function isLocalAddress(host: string): boolean {
  const version = net.isIP(host)
  return version !== 0 && localAddresses.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

type LookedUp = (error: Error | null, addresses: dns.LookupAddress[]) => void

/** A `lookup` for sockets that fails when a name has a local address, so that no connection to it is ever made. */
export function lookupGlobalOnly(isLocal: (host: string) => boolean): net.LookupFunction {
  return (hostname, options, done) => {
    const answer: LookedUp = (error, addresses) => {
      const local = addresses?.find(({ address }) => isLocal(address))
      const fault = error ?? (local === undefined ? null : new LocalAddressError(local.address))
      const first = addresses?.[0]
      if (options.all === true) done(fault, fault === null ? addresses : [])
      else done(fault, first?.address ?? '', first?.family ?? 0)
    }
    dns.lookup(hostname, { ...options, all: true }, answer)
  }
}

export class LocalAddressError extends Error {
  readonly address: string

  constructor(address: string) {
    super(`the local address ${address}`)
    this.address = address
  }
}
