/** Who is where, in every runtime: the tracker, each client and each seeder have a loopback address of their own. */
const CLIENT_HOST = '127.0.0.1'
export const TRACKER_HOST = '127.0.1.1'
export const TRACKER_PORT = 6969
export const PEER_PORT = 6881

const PER_NET = 250

/** 127.0.2.1, 127.0.2.2 and so on. */
export function seederHost(seederIndex: number): string {
  return `127.0.${2 + Math.floor(seederIndex / PER_NET)}.${1 + (seederIndex % PER_NET)}`
}

/** Client 0 is the one under test; the others have 127.1.0.1 and so on, 15 million of them. */
export function clientHost(clientIndex: number): string {
  if (clientIndex === 0) return CLIENT_HOST
  const place = clientIndex - 1
  const net = Math.floor(place / PER_NET)
  return `127.${1 + Math.floor(net / PER_NET)}.${net % PER_NET}.${1 + (place % PER_NET)}`
}

/** On real sockets: systems other than Linux have only 127.0.0.1, and there peers differ by port. */
export function loopbackHost(host: string): string {
  return process.platform === 'linux' ? host : CLIENT_HOST
}
