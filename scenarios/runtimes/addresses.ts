/** Who is where, in every runtime: the client, the tracker and each seeder have a loopback address of their own. */
import { peerLabel } from '../engine/swarm-plan.ts'

export const CLIENT_HOST = '127.0.0.1'
export const TRACKER_HOST = '127.0.1.1'
export const TRACKER_PORT = 6969
export const PEER_PORT = 6881

const SEEDERS_PER_NET = 250

/** 127.0.2.1, 127.0.2.2 and so on. */
export function seederHost(seederIndex: number): string {
  return `127.0.${2 + Math.floor(seederIndex / SEEDERS_PER_NET)}.${1 + (seederIndex % SEEDERS_PER_NET)}`
}

/** On real sockets: systems other than Linux have only 127.0.0.1, and there peers differ by port. */
export function loopbackHost(host: string): string {
  return process.platform === 'linux' ? host : CLIENT_HOST
}

/** The label of the peer at `HOST:PORT`; an address that is no seeder's is its own label. */
export function labelsByAddress(addresses: readonly string[]): (address: string) => string {
  const labels = new Map(addresses.map((address, index) => [address, peerLabel(index)]))
  return (address) => labels.get(address) ?? address
}
