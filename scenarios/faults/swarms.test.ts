/** Faults that take more than one peer, or more than a peer: many liars, many addresses, our own. */
import { describe, expect, test } from 'vitest'
import { HEARSAY_PEERS_MAX } from '../../client/swarm/known-peers-roster.ts'
import { PERFECT_LINK } from '../../links/link.ts'
import { HOSTILE_KINDS } from '../../seeder/hostile-kinds.ts'
import { deadPeerAddress } from '../../tracker-mock/dead-peers.ts'
import { CLIENT, type PeerSpec } from '../swarm-stage.testing.ts'
import { FaultStage, HONEST, honestMs, LINK, meeting } from './fault-stage.testing.ts'

function hostile(name: string): PeerSpec {
  return { link: LINK, script: HOSTILE_KINDS.find((kind) => kind.name === name)!.script }
}

function times(count: number, peer: PeerSpec): PeerSpec[] {
  return Array.from({ length: count }, () => peer)
}

describe('tracker: thousands of dead peers', () => {
  test('of which each refuses after 4 ms: the honest one among 3,000 is found within a minute', () => {
    const dead = 2_999
    const tracker = [{ when: { host: CLIENT.host }, do: { deadPeers: dead } }]
    const stage = new FaultStage({ peers: [HONEST], tracker })
    for (let index = 0; index < dead; index++) {
      stage.network.addHost(deadPeerAddress(index).host, { ...PERFECT_LINK, rttMs: 4 })
    }
    stage.start().complete(60_000 + 1.5 * honestMs())
    expect(stage.judge.all('announced')[0]).toMatchObject({ peers: dead + 1 })
    expect(stage.judge.all('peer-handshaken')[0]!.atMs).toBeLessThan(60_000)
    // 200 begin in a second; each of them a handshake's worth of memory and nothing on the wire but its refusal.
    const dials = stage.judge.all('peer-connecting').filter(({ atMs }) => atMs < 10_000).length
    expect(dials).toBeLessThanOrEqual(11 * 200)
  })
})

describe('peer: PEX flood', () => {
  test('of twenty at once: at most 1,000 that only peers speak of are known, and the honest one serves as before', () => {
    const stage = new FaultStage({ peers: [HONEST, ...times(20, hostile('pex-flood'))] }).start()
    expect(stage.complete(60_000)).toBeLessThan(1.5 * honestMs())
    const told = stage.judge.all('peer-exchanged').reduce((sum, { added }) => sum + added, 0)
    expect(told).toBeGreaterThanOrEqual(2 * HEARSAY_PEERS_MAX)
    expect(stage.status.knownPeers).toBeLessThanOrEqual(HEARSAY_PEERS_MAX + 21)
  })
})

describe('peer: never unchokes', () => {
  test('on every place: one of them leaves for the honest one that waits, 40 s later at most', () => {
    const settings = { peersMax: 3 }
    const stage = new FaultStage({ peers: [...times(5, hostile('never-unchokes')), HONEST], settings }).start()
    expect(stage.complete(300_000)).toBeLessThan(6 * 40_000 + 1.5 * honestMs())
    const reason = 'of no use for too long'
    expect(stage.judge.all('peer-closed').filter((event) => event.reason === reason).length).toBeGreaterThan(0)
  })
})

describe("peer: the client's own peer id", () => {
  test('as when a peer names our own address: it is dialled once', () => {
    const script = [{ when: { afterStartMs: 0 }, do: { behaviour: 'speak', pex: [`${CLIENT.host}:${CLIENT.port}`] } }]
    const stage = new FaultStage({ peers: [{ link: LINK, script }] }).start()
    stage.complete(60_000)
    const self = 'handshake.self: expected another peer id, received our own'
    expect(stage.seen(`${CLIENT.host}:${CLIENT.port}`).map((line) => line.replace(/^\d+: /, ''))).toEqual([
      'connecting',
      'connected false',
      `closed, ${self}`,
    ])
  })
})

describe('peer: text that acts on a terminal or a page', () => {
  test.each(['escapes-in-peer-id', 'extension-handshake-escapes'])('%s: no event has a control character', (name) => {
    const stage = meeting(HOSTILE_KINDS.find((kind) => kind.name === name)!, [])
    stage.complete(60_000)
    const texts = stage.judge.events.flatMap(({ event }) =>
      Object.values(event).filter((value) => typeof value === 'string'),
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(texts.filter((text) => /[\u0000-\u001f\u007f-\u009f]/.test(text))).toEqual([])
    expect(stage.judge.events.map(({ event }) => JSON.stringify(event)).join('\n')).toContain('[2J')
  })
})

describe('from a magnet link', () => {
  const honestFromMagnetMs = honestMs({ fromMagnet: true })

  for (const kind of HOSTILE_KINDS.filter(({ onlyMagnet }) => onlyMagnet !== true)) {
    test(`peer: ${kind.fault}: ${kind.name}, beside an honest peer`, () => {
      const stage = meeting(kind, [HONEST], { fromMagnet: true })
      expect(stage.complete(60_000)).toBeLessThan(1.5 * honestFromMagnetMs)
      expect([stage.bans(0), stage.dials(0)]).toEqual([[], 1])
    })
  }

  // Three are asked at the same time; who says nothing for 10 s makes room for the next.
  describe.each([
    ['metadata that never comes', 'metadata-ignores', 30_000],
    ['metadata that never comes', 'metadata-rejects', 1_000],
    ['metadata of wrong hash', 'metadata-wrong-hash', 1_000],
    ['metadata of wrong size', 'metadata-short-data', 1_000],
  ])('peer: %s', (_, name, heldMs) => {
    test.each([3, 6])(`${name}, %d of them ahead of an honest peer`, (count) => {
      const far = { ...HONEST, link: { ...LINK, rttMs: 200 } }
      const stage = new FaultStage({ peers: [...times(count, hostile(name)), far], fromMagnet: true }).start()
      expect(stage.complete(120_000)).toBeLessThan(1.5 * honestFromMagnetMs + heldMs)
      const [received] = stage.judge.all('metadata-received')
      expect(received?.peer).toBe(`127.0.2.${count + 1}:6881`)
    })
  })
})
