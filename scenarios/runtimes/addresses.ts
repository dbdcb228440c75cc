/** Who is where, in every runtime: the tracker, each client and each seeder have an address of their own. */
import { clientsOf, type SwarmPlan } from '../engine/swarm-plan.ts'

/** Of a cell on real sockets, as data that travels to its processes. Hosts are in the order of the plan. */
export interface Site {
  readonly trackerHost: string
  readonly seederHosts: readonly string[]
  /** The client under test first. */
  readonly clientHosts: readonly string[]
  /** Each client has a host of its own; else nobody knows who dialled from where. */
  readonly areClientsApart: boolean
  /** Each its own link. Where not, the rig shapes the link of the only client, at the other end. */
  readonly clientsShapeThemselves: boolean
}

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

export function loopbackSite(plan: SwarmPlan): Site {
  return {
    trackerHost: loopbackHost(TRACKER_HOST),
    seederHosts: plan.seeders.map((_, index) => loopbackHost(seederHost(index))),
    clientHosts: clientsOf(plan).map((_, index) => loopbackHost(clientHost(index))),
    areClientsApart: loopbackHost(clientHost(1)) === clientHost(1),
    clientsShapeThemselves: plan.others.length > 0,
  }
}

/** In a network namespace, the range for benchmarks (RFC 2544): 127.0.x.y is 198.18.x.y, 127.1.x.y is 198.19.x.y. */
export function namespaceSite(plan: SwarmPlan): Site {
  const seeders = plan.seeders.map((_, index) => namespaceHost(seederHost(index)))
  const clients = clientsOf(plan).map((_, index) => namespaceHost(clientHost(index)))
  const further = { areClientsApart: true, clientsShapeThemselves: plan.others.length > 0 }
  return { trackerHost: namespaceHost(TRACKER_HOST), seederHosts: seeders, clientHosts: clients, ...further }
}

function namespaceHost(host: string): string {
  const [, net, ...rest] = host.split('.')
  if (Number(net) > 1) throw new RangeError(`there is no room for ${host} in 198.18.0.0/15`)
  return ['198', `${18 + Number(net)}`, ...rest].join('.')
}

/** On real sockets: systems other than Linux have only 127.0.0.1, and there peers differ by port. */
function loopbackHost(host: string): string {
  return process.platform === 'linux' ? host : CLIENT_HOST
}
