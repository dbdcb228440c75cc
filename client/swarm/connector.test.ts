/** Who is dialled, accepted, kept and let go. The peers are played by the tests; times in ms. */
import { beforeEach, describe, expect, test } from 'vitest'
import { at, bitfield, block, interested, OUR_ID, unchoke } from '../peer/wire-words.testing.ts'
import { ConnectorStage } from './connector.testing.ts'
import { USELESS_AFTER_MS } from './connector.ts'
import { HALF_OPEN_MAX } from './known-peers.ts'
import type { PeerSession } from './peer-session.ts'
import { addressOf, peerIdOf, type RemoteEnd } from './remote-end.testing.ts'

let stage: ConnectorStage
beforeEach(() => {
  stage = new ConnectorStage()
})

describe('accepting', () => {
  test('is for who finds a place; one above is reset, and nobody hears of it', () => {
    for (const number of [1, 2, 3]) expect(stage.accept(number).ending).toBe(null)
    expect(stage.told()).toEqual(['0: 1:50000 connected in', '0: 2:50000 connected in', '0: 3:50000 connected in'])
    expect([stage.accept(4).ending, stage.told(), stage.connector.sessions.size]).toEqual(['reset', [], 3])
  })

  test.each<[string, () => void]>([
    ['we are paused or have stopped', () => Object.assign(stage, { mayConnect: false })],
    ['it is connected from there already', () => stage.accept(1)],
    [
      'its address is banned',
      () => stage.connector.known.ban(stage.connector.known.accept({ ...addressOf(1), port: 50_000 })!.key),
    ],
    ['its host is banned', () => stage.connector.known.banHost(stage.connector.known.add(addressOf(1), false)!.key)],
  ])('is refused by a reset when %s', (_, given) => {
    given()
    expect(stage.accept(1).ending).toBe('reset')
  })

  test('dials under way have places too', () => {
    for (const number of [1, 2, 3]) stage.connector.known.add(addressOf(number), false)
    stage.settle()
    expect(stage.accept(4).ending).toBe('reset')
  })
})

describe('dialling', () => {
  test('goes on while there are places, and again when one is free', () => {
    for (const number of [1, 2, 3, 4]) stage.connector.known.add(addressOf(number), false)
    stage.settle()
    expect(stage.told()).toEqual(['0: 1 connecting', '0: 2 connecting', '0: 3 connecting'])
    expect(stage.connector.deadlineMs()).not.toBe(0)
    stage.transport.dialled[1]!.ends(5, 'refused')
    stage.until(5)
    expect(stage.connector.deadlineMs()).toBe(0)
    stage.until(5)
    expect(stage.told()).toEqual(['5: 2 closed, connection refused, 1000', '5: 4 connecting'])
  })

  test('stops while we may not connect', () => {
    stage.connector.known.add(addressOf(1), false)
    stage.mayConnect = false
    stage.settle()
    expect([stage.told(), stage.connector.deadlineMs()]).toEqual([[], null])
  })

  test(`has ${HALF_OPEN_MAX} under way at once; an open one is not under way any more`, () => {
    stage.peersMax = 100
    for (let number = 1; number <= 60; number++) stage.connector.known.add(addressOf(number), false)
    stage.settle()
    expect(stage.transport.dialled).toHaveLength(HALF_OPEN_MAX)
    stage.until(1_000)
    expect(stage.transport.dialled).toHaveLength(HALF_OPEN_MAX)
    stage.transport.dialled[0]!.opens(1_000)
    stage.until(1_000)
    expect(stage.transport.dialled).toHaveLength(HALF_OPEN_MAX + 1)
  })

  test.each([
    [10, 10],
    [11, 8],
  ])(
    'of ten places, with %i peers known, takes %i: where all cannot be reached some places are for those who dial us',
    (known, dialled) => {
      stage.peersMax = 10
      for (let number = 1; number <= known; number++) stage.connector.known.add(addressOf(number), false)
      stage.settle()
      expect(stage.transport.dialled).toHaveLength(dialled)
      const accepted = Array.from({ length: 3 }, (_, index) => stage.accept(100 + index).ending)
      expect(accepted.filter((ending) => ending === null)).toHaveLength(Math.min(3, 10 - dialled))
    },
  )
})

describe('who is dialled again', () => {
  test.each([
    ['refused gives its token back: others are dialled at once', 'refused', 60],
    ['unreachable does too', 'unreachable', 60],
    ['reset counts: no more than 30 a second', 'reset', 30],
  ] as const)('one that is %s', (_, end, count) => {
    stage.peersMax = 100
    for (let number = 1; number <= 60; number++) stage.connector.known.add(addressOf(number), false)
    stage.settle()
    for (const remote of [...stage.transport.dialled]) {
      if (end === 'reset') remote.opens(10)
      remote.ends(10, end)
    }
    stage.until(10)
    stage.until(10)
    expect(stage.transport.dialled).toHaveLength(count)
    stage.until(1_000)
    expect(stage.transport.dialled.length).toBeGreaterThanOrEqual(60)
  })

  test('one that reached ourselves is never dialled again, but others of its host are', () => {
    const self = stage.dialled(1, { peerId: OUR_ID })
    expect(self.ending).toBe('closed')
    expect(stage.told().at(-1)).toMatch(/^0: 1 closed, .*, null$/)
    expect(stage.connector.known.add(addressOf(1), false)).toBe(null)
    expect(stage.accept(1).ending).toBe(null)
    stage.connector.known.add({ ...addressOf(1), port: 7_000 }, false)
    stage.until(1_000)
    expect(stage.told()).toEqual(['0: 1:50000 connected in', '1000: 1:7000 connecting'])
  })
})

describe('what becomes of a closed one', () => {
  test('that we dialled: it is dialled again after 1 s, and its socket is gone', () => {
    const remote = stage.dialled(1)
    stage.told()
    remote.ends(2_000, 'fin')
    stage.until(2_000)
    expect(stage.told()).toEqual(['2000: 1 closed, closed by the peer, 1000'])
    stage.until(2_999)
    expect(stage.told()).toEqual([])
    stage.until(3_000)
    expect(stage.told()).toEqual(['3000: 1 connecting'])
  })

  test('that dialled us: it is dialled where it says that it listens, and not where it came from', () => {
    const silent = stage.accepted(1)
    const telling = stage.accepted(2, { greeting: { listenPort: 7_000 } })
    stage.told()
    for (const remote of [silent, telling]) remote.ends(5, 'reset')
    stage.until(5)
    expect(stage.told()).toEqual([
      '5: 1:50000 closed, reset by the peer, null',
      '5: 2:50000 closed, reset by the peer, null',
    ])
    stage.until(100_000)
    expect(stage.told()).toEqual(['100000: 2:7000 connecting'])
  })

  test('that owed us something: how many blocks, and what it gave', () => {
    const remote = stage.dialled(1)
    const [session] = stage.connector.sessions.all()
    remote.says(0, bitfield('1111'), unchoke)
    session!.machine.setInterested(0, true)
    for (const index of [0, 1]) session!.machine.request(0, at(0, index))
    remote.says(1, block(0, 0))
    stage.told()
    remote.ends(1, 'fin')
    stage.until(1)
    expect(stage.told()).toEqual(['1: 1 closed, closed by the peer, 1000, owed 1, gave 16384 bytes'])
  })

  test.each([
    ['was of use is tried again after 1 s each time', 1, [1_000, 1_000, 1_000, 1_000]],
    ['was of no use is tried again later and later', 0, [1_000, 4_000, 16_000, 64_000]],
  ])('that %s', (_, usefulBytes, waits) => {
    stage.connector.known.add(addressOf(1), false)
    stage.settle()
    for (const waitMs of waits) {
      const remote = stage.transport.dialled.at(-1)!
      remote.opens(stage.nowMs)
      remote.greets(stage.nowMs)
      stage.settle()
      for (const session of stage.connector.sessions.all()) session.usefulBytes = usefulBytes
      remote.ends(stage.nowMs, 'fin')
      stage.settle()
      expect(stage.told().at(-1)).toBe(`${stage.nowMs}: 1 closed, closed by the peer, ${waitMs}`)
      stage.until(stage.nowMs + waitMs)
    }
  })
})

describe('a ban', () => {
  test('closes all of the host, tells of each, and keeps it out; others stay', () => {
    stage.dialled(1)
    stage.accepted(1, { peerId: peerIdOf(9) }, 50_001)
    stage.dialled(2)
    stage.told()
    const [first] = stage.connector.sessions.all()
    stage.connector.ban(0, first!.peer.key, 'bad data')
    stage.settle()
    expect(stage.told()).toEqual([
      '0: 1 banned',
      '0: 1:50001 banned',
      '0: 1 closed, banned, null',
      '0: 1:50001 closed, banned, null',
    ])
    expect([stage.accept(1, 50_002).ending, stage.connected]).toEqual(['reset', ['2']])
    stage.until(1_000_000)
    expect(stage.told()).toEqual([])
  })

  test('of one that is not connected any more keeps it out all the same', () => {
    const remote = stage.dialled(1)
    const [first] = stage.connector.sessions.all()
    remote.ends(0, 'fin')
    stage.settle()
    stage.told()
    stage.connector.ban(0, first!.peer.key, 'bad data')
    stage.until(1_000_000)
    expect([stage.told(), stage.accept(1).ending]).toEqual([['0: 1 banned'], 'reset'])
  })
})

describe('rotation', () => {
  /** All places are taken, by these, since 0; somebody else waits. */
  function full(...numbers: readonly number[]): { remotes: RemoteEnd[]; sessions: PeerSession[] } {
    stage.peersMax = numbers.length
    const remotes = numbers.map((number) => stage.dialled(number))
    stage.connector.known.add(addressOf(9), false)
    stage.settle()
    stage.told()
    return { remotes, sessions: [...stage.connector.sessions.all()] }
  }

  function rotate(nowMs: number): string[] {
    stage.nowMs = nowMs
    stage.connector.rotate(nowMs)
    stage.settle()
    stage.settle()
    return stage.told()
  }

  test(`frees one place, of who gave nothing for ${USELESS_AFTER_MS} ms, for who waits`, () => {
    full(1, 2)
    expect(rotate(USELESS_AFTER_MS - 1)).toEqual([])
    const [closed, ...rest] = rotate(USELESS_AFTER_MS)
    expect(closed).toMatch(/^30000: [12] closed, of no use for too long, 1000$/)
    expect(rest).toEqual(['30000: 9 connecting'])
  })

  test('frees nothing where a place is free, or nobody waits, or only who rests', () => {
    full(1, 2)
    stage.peersMax = 3
    expect(rotate(40_000)).toEqual(['40000: 9 connecting'])
    expect(rotate(90_000)).toEqual([])
    const resting = stage.transport.dialled.at(-1)!
    stage.peersMax = 2
    resting.ends(90_000, 'refused')
    expect(rotate(90_000)).toEqual(['90000: 9 closed, connection refused, 1000'])
    expect(rotate(90_999)).toEqual([])
    expect(rotate(91_000)).toHaveLength(2)
  })

  test('takes the one whose last block is the longest ago', () => {
    const { remotes, sessions } = full(1, 2, 3)
    for (const [index, nowMs] of [20_000, 10_000, 15_000].entries()) {
      remotes[index]!.says(nowMs, bitfield('1111'), unchoke)
      sessions[index]!.machine.setInterested(nowMs, true)
      sessions[index]!.machine.request(nowMs, at(0, 0))
      remotes[index]!.says(nowMs, block(0, 0))
    }
    stage.settle()
    expect(rotate(39_999)).toEqual([])
    expect(rotate(40_000)[0]).toMatch(/^40000: 2 closed, of no use for too long, 1000/)
  })

  test('spares who takes from us: it is interested and unchoked', () => {
    const { remotes, sessions } = full(1, 2)
    for (const remote of remotes) remote.says(0, interested)
    sessions[1]!.machine.setChoking(0, false)
    expect(rotate(40_000)[0]).toMatch(/^40000: 1 closed/)
    sessions[1]!.machine.setChoking(40_000, true)
    stage.connector.known.add(addressOf(8), false)
    expect(rotate(41_000)[0]).toMatch(/^41000: 2 closed/)
  })
})

describe('closing all', () => {
  test.each([
    ['stopping', 'we are stopping'],
    ['paused', 'we are paused'],
  ] as const)('when %s: every one, with that reason', (why, reason) => {
    stage.dialled(1)
    stage.accepted(2)
    stage.told()
    stage.mayConnect = false
    stage.connector.closeAll(why)
    stage.settle()
    expect(stage.told()).toEqual([`0: 1 closed, ${reason}, 1000`, `0: 2:50000 closed, ${reason}, null`])
    expect(stage.connector.sessions.size).toBe(0)
  })
})
