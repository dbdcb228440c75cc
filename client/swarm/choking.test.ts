/** The choker's decisions on connected peers: what they hear, and when. Times in ms. */
import { beforeEach, describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { at, block, haveAll, interested, notInterested, unchoke } from '../peer/wire-words.testing.ts'
import { ANTI_SNUBBING_MS, Choking } from './choking.ts'
import type { PeerSession } from './peer-session.ts'
import { eventsOf, makeSession, type RemoteEnd } from './remote-end.testing.ts'
import { SessionTable } from './session-table.ts'

class Stage {
  readonly sessions = new SessionTable()
  readonly choking: Choking
  readonly log: string[] = []
  isComplete = false
  pieceBytes: number | null = null
  upRateBytesPerSecond = 0
  nowMs = 0
  readonly #remotes = new Map<PeerSession, RemoteEnd>()

  constructor(regularSlots: number) {
    const stage = this
    this.choking = new Choking(this.sessions, regularSlots, {
      get isComplete() {
        return stage.isComplete
      },
      get pieceBytes() {
        return stage.pieceBytes
      },
      upRateBytesPerSecond: () => this.upRateBytesPerSecond,
      emit: (nowMs, event) => {
        const why = event.type === 'we-unchoked' ? ` ${event.why}` : ''
        if ('peer' in event) this.log.push(`${nowMs}: ${event.peer.split('.')[2]} ${event.type.slice(3)}${why}`)
      },
    })
  }

  /** They connect, and are interested unless the test says otherwise; a block is being read for each, always. */
  come(numbers: readonly number[], first = interested) {
    return numbers.map((number) => {
      const { session, remote } = makeSession(number, { nowMs: this.nowMs })
      remote.says(this.nowMs, first)
      session.readingCount = 1
      this.sessions.add(session)
      this.#remotes.set(session, remote)
      this.choking.changed()
      return { session, remote }
    })
  }

  leave(session: PeerSession): void {
    this.sessions.remove(session)
    this.choking.changed()
  }

  /** Everything that is due by then, and the changes as they come; gives what happened. */
  until(endMs: number): string[] {
    this.#decide()
    for (let dueMs = this.choking.deadlineMs(); dueMs !== null && dueMs <= endMs; dueMs = this.choking.deadlineMs()) {
      expect(dueMs).toBeGreaterThan(this.nowMs)
      this.nowMs = dueMs
      this.#decide()
    }
    this.nowMs = endMs
    return this.log.splice(0)
  }

  #decide(): void {
    const before = this.log.length
    const hasTouched = this.choking.decide(this.nowMs)
    expect(hasTouched).toBe(this.log.length > before)
    for (const session of this.#remotes.keys()) session.flush()
  }
}

let stage: Stage
beforeEach(() => {
  stage = new Stage(2)
})

describe('slots', () => {
  test('go to those who are interested, the optimistic one too, and each hears of it', () => {
    const peers = stage.come([1, 2, 3, 4])
    expect(stage.until(0)).toEqual(['0: 1 unchoked regular', '0: 2 unchoked regular', '0: 3 unchoked optimistic'])
    const heard = peers.map(({ remote }) => remote.hearsOf('choke', 'unchoke').map(({ type }) => type))
    expect(heard).toEqual([['unchoke'], ['unchoke'], ['unchoke'], []])
    // Each of them is to be pumped: it may ask now, or its requests are gone.
    const touched: number[] = []
    for (let next = stage.sessions.takeTouched(); next !== null; next = stage.sessions.takeTouched()) {
      touched.push(next.peer.key)
    }
    expect(touched).toEqual([1, 2, 3])
  })

  test('are not settled again while nothing changes and no time has come', () => {
    stage.come([1, 2, 3, 4])
    stage.until(0)
    expect(stage.choking.decide(9_999)).toBe(false)
  })

  test.each<[string, (peer: { session: PeerSession; remote: RemoteEnd }) => void]>([
    ['leaves', ({ session }) => stage.leave(session)],
    ['closes', ({ session }) => session.machine.close('useless')],
    ['is not interested any more', ({ remote }) => remote.says(stage.nowMs, notInterested)],
  ])('one is refilled at once when its peer %s', (_, happens) => {
    const [one] = stage.come([1, 2, 3, 4])
    stage.until(3_000)
    happens(one!)
    stage.choking.changed()
    expect(stage.until(3_000)).toContain('3000: 4 unchoked regular')
  })

  test('one is free while nobody wants it, and is given at once to who does', () => {
    const [one] = stage.come([1], notInterested)
    expect(stage.until(50_000)).toEqual([])
    one!.remote.says(50_000, interested)
    stage.choking.changed()
    expect(stage.until(50_000)).toEqual(['50000: 1 unchoked regular'])
  })

  test('are for open connections alone', () => {
    const [one] = stage.come([1])
    one!.session.machine.close('useless')
    expect(stage.until(0)).toEqual([])
  })

  test('are not for who has everything', () => {
    const [one] = stage.come([1])
    one!.remote.says(0, haveAll)
    expect(stage.until(60_000)).toEqual([])
  })
})

describe('none at all', () => {
  test('nobody is ever unchoked, not even for a while', () => {
    stage = new Stage(0)
    stage.come([1, 2])
    expect(stage.until(100_000)).toEqual([])
    stage.isComplete = true
    stage.choking.changed()
    expect(stage.until(200_000)).toEqual([])
  })
})

describe('a peer that is served and asks for nothing', () => {
  test('lets another be served beside it after 1 s; it keeps its slot', () => {
    const [one] = stage.come([1, 2, 3, 4, 5])
    one!.session.readingCount = 0
    stage.until(0)
    expect(stage.until(999)).toEqual([])
    expect(stage.until(9_999)).toEqual(['1000: 4 unchoked optimistic'])
  })

  test.each<[string, (session: PeerSession, remote: RemoteEnd) => void]>([
    ['waits for a block to be read', (session) => session.readingCount++],
    ['has a block ready', (session) => session.ready.push({ range: at(0, 0), bytes: new Uint8Array(BLOCK_BYTES) })],
    ['has a block on the way', (_, remote) => (remote.unsentBytes = 1)],
    ['got its last block just now', (session) => (session.sentMs = 1)],
  ])('is not one that %s', (_, happens) => {
    const [one] = stage.come([1, 2, 3, 4])
    one!.session.readingCount = 0
    stage.until(0)
    happens(one!.session, one!.remote)
    expect(stage.until(1_000)).toEqual([])
  })
})

describe('interest', () => {
  test('of who waits and goes on waiting settles nothing; of who is served it does', () => {
    const [one, , , four] = stage.come([1, 2, 3, 4])
    stage.until(0)
    for (const word of [notInterested, interested]) {
      four!.remote.says(0, word)
      stage.choking.interestChanged(four!.session)
      expect(stage.choking.decide(0)).toBe(false)
    }
    one!.remote.says(0, notInterested)
    stage.choking.interestChanged(one!.session)
    // The third had the optimistic slot, and now has the first's.
    expect(stage.until(0)).toEqual(['0: 1 choked', '0: 4 unchoked optimistic'])
  })

  test('of a stranger settles where a slot is free', () => {
    const [one] = stage.come([1], notInterested)
    stage.until(0)
    one!.remote.says(500, interested)
    stage.choking.interestChanged(one!.session)
    expect(stage.until(500)).toEqual(['0: 1 unchoked regular'])
  })
})

describe('tit for tat', () => {
  test('those whose blocks we kept have the regular slots from the next round on', () => {
    const peers = stage.come([1, 2, 3, 4])
    stage.until(5_000)
    for (const index of [2, 3]) peers[index]!.session.usefulBytes = 10 * BLOCK_BYTES
    // The third was the optimistic one; the first is now, and nobody has to hear of either.
    expect(stage.until(10_000)).toEqual(['10000: 2 choked', '10000: 4 unchoked regular'])
  })
})

/** It unchokes us, we ask for two blocks, and it sends the first at 1 s. */
function owesBlock({ session, remote }: { session: PeerSession; remote: RemoteEnd }): void {
  const { machine } = session
  remote.says(0, haveNothingBut0, unchoke)
  machine.setInterested(0, true)
  machine.request(0, at(0, 0))
  machine.request(0, at(0, 1))
  remote.says(1_000, block(0, 0))
  session.usefulBytes += BLOCK_BYTES
  eventsOf(session)
}
const haveNothingBut0 = { type: 'bitfield', bits: Uint8Array.of(0x80) } as const

describe('anti-snubbing', () => {
  // The one slot is its own as long as it is not snubbed: whoever comes then gets the optimistic one.
  test.each([
    [ANTI_SNUBBING_MS - 1, 'keeps its regular slot', 'optimistic'],
    [ANTI_SNUBBING_MS, 'loses it to who comes', 'regular'],
  ])('who owes us a block for %i ms %s', (silentMs, _, why) => {
    stage = new Stage(1)
    const [one] = stage.come([1])
    owesBlock(one!)
    stage.until(1_000)
    one!.session.machine.handleDeadline(11_000)
    expect(one!.session.machine.isSnubbed).toBe(true)
    stage.choking.changed()
    stage.until(1_000 + silentMs)
    stage.come([2])
    expect(stage.until(1_000 + silentMs)).toEqual([`${1_000 + silentMs}: 2 unchoked ${why}`])
  })

  test('who owes us nothing is not snubbed, however long ago its last block came', () => {
    stage = new Stage(1)
    const [one] = stage.come([1])
    owesBlock(one!)
    one!.remote.says(1_000, block(0, BLOCK_BYTES))
    stage.until(500_000)
    stage.come([2])
    expect(stage.until(500_000)).toEqual(['500000: 2 unchoked optimistic'])
  })
})

describe('as a seed', () => {
  test('all slots are turns of 30 s, of who waits longest, whatever anybody gave', () => {
    stage.isComplete = true
    const peers = stage.come([1, 2, 3, 4])
    peers[0]!.session.usefulBytes = 100 * BLOCK_BYTES
    expect(stage.until(29_999)).toEqual(['0: 1 unchoked regular', '0: 2 unchoked regular', '0: 3 unchoked regular'])
    expect(stage.until(30_000)).toEqual(['30000: 1 choked', '30000: 4 unchoked regular'])
  })

  // Three slots share the uplink: four pieces of 250 kB each are 3 MB.
  test.each([
    ['a seed that sends nothing yet', 0, 30_000],
    ['so slow that it is two minutes for one piece', 1_000, 120_000],
    ['slow: a slot gives one piece in 50 s', 15_000, 50_000],
    ['a slot gives one piece in 15 s', 50_000, 30_000],
    ['a slot gives four pieces in 12 s', 250_000, 12_000],
    ['fast', 100_000_000, 2_000],
  ])(
    'a turn is as long as a slot takes for four pieces, 2 to 30 s, or for one: %s',
    (_, upRateBytesPerSecond, turnMs) => {
      stage.isComplete = true
      stage.pieceBytes = 250_000
      stage.upRateBytesPerSecond = upRateBytesPerSecond
      stage.come([1, 2, 3, 4])
      stage.until(0)
      expect(stage.until(turnMs - 1)).toEqual([])
      expect(stage.until(turnMs)).toEqual([`${turnMs}: 1 choked`, `${turnMs}: 4 unchoked regular`])
    },
  )

  test('the change from leeching counts at once where it is told', () => {
    stage.come([1, 2, 3])
    stage.until(1_000)
    stage.isComplete = true
    stage.choking.changed()
    // The same are unchoked: nobody hears of it.
    expect(stage.until(1_000)).toEqual([])
  })
})
