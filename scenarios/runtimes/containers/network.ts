/**
 * A network of a run: without a way out, in the range that RFC 2544 reserves for benchmarks. The engine gives addresses of
 * its lower half to containers; those of its upper half all lead to the rig's container, where each scripted peer has one.
 */
import { CommandError } from '../../../client/node/command-error.ts'
import type { Engine } from './engine.ts'
import { ourLabels } from './labels.ts'

/** 198.19.0.0/21, 198.19.8.0/21 and so on. */
const NETWORKS_MAX = 32
const NETS_OF_NETWORK = 8
const NETS_OF_CONTAINERS = NETS_OF_NETWORK / 2
const HOSTS_OF_NET = 250

/** Upper half. */
export const PEERS_MAX = NETS_OF_CONTAINERS * HOSTS_OF_NET

export interface RunNetwork {
  readonly name: string
  /** Route to it, in the rig's container: all of these addresses are its own. */
  readonly peersPrefix: string
  /** Of the n-th peer in the rig's container. */
  peerHost(index: number): string
  remove(): Promise<void>
}

export async function createNetwork({ container: { dockerode } }: Engine): Promise<RunNetwork> {
  // Somebody may have begun at the other end.
  for (let at = NETWORKS_MAX - 1; at >= 0; at--) {
    const net = at * NETS_OF_NETWORK
    const name = `swarmlab-${process.pid}-${at}`
    try {
      const network = await dockerode.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Internal: true,
        Labels: ourLabels(),
        IPAM: { Driver: 'default', Config: [{ Subnet: `198.19.${net}.0/21`, IPRange: `198.19.${net}.0/22` }] },
      })
      const firstNet = net + NETS_OF_CONTAINERS
      return {
        name,
        peersPrefix: `198.19.${firstNet}.0/22`,
        peerHost: (index) => `198.19.${firstNet + Math.floor(index / HOSTS_OF_NET)}.${1 + (index % HOSTS_OF_NET)}`,
        remove: async () => {
          await network.remove()
        },
      }
    } catch (error) {
      if (!/overlaps/.test(String(error))) throw error
    }
  }
  throw new CommandError('no network is free in 198.19.0.0/16: docker network ls shows who has them', 1)
}
