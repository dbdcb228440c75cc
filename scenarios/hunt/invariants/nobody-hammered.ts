/**
 * Nobody is hammered, whatever goes wrong: an address that was dialled is dialled again a second after the connection was
 * over, not sooner; a tracker is asked for the same thing once a second at most. By the client's own clock, in one life;
 * its user may pause and resume as fast as he likes.
 */
import type { HuntedClient } from '../hunted-client.ts'
import type { Life } from '../life.ts'
import { type ClientWire, type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'nobody-hammered'
/** A second, but for the last bit of a float. */
const AGAIN_MS_MIN = 999.9

export function nobodyHammered(world: HuntWorld): Invariant {
  /** When it was over last, by address or kind of announce. */
  const lives = new WeakMap<Life, Map<string, number>>()
  const lastOf = (life: Life): Map<string, number> => {
    const last = lives.get(life) ?? new Map<string, number>()
    lives.set(life, last)
    return last
  }
  const check = ({ name }: HuntedClient, life: Life, what: string): void => {
    const lastMs = lastOf(life).get(what)
    if (lastMs === undefined || life.nowMs - lastMs >= AGAIN_MS_MIN) return
    throw new Violation(PROPERTY, `${name} ${what} again after ${life.nowMs - lastMs} ms`)
  }
  return {
    dials: (of) => check(of.client, of.life, dialOf(of)),
    leaves: (of) => {
      if (of.wire.isDialled) lastOf(of.life).set(dialOf(of), of.life.nowMs)
    },
    ended: (wire) => {
      const of = world.watch.books.get(wire)
      if (of?.wire.isDialled === true && wire.left === null) lastOf(of.life).set(dialOf(of), of.life.nowMs)
    },
    event: (client, life, event) => {
      if (event.type === 'paused' || event.type === 'resumed') lives.delete(life)
      if (event.type !== 'announcing') return
      const what = `announces ${event.announce} to ${event.url}`
      check(client, life, what)
      lastOf(life).set(what, life.nowMs)
    },
  }
}

function dialOf({ wire: { remote } }: ClientWire): string {
  return `dials ${remote.host}:${remote.port}`
}
