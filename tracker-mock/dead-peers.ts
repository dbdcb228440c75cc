import type { PeerAddress } from '../client/ports/transport.ts'

const PER_NETWORK = 250
const NETWORK = '127.99'
/** Reserved since the eighties for what no machine runs. */
const PORT = 1

/** An address of this machine where nobody listens, for each of 60,000 indices another. */
export function deadPeerAddress(index: number): PeerAddress {
  return { host: `${NETWORK}.${Math.floor(index / PER_NETWORK) + 1}.${(index % PER_NETWORK) + 1}`, port: PORT }
}
