/** What happens to a drawn swarm, and when: in two of three cases early, while most is going on. */

import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import type { Random } from '../../client/ports/random.ts'
import type { ClientSchedule, DiskFaultSchedule, Fault, PeerSchedule } from './schedule.ts'
import { SOURCE } from './schedule.ts'

const KINDS = ['partition', 'clog', 'crash', 'quit', 'pause', 'disk', 'jump', 'drift', 'reset', 'tracker'] as const
const FAULTS_MAX = 12
/** 0: nothing gets through. */
const CLOGGED_BYTES_PER_SECOND = [0, 50, 500, 5_000]

export function drawFaults(
  random: Random,
  safetyMs: number,
  clients: readonly ClientSchedule[],
  peers: readonly PeerSchedule[],
): Fault[] {
  const kinds = KINDS.filter(() => random.below(3) === 0)
  if (kinds.length === 0 || random.below(8) === 0) return []
  const names = [...clients.map(({ name }) => name), ...peers.map(({ name }) => name), SOURCE]
  return Array.from({ length: 1 + random.below(FAULTS_MAX) }, () => {
    const span = random.below(3) === 0 ? safetyMs : Math.min(safetyMs, 3_000)
    const timing = {
      atMs: random.below(span),
      forMs: 1 + random.below(pick(random, [500, 5_000, safetyMs])),
      downMs: random.below(pick(random, [1, 500, 10_000])),
    }
    return drawFault(random, pick(random, kinds), timing, { clients, names })
  }).sort((a, b) => a.atMs - b.atMs)
}

interface Timing {
  readonly atMs: number
  readonly forMs: number
  readonly downMs: number
}

interface Cast {
  readonly clients: readonly ClientSchedule[]
  readonly names: readonly string[]
}

function drawFault(random: Random, kind: Fault['kind'], timing: Timing, { clients, names }: Cast): Fault {
  const { atMs, forMs, downMs } = timing
  const client = pick(random, clients).name
  switch (kind) {
    case 'partition':
      return { kind, atMs, forMs, group: names.filter(() => random.below(2) === 0) }
    case 'clog': {
      const way = pick(random, ['up', 'up', 'down'] as const)
      return {
        kind,
        atMs,
        forMs,
        host: pick(random, names),
        way,
        bytesPerSecond: pick(random, CLOGGED_BYTES_PER_SECOND),
      }
    }
    case 'crash':
    case 'quit':
      return { kind, atMs, downMs, client }
    case 'pause':
      return { kind, atMs, forMs, client }
    case 'disk':
      return { kind, atMs, forMs, client, fault: drawDiskFault(random) }
    case 'jump':
      return { kind, atMs, client, byMs: 1 + random.below(pick(random, [1_000, 20_000, 600_000])) }
    case 'drift':
      return { kind, atMs, forMs, client, rate: pick(random, [0.5, 0.9, 1.1, 3]) }
    case 'reset':
      return { kind, atMs, from: client, to: pick(random, names) }
    case 'tracker':
      return { kind, atMs, forMs, do: drawOutage(random) }
  }
}

function drawDiskFault(random: Random): DiskFaultSchedule {
  const file = random.below(20)
  const share = random.below(100) / 100
  return pick<DiskFaultSchedule>(random, [
    { kind: 'full', freeBytes: random.below(10 * BLOCK_BYTES) },
    { kind: 'read-only' },
    { kind: 'removed', file },
    { kind: 'resized', file, share },
    { kind: 'rotten', file, share },
    { kind: 'unreadable', file, share },
  ])
}

function drawOutage(random: Random) {
  return pick<Record<string, unknown>>(random, [
    { hang: true },
    { reset: true },
    { error: 'not today' },
    { status: 503 },
    { garbageBytes: 100 },
    { emptyPeers: true },
    { deadPeers: 20 },
    { ownAddress: true },
    { delayMs: 5_000 },
  ])
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.below(items.length)]!
}
