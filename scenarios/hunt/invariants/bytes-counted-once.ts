/**
 * Payload is counted once: what the client tells trackers that it got and gave is what its events tell, and what crossed
 * its wires: what it gave exactly, of what it got no more (what comes behind a close is not looked at).
 */
import type { Life } from '../life.ts'
import { type Invariant, Violation } from '../violation.ts'

const PROPERTY = 'bytes-counted-once'

interface Counts {
  toldDown: number
  /** Of these, from peers. */
  toldFromPeers: number
  toldUp: number
  wireDown: number
  wireUp: number
}

export function bytesCountedOnce(): Invariant {
  const lives = new Map<Life, Counts>()
  const countsOf = (life: Life): Counts => {
    let counts = lives.get(life)
    if (counts === undefined) {
      counts = { toldDown: 0, toldFromPeers: 0, toldUp: 0, wireDown: 0, wireUp: 0 }
      lives.set(life, counts)
    }
    return counts
  }
  const check = (name: string, life: Life): void => {
    const { toldDown, toldFromPeers, toldUp, wireDown, wireUp } = countsOf(life)
    const { downloadedBytes, uploadedBytes } = life.manager.totals()
    const holds =
      downloadedBytes === toldDown && toldFromPeers <= wireDown && uploadedBytes === toldUp && toldUp === wireUp
    if (holds) return
    const down = `downloaded ${downloadedBytes}, by its events ${toldDown}, over its wires ${wireDown}`
    const up = `uploaded ${uploadedBytes}, by its events ${toldUp}, over its wires ${wireUp}`
    throw new Violation(PROPERTY, `${name}: ${down}; ${up}`)
  }
  /** Changed, and to be looked at once the call is over. */
  const changed = new Map<Life, string>()
  return {
    says: ({ client, life }, message) => {
      if (message.type !== 'piece') return
      countsOf(life).wireUp += message.block.length
      changed.set(life, client.name)
    },
    hears: ({ life }, message) => {
      if (message.type === 'piece') countsOf(life).wireDown += message.block.length
    },
    event: (client, life, event) => {
      if (event.type === 'block-received') {
        countsOf(life).toldDown += event.lengthBytes
        if (!event.peer.startsWith('http')) countsOf(life).toldFromPeers += event.lengthBytes
      } else if (event.type === 'block-sent') countsOf(life).toldUp += event.lengthBytes
      else return
      changed.set(life, client.name)
    },
    settled: () => {
      if (changed.size === 0) return
      for (const [life, name] of changed) if (life.isUp) check(name, life)
      changed.clear()
    },
  }
}
