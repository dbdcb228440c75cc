/**
 * After its end a client does nothing: no event, no word to anybody, no connection. It says that it has stopped once, and
 * soon.
 */
import { STOP_GRACE_MS } from '../../../client/swarm/download-manager.ts'
import type { Life } from '../life.ts'
import { type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'silent-after-end'
/** By its own clock: the grace, then the disk. */
const STOPPING_MS_MAX = STOP_GRACE_MS + 10_000

export function silentAfterEnd(world: HuntWorld): Invariant {
  const stoppingSinceMs = new Map<Life, number>()
  return {
    event: (client, life, { type }) => {
      if (life.state === 'stopped') throw new Violation(PROPERTY, `${client.name} has stopped, and says ${type}`)
    },
    wireOpened: ({ client, life, wire }) => {
      // One that was accepted on its way to the end is reset in the same call.
      if (life.state !== 'stopped' || !wire.isInUse || !wire.isDialled) return
      throw new Violation(PROPERTY, `${client.name} has stopped, and is connected to ${wire.remote.host}`)
    },
    says: ({ client, life, wire }, { type }) => {
      if (life.state !== 'stopped') return
      throw new Violation(PROPERTY, `${client.name} has stopped, and says ${type} to ${wire.remote.host}`)
    },
    lifeEnded: (client, life) => {
      if (life.state === 'stopped') throw new Violation(PROPERTY, `${client.name} says again that it has stopped`)
    },
    everySecond: () => {
      for (const { name, life } of world.clients) {
        if (life?.state !== 'stopping') continue
        const sinceMs = stoppingSinceMs.get(life) ?? life.nowMs
        stoppingSinceMs.set(life, sinceMs)
        const tookMs = life.nowMs - sinceMs
        if (tookMs > STOPPING_MS_MAX) throw new Violation(PROPERTY, `${name} has been stopping for ${tookMs} ms`)
      }
    },
  }
}
