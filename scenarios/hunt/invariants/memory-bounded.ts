/**
 * Memory is bounded: no more connections in use than `peersMax`, no connection with more waiting to leave than the client
 * says it lets wait, no more known peers than it keeps.
 */
import { GONE_PEERS_MAX, HEARSAY_PEERS_MAX, KNOWN_PEERS_MAX } from '../../../client/swarm/known-peers-roster.ts'
import type { Life } from '../life.ts'
import { type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'memory-bounded'
/** What a peer can make it queue is 4 MiB; blocks that it chose to send and one answer come on top. */
const UNSENT_BYTES_MAX = 5 * 1024 * 1024
const KNOWN_MAX = KNOWN_PEERS_MAX + HEARSAY_PEERS_MAX + GONE_PEERS_MAX

export function memoryBounded(world: HuntWorld): Invariant {
  let hasNewWire = false
  const countConnections = (): void => {
    const counts = new Map<Life, number>()
    for (const wire of world.network.wires.all) {
      const booked = world.watch.books.get(wire)
      if (booked === undefined || !wire.isInUse) continue
      const count = (counts.get(booked.life) ?? 0) + 1
      counts.set(booked.life, count)
      const { peersMax } = booked.client.schedule.choices
      if (count > peersMax)
        throw new Violation(PROPERTY, `${booked.client.name} has ${count} connections of ${peersMax}`)
    }
  }
  return {
    wireOpened: () => {
      hasNewWire = true
    },
    settled: () => {
      if (!hasNewWire) return
      hasNewWire = false
      countConnections()
    },
    says: ({ client, wire }) => {
      if (wire.unsentBytes <= UNSENT_BYTES_MAX) return
      throw new Violation(PROPERTY, `${client.name} has ${wire.unsentBytes} bytes waiting for ${wire.remote.host}`)
    },
    everySecond: () => {
      for (const { name, life } of world.clients) {
        const known = life?.manager.status(life.nowMs).knownPeers ?? 0
        if (known > KNOWN_MAX) throw new Violation(PROPERTY, `${name} knows ${known} peers`)
      }
    },
  }
}
