/** Finding a place to listen, and saying in one line why there is none. */
import type { Listener, ListenFault, ListenHandler, PeerAddress, Transport } from '../ports/transport.ts'
import { CommandError, usageError } from './command-error.ts'

/** The ports that BEP 3 names; where all are taken, any free one serves as well. */
const PORTS_BY_DEFAULT: readonly number[] = [6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 0]

/** Every address of the machine: IPv6 and IPv4 with one socket, or IPv4 alone. */
const HOSTS_BY_DEFAULT: readonly string[] = ['::', '0.0.0.0']

/** What the user chose; null: what is free. Port 0 means any free one. */
export interface ListenChoice {
  readonly host: string | null
  readonly port: number | null
}

export interface Listening {
  readonly local: PeerAddress
  readonly listener: Listener
}

/**
 * Tries one address after the other until `listen` gives where it listens. Rejects with a CommandError: a port that the
 * user chose is never exchanged for another.
 */
export async function findPlace<Place>(
  { host, port }: ListenChoice,
  listen: (local: PeerAddress) => Promise<Place | ListenFault>,
): Promise<Place> {
  const hosts = host === null ? [...HOSTS_BY_DEFAULT] : [host]
  const ports = port === null ? [...PORTS_BY_DEFAULT] : [port]
  for (;;) {
    const outcome = await listen({ host: hosts[0]!, port: ports[0]! })
    if (!isListenFault(outcome)) return outcome
    const left = outcome.code === 'not-available' ? hosts : ports
    left.shift()
    if (left.length === 0) throw listenProblem(outcome)
  }
}

/** Resolves when it listens, or with why it cannot. */
export function listenOn(
  transport: Transport,
  local: PeerAddress,
  accepted: ListenHandler['accepted'],
): Promise<Listening | ListenFault> {
  return new Promise((resolve) => {
    const listener = transport.listen(local, {
      listening: (_, bound) => resolve({ local: bound, listener }),
      failed: (_, fault) => resolve(fault),
      accepted,
    })
  })
}

function isListenFault(outcome: unknown): outcome is ListenFault {
  return typeof outcome === 'object' && outcome !== null && 'code' in outcome
}

function listenProblem({ code, local: { host, port } }: ListenFault): CommandError {
  if (code === 'not-available') return usageError(`--host ${host} is not an address of this machine`)
  if (code === 'not-permitted') {
    return new CommandError(`port ${port} needs more rights: choose one from 1024 on with --port`, 3)
  }
  return new CommandError(`port ${port} of ${host} is in use: end what listens there, or choose another with --port`, 3)
}
