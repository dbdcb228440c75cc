/**
 * What those who take can cost a seed: each kind alone with it, and beside an honest leecher that has 1 MB/s to share
 * with it. Both have nothing; the uplink is the bottleneck.
 */
import { describe, expect, test } from 'vitest'
import { HOSTILE_KINDS } from '../../seeder/hostile-kinds.ts'
import type { ScriptStep } from '../../seeder/script.ts'
import type { PeerSpec } from '../swarm-stage.testing.ts'
import { FaultStage, LINK, TOTAL_BYTES, wholeDisk } from './fault-stage.testing.ts'
import { closed, fault, REFUSED } from './responses.testing.ts'

const UPLINK_BYTES_PER_SECOND = 1_000_000
const HAS_NOTHING: ScriptStep = { when: { afterStartMs: 0 }, do: { behaviour: 'hold', share: 0 } }
const HONEST: PeerSpec = { script: [HAS_NOTHING, { when: { afterStartMs: 0 }, do: { behaviour: 'leech' } }] }
/** Takes for ever, and has never enough. */
const GREEDY: PeerSpec = {
  script: [HAS_NOTHING, { when: { afterStartMs: 0 }, do: { behaviour: 'leech', keep: false } }],
}

function seeding(peers: readonly PeerSpec[], uploadSlots = 4): FaultStage {
  const settings = { seeds: true, uploadSlots }
  const clientLink = { upBytesPerSecond: UPLINK_BYTES_PER_SECOND }
  return new FaultStage({ peers, disk: wholeDisk, settings, clientLink }).start()
}

/** When the first peer has it all. */
function servedMs(stage: FaultStage): number {
  const isServed = () => stage.peers[0]!.leechCounts.downloadedBytes === TOTAL_BYTES
  const ended = stage.simulation.run(isServed, 60_000)
  expect(ended).toBe('done')
  return stage.simulation.nowMs
}

interface Taker {
  readonly fault: string
  readonly name: string
  readonly reason: RegExp
  /** Payload that one connection gets before it is closed. */
  readonly sentBlocksMax: number
}

const MESSAGE_FLOOD = fault('message.flood')
const TAKERS: readonly Taker[] = [
  // A second of the uplink: requests for what it has asked for already use its budget up.
  { fault: 'request flood', name: 'request-flood', reason: MESSAGE_FLOOD, sentBlocksMax: 65 },
  ...['beyond-piece', 'no-such-piece', 'overflow', 'empty'].map((how) => ({
    fault: 'requests beyond the piece',
    name: `requests-${how}`,
    reason: REFUSED,
    sentBlocksMax: 0,
  })),
  { fault: 'requests over 16 KiB', name: 'requests-over-16-kib', reason: REFUSED, sentBlocksMax: 0 },
  ...['interest-flood', 'cancel-flood', 'metadata-request-flood'].map((name) => ({
    fault: 'flood of other messages',
    name,
    reason: MESSAGE_FLOOD,
    sentBlocksMax: 0,
  })),
]

for (const { fault: of, name, reason, sentBlocksMax } of TAKERS) {
  const kind = HOSTILE_KINDS.find((each) => each.name === name)!
  const hostile: PeerSpec = { link: LINK, script: [HAS_NOTHING, ...kind.script] }
  const { ends } = closed(reason)

  describe(`peer: ${of}`, () => {
    test(`${name}, alone with a seed: closed each time, and gets no more than it asked for`, () => {
      const stage = seeding([hostile]).runUntil(120_000)
      expect(stage.ends(0)).toEqual(ends.slice(0, stage.dials(0)).slice(0, stage.ends(0).length))
      expect(stage.ends(0).length).toBeGreaterThanOrEqual(3)
      expect(stage.uploadedTo(0)).toBeLessThanOrEqual(stage.ends(0).length * sentBlocksMax * 16_384)
      const { receivedBytes, sentBytes } = stage.trafficOf(0)
      expect(sentBytes - stage.uploadedTo(0)).toBeLessThan(1.1 * receivedBytes + 2_000)
    })

    test(`${name}, beside an honest leecher of a seed`, () => {
      const aloneMs = servedMs(seeding([HONEST]))
      const stage = seeding([HONEST, hostile])
      expect(servedMs(stage)).toBeLessThan(1.5 * aloneMs)
      expect(stage.dials(0)).toBe(1)
      for (const end of stage.ends(1)) expect(ends).toContainEqual(end)
    })
  })
}

describe('peer: requests while choked', () => {
  const ask = { behaviour: 'ask', how: 'while-choked' }
  const script: ScriptStep[] = [
    HAS_NOTHING,
    { when: { afterStartMs: 0 }, do: { ...ask, perSecond: 1, count: 1 } },
    // All within a second: turns are 2 s, and its own may come soon.
    { when: { received: 'choke' }, do: { ...ask, perSecond: 400 } },
  ]

  test('of a seed whose slots others have: closed after 300, each time, and nothing is sent for them', () => {
    const stage = seeding([GREEDY, GREEDY, GREEDY, GREEDY, { link: LINK, script }], 1).runUntil(100_000)
    expect(stage.ends(4)).toEqual(closed(fault('request.choked', '301')).ends.slice(0, 3))
    // The one that it asks for at the start, where it is unchoked as a newcomer before it is closed for the first time.
    expect(stage.uploadedTo(4)).toBeLessThanOrEqual(16_384)
  })
})
