/**
 * A schedule from a seed. Which kinds of faults there are is drawn first, and some are left out altogether: what is rare
 * among many shows where it is alone (swarm testing).
 */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import type { Random } from '../../client/ports/random.ts'
import { PIECE_HEADER_BYTES } from '../../client/wire/messages.ts'
import { HOSTILE_KINDS } from '../../seeder/hostile-kinds.ts'
import type { ScriptStep } from '../../seeder/script.ts'
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import { drawFaults } from './draw-faults.ts'
import type { ClientSchedule, PeerSchedule, Schedule } from './schedule.ts'

/** A block with its header in 10 ms. */
const BLOCK_RATE = (BLOCK_BYTES + PIECE_HEADER_BYTES) * 100
const CLIENTS_MAX = 6
const PEERS_MAX = 5

export function drawSchedule(seed: number): Schedule {
  const random = seededRandom(seed, -1, PURPOSE.swarm)
  const pace = oneOf(random, [0.02, 0.1, 0.1, 1])
  const content = drawContent(random)
  const clients = Array.from(
    { length: 1 + Math.min(random.below(CLIENTS_MAX), random.below(CLIENTS_MAX)) },
    (_, index) => drawClient(random, index, pace, content.fileBytes.length),
  )
  const peers = Array.from({ length: random.below(PEERS_MAX + 1) }, (_, index) => drawPeer(random, index, pace))
  const names = [...clients, ...peers].map(({ name }) => name)
  for (const client of clients) client.knows = names.filter((name) => name !== client.name && random.below(3) > 0)
  const leaves = random.below(4) === 0
  if (leaves) for (const client of clients) share(client, names)
  const safetyMs = oneOf(random, [2_000, 10_000, 40_000, 150_000])
  const knownBy = oneOf(random, ['user', 'tracker'] as const)
  // Where only the tracker knows the source, a client without one would never find it.
  if (knownBy === 'tracker') for (const client of clients) client.choices.useTrackers = true
  return {
    seed,
    content,
    source: {
      as: oneOf(random, ['peer', 'client']),
      link: { ...drawLink(random, pace), upBytesPerSecond: BLOCK_RATE * pace * oneOf(random, [0.3, 1]) },
      uploadSlots: oneOf(random, [1, 4]),
      knownBy,
      leaves,
    },
    clients,
    peers,
    webSeeds: drawWebSeeds(random, pace),
    faults: drawFaults(random, safetyMs, clients, peers),
    safetyMs,
  }
}

/** Whoever has the rest of the content can be reached, and gives it. */
function share(client: ClientSchedule, names: readonly string[]): void {
  client.isReachable = true
  client.knows = names.filter((name) => name !== client.name)
  Object.assign(client.choices, { files: null, seeds: true, peersMax: 50 })
}

function drawContent(random: Random): Schedule['content'] {
  const pieceLengthBytes = oneOf(random, [BLOCK_BYTES, BLOCK_BYTES, 40_000, 4 * BLOCK_BYTES, 4 * BLOCK_BYTES])
  const totalBytes = 1 + random.below(oneOf(random, [3, 20, 60, 100]) * BLOCK_BYTES)
  if (random.below(2) === 0) return { pieceLengthBytes, fileBytes: [totalBytes] }
  const fileBytes: number[] = []
  for (let left = totalBytes; left > 0; ) {
    const lengthBytes = Math.min(left, 1 + random.below(Math.ceil(totalBytes / 2)))
    fileBytes.push(lengthBytes)
    left -= lengthBytes
    if (random.below(6) === 0) fileBytes.push(0)
    // Padding to the next piece, as BEP 47 has it.
    const padBytes = (pieceLengthBytes - (sumOf(fileBytes) % pieceLengthBytes)) % pieceLengthBytes
    if (left > 0 && padBytes > 0 && random.below(4) === 0) fileBytes.push(-padBytes)
  }
  return { pieceLengthBytes, fileBytes }
}

function sumOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + Math.abs(length), 0)
}

function drawWebSeeds(random: Random, pace: number): Schedule['webSeeds'] {
  if (random.below(4) > 0) return []
  return Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    name: `w${index}`,
    bytesPerSecond: BLOCK_RATE * pace * oneOf(random, [0.05, 0.3, 1]),
    fault: oneOf(random, [
      null,
      null,
      null,
      ...(['wrong-range', 'other-length', 'short-body', 'endless-body', 'ignores-ranges'] as const),
      ...(['corrupt', 'corrupt', 'not-found', 'unavailable', 'resets', 'hangs'] as const),
    ]),
  }))
}

function drawLink(random: Random, pace: number): ClientSchedule['link'] {
  return {
    upBytesPerSecond: BLOCK_RATE * pace * oneOf(random, [0.3, 1, 1, 5]),
    downBytesPerSecond: oneOf(random, [null, null, BLOCK_RATE * pace * 2]),
    rttMs: oneOf(random, [0, 1, 20, 20, 100]),
    jitterMs: oneOf(random, [0, 0, 15]),
    lossRate: oneOf(random, [0, 0, 0.02]),
  }
}

function drawClient(random: Random, index: number, pace: number, fileCount: number): ClientSchedule {
  const isSeed = index > 0 && random.below(6) === 0
  const seedOnly = isSeed && random.below(2) === 0
  return {
    name: `c${index}`,
    link: drawLink(random, pace),
    arrivesMs: index === 0 ? 0 : oneOf(random, [0, 0, random.below(2_000), random.below(20_000)]),
    hasAll: isSeed,
    fromMagnet: !isSeed && random.below(5) === 0,
    isReachable: random.below(5) > 0,
    knows: [],
    writeMs: oneOf(random, [0, 5, 80]),
    restartMs: oneOf(random, [300, 1_000, 5_000]),
    choices: {
      pipelineDepth: oneOf(random, ['auto', 'auto', 1, 5, 20]),
      picker: oneOf(random, ['rarest-first', 'rarest-first', 'rarest-first', 'sequential', 'random']),
      peersMax: oneOf(random, [50, 50, 4, 2, 1]),
      useTrackers: random.below(4) > 0,
      usePex: random.below(4) > 0,
      uploadSlots: oneOf(random, [4, 4, 1, 2]),
      fastResume: random.below(2) === 0,
      seeds: isSeed || random.below(3) > 0,
      seedOnly,
      files: !isSeed && fileCount > 1 && random.below(5) === 0 ? `${random.below(fileCount)}` : null,
      downLimitBytesPerSecond: oneOf(random, [null, null, null, BLOCK_RATE * pace]),
      upLimitBytesPerSecond: oneOf(random, [null, null, null, BLOCK_RATE * pace * 0.3]),
    },
  }
}

function drawPeer(random: Random, index: number, pace: number): PeerSchedule {
  return {
    name: `p${index}`,
    link: drawLink(random, pace),
    script: drawScript(random),
    announces: random.below(3) > 0,
    afterwards: oneOf(random, ['gone', 'honest']),
  }
}

function drawScript(random: Random): PeerSchedule['script'] {
  const how = random.below(4)
  if (how === 0) return oneOf(random, [[], [{ when: { afterStartMs: 0 }, do: { behaviour: 'speak', allowedFast: 5 } }]])
  if (how === 1) return oneOf(random, HOSTILE_KINDS).script.map(calmer)
  return Array.from({ length: 1 + random.below(3) }, () => drawStep(random))
}

const FLOOD_MAX = 300
const FLOOD_PER_SECOND_MAX = 100

/** A flood is a flood at a hundredth of it too, and costs a hundredth. */
function calmer({ when, do: { behaviour, ...options } }: ScriptStep): ScriptStep & Record<string, unknown> {
  const { perSecond, count } = options as { perSecond?: number; count?: number }
  return {
    when,
    do: {
      behaviour,
      ...options,
      ...(perSecond !== undefined && { perSecond: Math.min(perSecond, FLOOD_PER_SECOND_MAX) }),
      ...(count !== undefined && { count: Math.min(count, FLOOD_MAX) }),
    },
  }
}

function drawStep(random: Random): ScriptStep & Record<string, unknown> {
  const forMs = oneOf(random, [50, 500, 12_000])
  const how = oneOf(random, ['fin', 'reset'])
  return {
    when: oneOf(random, [
      { afterStartMs: oneOf(random, [0, 300, 3_000, 20_000]) },
      { bytesServed: random.below(15 * BLOCK_BYTES) },
      { received: 'request', count: 1 + random.below(15) },
    ]),
    do: oneOf(random, [
      { behaviour: 'drop', how },
      { behaviour: 'drop', how, comeBackAfterMs: forMs },
      { behaviour: 'stall' },
      { behaviour: 'stall', forMs },
      { behaviour: 'choke' },
      { behaviour: 'choke', forMs, flap: random.below(2) === 1 },
      { behaviour: 'corrupt', share: oneOf(random, [0.1, 0.5, 1]) },
      { behaviour: 'corrupt', share: oneOf(random, [0.1, 0.5, 1]) },
      { behaviour: 'slow-down', upBytesPerSecond: oneOf(random, [100, 5_000, 10_000_000]) },
      { behaviour: 'leech', depth: 1 + random.below(20), keep: random.below(2) === 0 },
      { behaviour: 'hold', share: oneOf(random, [0, 0.3, 0.7]) },
      { behaviour: 'dial', againAfterMs: 1_000, connections: 1 + random.below(3) },
      { behaviour: 'refuse', how: oneOf(random, ['port-closed', 'reset']) },
    ]),
  }
}

function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.below(items.length)]!
}
