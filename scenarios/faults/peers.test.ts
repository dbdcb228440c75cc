/**
 * Every hostile kind alone with the client, and beside an honest peer. Alone: for five minutes the client does exactly
 * what is written down for it (peer-responses). Beside: the download takes at most 1.5 times what the honest one takes
 * alone, the honest one is not harmed, and the other is treated and costs as it does alone.
 */
import { describe, expect, test } from 'vitest'
import { FAULTS, HOSTILE_KINDS, type HostileKind } from '../../seeder/hostile-kinds.ts'
import { HONEST, honestMs, meeting, TOTAL_BYTES } from './fault-stage.testing.ts'
import { PEER_RESPONSES } from './peer-responses.testing.ts'
import { ALONE_MS } from './responses.testing.ts'

const BESIDE_LIMIT = 1.5
const HONEST_MS = { torrent: honestMs(), magnet: honestMs({ fromMagnet: true }) }
/** Where others are there several pieces of it are begun, instead of one, before the first is whole. */
const PIECES_BEGUN_MAX = 3
/** Every 10 s, less than five minutes long. */
const SNUBS = { min: 27, max: 30 }

test('every hostile kind has its response, and nothing else has', () => {
  expect(Object.keys(PEER_RESPONSES).sort()).toEqual(HOSTILE_KINDS.map(({ name }) => name).sort())
})

for (const fault of FAULTS) {
  describe(`peer: ${fault}`, () => {
    for (const kind of HOSTILE_KINDS.filter((each) => each.fault === fault)) {
      test(`${kind.name}, alone: ${PEER_RESPONSES[kind.name]?.summary}`, () => alone(kind))
      test(`${kind.name}, beside an honest peer`, () => beside(kind))
    }
  })
}

function alone(kind: HostileKind): void {
  const { dials, ends, bans, isSnubbed, isComplete, ...bounds } = PEER_RESPONSES[kind.name]!
  const stage = meeting(kind, []).runUntil(ALONE_MS)
  expect(stage.ends(0)).toEqual(ends)
  expect(stage.dials(0)).toBe(dials)
  expect(stage.bans(0)).toEqual(bans)
  expect(stage.isComplete).toBe(isComplete)
  expect(stage.snubs(0)).toBeGreaterThanOrEqual(isSnubbed ? SNUBS.min : 0)
  expect(stage.snubs(0)).toBeLessThanOrEqual(isSnubbed ? SNUBS.max : 0)
  const takenBytes = stage.receivedFrom(0)
  const { receivedBytes, sentBytes } = stage.trafficOf(0)
  expect(takenBytes).toBeLessThanOrEqual(bounds.takenBytesMax)
  expect(receivedBytes - takenBytes).toBeLessThanOrEqual(bounds.overheadBytesMax)
  expect(sentBytes).toBeLessThanOrEqual(bounds.sentBytesMax)
}

function beside(kind: HostileKind): void {
  const { ends, endsToo = [], isComplete, takenBytesMax, bans } = PEER_RESPONSES[kind.name]!
  const stage = meeting(kind, [HONEST])
  const tookMs = stage.complete(60_000)
  expect(tookMs).toBeLessThan(BESIDE_LIMIT * HONEST_MS[kind.onlyMagnet === true ? 'magnet' : 'torrent'])
  expect([stage.bans(0), stage.dials(0)]).toEqual([[], 1])
  const allowed = ['neither of us needs anything', ...ends, ...endsToo]
  for (const end of stage.ends(1)) expect(allowed).toContainEqual(end)
  for (const reason of stage.bans(1)) expect(bans).toContainEqual(reason)
  const servesToo = isComplete || kind.onlyMagnet === true
  expect(stage.receivedFrom(1)).toBeLessThanOrEqual(servesToo ? TOTAL_BYTES : takenBytesMax * PIECES_BEGUN_MAX)
}
