/** Who is where, in every runtime: the client, the tracker and each seeder have a loopback address of their own. */
import { OTHER_LEECHERS, peerLabel, type SwarmPlan } from '../engine/swarm-plan.ts'

export const CLIENT_HOST = '127.0.0.1'
export const TRACKER_HOST = '127.0.1.1'
export const TRACKER_PORT = 6969
export const PEER_PORT = 6881

const PER_NET = 250

/** 127.0.2.1, 127.0.2.2 and so on. */
export function seederHost(seederIndex: number): string {
  return `127.0.${2 + Math.floor(seederIndex / PER_NET)}.${1 + (seederIndex % PER_NET)}`
}

/** In virtual time: 127.1.0.1 and so on. On real sockets the clients share one address. */
export function leecherHost(leecherIndex: number): string {
  return `127.1.${Math.floor(leecherIndex / PER_NET)}.${1 + (leecherIndex % PER_NET)}`
}

/** On real sockets: systems other than Linux have only 127.0.0.1, and there peers differ by port. */
export function loopbackHost(host: string): string {
  return process.platform === 'linux' ? host : CLIENT_HOST
}

/** The label of the peer at `HOST:PORT`; one that is no seeder is another leecher, or, where there is none, has its own. */
export function labelsByAddress(
  seeders: readonly string[],
  { leechers }: Pick<SwarmPlan, 'leechers'>,
): (address: string) => string {
  const labels = new Map(seeders.map((address, index) => [address, peerLabel(index)]))
  return (address) => labels.get(address) ?? (leechers.length === 0 ? address : OTHER_LEECHERS)
}
