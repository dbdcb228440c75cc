/**
 * Nobody is starved: whoever stays interested is unchoked within a turn of 30 s for each other peer that is there (the
 * choker's promise), by the clock of the client that chokes (jumps aside). Every second all are looked at.
 */
import { ROUND_MS, TURN_MS } from '../../../client/swarm/choker-ledger.ts'
import type { Life } from '../life.ts'
import { type ClientWire, type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'nobody-starved'

export function nobodyStarved(world: HuntWorld): Invariant {
  /** How many others there were at most while it waited, itself included. */
  const crowds = new WeakMap<ClientWire, number>()
  return {
    everySecond: () => {
      const open = new Map<Life, ClientWire[]>()
      for (const each of world.watch.books.values()) {
        if (!each.wire.isInUse || !each.life.isUp || each.book.theirs.handshake === null) continue
        const wires = open.get(each.life) ?? []
        open.set(each.life, wires)
        wires.push(each)
      }
      for (const wires of open.values()) for (const wire of wires) look(wire, wires.length)
    },
  }

  function look(of: ClientWire, present: number): void {
    const { book, client, wire } = of
    if (book.waitingSinceMs === null) {
      crowds.delete(of)
      return
    }
    // Those who came and went within the second were there too: at most as many again.
    const crowd = Math.max(crowds.get(of) ?? 0, present)
    crowds.set(of, crowd)
    const waitedMs = client.clock.steadyMs - book.waitingSinceMs
    if (waitedMs <= 2 * TURN_MS * crowd + 2 * ROUND_MS) return
    const who = `${wire.remote.host}, one of ${crowd},`
    throw new Violation(PROPERTY, `${client.name} has had ${who} wait for ${Math.round(waitedMs)} ms`)
  }
}
