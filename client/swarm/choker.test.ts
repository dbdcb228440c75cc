import { beforeEach, describe, expect, test } from 'vitest'
import { ChokerStage, numbers } from './choker.testing.ts'
import type { ChokerMode } from './choker.ts'

let stage: ChokerStage

beforeEach(() => {
  stage = new ChokerStage(4)
})

/** Peers 0, 1 and so on give these many bytes a second. */
function give(...rates: readonly number[]): void {
  for (const [key, rate] of rates.entries()) stage.givesBytesPerSecond.set(key, rate)
}

describe('tit for tat (4 regular slots), in a round', () => {
  test('nobody has given anything: those who came first have the slots, the next one the optimistic slot', () => {
    stage.come(...numbers(7))
    expect([stage.with('regular'), stage.with('optimistic'), stage.with('ready')]).toEqual([[0, 1, 2, 3], [4], []])
  })

  test('of those that give nothing each has a regular slot for 30 s, then whoever waits longest', () => {
    stage.come(...numbers(10))
    const rounds = [20_000, 30_000, 50_000, 60_000].map((ms) => {
      stage.runTo(ms)
      return stage.with('regular')
    })
    expect(rounds).toEqual([
      [0, 1, 2, 3],
      [5, 6, 7, 8],
      [5, 6, 7, 8],
      [0, 1, 2, 3],
    ])
  })

  test('every 10 s those who gave most have the slots', () => {
    stage.come(...numbers(8))
    give(0, 10, 20, 30, 40, 50, 60, 70)
    stage.runTo(9_999)
    expect(stage.with('regular')).toEqual([0, 1, 2, 3])
    stage.runTo(10_000)
    expect([stage.with('regular'), stage.with('optimistic')]).toEqual([[4, 5, 6, 7], [0]])
    stage.givesBytesPerSecond.set(0, 1_000)
    stage.runTo(20_000)
    expect(stage.with('regular')).toEqual([0, 5, 6, 7])
  })

  test('what was given more than 20 s ago does not count', () => {
    stage.come(...numbers(6))
    give(1_000_000, 10, 20, 30, 40)
    stage.runTo(10_000)
    give(0)
    stage.runTo(20_000)
    expect(stage.with('regular')).toEqual([0, 2, 3, 4])
    stage.runTo(30_000)
    expect(stage.with('regular')).toEqual([1, 2, 3, 4])
  })

  test('a block at once after it came is no rate: it counts as over 10 s', () => {
    stage.come(...numbers(5))
    give(2_000, 2_000, 2_000, 2_000)
    stage.runTo(9_990)
    stage.come(5)
    stage.peers.get(5)!.downloadedBytes = 16_384
    stage.runTo(10_000)
    expect(stage.with('regular')).toEqual([0, 1, 2, 3])
  })

  test('the optimistic peer that gave enough stays, in a regular slot, and the next one has its turn', () => {
    stage.come(...numbers(6))
    give(1, 2, 3, 4, 5)
    stage.runTo(10_000)
    expect([stage.with('regular'), stage.with('optimistic')]).toEqual([[1, 2, 3, 4], [5]])
    expect([4, 5].map((key) => stage.sinceMs(key))).toEqual([0, 10_000])
  })
})

describe('tit for tat (4 regular slots), between rounds', () => {
  test.each([
    ['its peer went', () => stage.go(2)],
    ['its peer wants nothing any more', () => stage.change(2, { isInterested: false })],
    ['its peer snubs us', () => stage.change(2, { isSnubbed: true })],
    ['its peer became upload-only', () => stage.change(2, { isUploadOnly: true })],
  ])('a slot that is free (%s) goes to the best of the others at once', (_, happen) => {
    stage.come(...numbers(8))
    stage.runTo(3_000)
    stage.peers.get(6)!.downloadedBytes = 100_000
    happen()
    expect([stage.with('regular'), stage.with('optimistic')]).toEqual([[0, 1, 3, 6], [4]])
  })

  test('within a round nobody loses its slot, whatever the others give', () => {
    stage.come(...numbers(10))
    for (const key of numbers(10)) stage.givesBytesPerSecond.set(key, key * 1000)
    for (let ms = 100; ms < 10_000; ms += 100) {
      stage.runTo(ms)
      expect(stage.with('regular')).toEqual([0, 1, 2, 3])
    }
  })

  test('rounds are 10 s apart, however late a decision is, and none is made up for', () => {
    stage.come(...numbers(6))
    const decideAt = (nowMs: number) => {
      stage.nowMs = nowMs
      stage.decide()
      return stage.choker.deadlineMs()
    }
    expect([10_004, 20_003, 20_009, 55_000, 65_001].map(decideAt)).toEqual([20_000, 30_000, 30_000, 65_000, 75_000])
  })

  test('a peer that snubs us has no regular slot, also where one is free, but may be the optimistic one', () => {
    stage.come(0, 1, 2)
    for (const key of [0, 1]) stage.change(key, { isSnubbed: true })
    expect([stage.with('regular'), stage.with('optimistic')]).toEqual([[2], [0]])
    stage.runTo(30_000)
    expect([stage.with('regular'), stage.with('optimistic')]).toEqual([[2], [1]])
  })

  test('peers that have everything, or want nothing, are not unchoked', () => {
    stage.come(0, 1)
    stage.change(0, { isUploadOnly: true })
    stage.change(1, { isInterested: false })
    stage.runTo(60_000)
    expect([stage.with('regular', 'optimistic', 'ready'), stage.choker.deadlineMs()]).toEqual([[], null])
  })
})

describe('the optimistic slot', () => {
  test('is kept for 30 s, and for longer where nobody waits', () => {
    stage.come(...numbers(5))
    stage.runTo(29_999)
    expect(stage.with('optimistic')).toHaveLength(1)
    const [first] = stage.with('optimistic')
    stage.runTo(45_000)
    expect(stage.with('optimistic')).toEqual([first])
    stage.come(5)
    expect(stage.with('optimistic')).toEqual([5])
    stage.runTo(74_999)
    expect([stage.with('optimistic'), stage.choker.deadlineMs()]).toEqual([[5], 75_000])
    stage.runTo(75_000)
    expect(stage.with('optimistic')).not.toEqual([5])
  })

  // Peers 0, 1 and 0 again are served until 90 s. Peer 1 waits for 30 s then, who came at 80 s for thrice 10 s.
  test.each([
    [80_001, 1],
    [80_000, 2], // as long: who had less service
    [79_999, 2],
  ])('a newcomer counts as waiting three times as long: who came at %i ms, next is peer %i', (cameMs, next) => {
    stage = new ChokerStage(0)
    stage.come(0)
    stage.runTo(1)
    stage.come(1)
    stage.runTo(cameMs)
    expect(stage.with('optimistic')).toEqual([0])
    stage.come(2)
    stage.runTo(90_000)
    expect(stage.with('optimistic')).toEqual([next])
  })

  test('a moment without interest costs no place', () => {
    stage = new ChokerStage(0)
    stage.come(0, 1, 2)
    stage.runTo(29_000)
    stage.change(1, { isInterested: false })
    stage.runTo(29_500)
    stage.change(1, { isInterested: true })
    stage.runTo(30_000)
    expect(stage.with('optimistic')).toEqual([1])
  })
})

/** Peers 0 to 3 have the regular slots; 5 and 7 are faster than the slowest of them, but want nothing, as 6 does. */
function readyPeers(): void {
  stage.come(...numbers(9))
  give(10, 20, 30, 40, 0, 15, 5, 100)
  for (const key of [5, 6, 7]) stage.change(key, { isInterested: false })
  stage.runTo(10_000)
}

describe('ready: faster peers that want nothing yet', () => {
  beforeEach(readyPeers)

  test('are unchoked beside the slots where they are faster than the slowest regular one', () => {
    expect([stage.with('regular'), stage.with('ready')]).toEqual([
      [0, 1, 2, 3],
      [5, 7],
    ])
    expect(stage.served).toHaveLength(5)
  })

  test('take the slot of the slowest the moment they are interested', () => {
    stage.change(7, { isInterested: true })
    expect([stage.with('regular'), stage.with('ready')]).toEqual([[1, 2, 3, 7], [5]])
    expect(stage.served).toHaveLength(5)
    // Its 15 bytes a second are less than anybody in a slot gives by now.
    stage.change(5, { isInterested: true })
    expect([stage.with('regular'), stage.with('ready')]).toEqual([[1, 2, 3, 7], []])
  })

  test.each([
    ['snubs us', { isSnubbed: true }],
    ['has everything', { isUploadOnly: true }],
  ])('are choked at once: one that %s', (_, to) => {
    stage.change(7, to)
    expect(stage.with('ready')).toEqual([5])
  })
})

describe('ready peers', () => {
  beforeEach(readyPeers)

  test('have not been served by that: it costs no place in the line', () => {
    stage = new ChokerStage(1)
    stage.come(0, 1, 2, 3)
    give(10, 0, 0, 20)
    stage.change(3, { isInterested: false })
    stage.runTo(20_000)
    expect([stage.with('regular'), stage.with('optimistic'), stage.with('ready')]).toEqual([[0], [1], [3]])
    stage.change(3, { isSnubbed: true })
    stage.change(3, { isInterested: true })
    stage.go(2)
    stage.come(2)
    stage.runTo(30_000)
    expect(stage.with('optimistic')).toEqual([3])
  })

  test('are none where a slot is free: whoever is interested gets it at once', () => {
    stage.go(2, 3, 4, 8)
    stage.runTo(20_000)
    expect([stage.with('regular'), stage.with('ready')]).toEqual([[0, 1], []])
  })

  test('cannot make slots change hands over and over within a round', () => {
    const regular = [1, 2, 3, 7]
    for (let ms = 10_100; ms < 20_000; ms += 100) {
      stage.change(7, { isInterested: true })
      stage.runTo(ms)
      stage.change(7, { isInterested: false })
      const kept = stage.with('regular').filter((key) => regular.includes(key))
      expect(kept, `at ${ms} ms`).toEqual([1, 2, 3])
      expect(stage.with('ready')).toEqual([5])
    }
  })

  test('are no more than there are slots', () => {
    stage.come(...Array.from({ length: 20 }, (_, index) => 20 + index))
    for (let key = 20; key < 40; key++) {
      stage.change(key, { isInterested: false })
      stage.givesBytesPerSecond.set(key, 1_000 + key)
    }
    stage.runTo(20_000)
    expect(stage.with('ready')).toEqual([36, 37, 38, 39])
  })
})

describe('idle: who is served and asks for nothing for 1 s (4 + 1 slots)', () => {
  const idle = (...keys: readonly number[]) => {
    for (const key of keys) stage.change(key, { busyMs: 0 })
  }
  beforeEach(() => {
    stage.come(...numbers(12))
    idle(0, 1)
  })

  test.each<[ChokerMode, number[]]>([
    ['leeching', [4, 5, 6]],
    ['seeding', []],
  ])('does not count: as many others are served (%s)', (mode, optimistic) => {
    stage.mode = mode
    stage.decide()
    stage.runTo(999)
    expect(stage.served).toEqual([0, 1, 2, 3, 4])
    stage.runTo(1_000)
    expect([stage.served.toSorted((a, b) => a - b), stage.with('optimistic')]).toEqual([
      [0, 1, 2, 3, 4, 5, 6],
      optimistic,
    ])
    stage.runTo(9_999)
    expect(stage.served).toHaveLength(7)
  })

  test('asks again: nobody loses by it before the next round, then those who were served longest besides', () => {
    stage.runTo(5_000)
    for (const key of [0, 1]) stage.change(key, { busyMs: Number.POSITIVE_INFINITY })
    stage.runTo(9_999)
    expect(stage.served).toHaveLength(7)
    stage.runTo(10_000)
    expect([stage.with('regular'), stage.with('optimistic')]).toEqual([[0, 1, 2, 3], [6]])
  })

  test('asks again while we seed: turns that are over are not passed on until there are as many as slots', () => {
    stage.mode = 'seeding'
    stage.runTo(5_000)
    for (const key of [0, 1]) stage.change(key, { busyMs: Number.POSITIVE_INFINITY })
    stage.runTo(30_000)
    expect(stage.served).toHaveLength(5)
  })

  test('may be four for each slot, and no more: all might ask again at once', () => {
    stage.come(...numbers(60).slice(12))
    idle(...numbers(60))
    stage.runTo(9_000)
    expect(stage.served).toHaveLength(5 + 4 * 5)
  })
})

describe('seeding (4 + 1 slots)', () => {
  beforeEach(() => {
    stage.mode = 'seeding'
  })

  test('each has a turn of 30 s, whatever it gave, and then whoever waits longest', () => {
    give(0, 0, 0, 0, 0, 1_000)
    stage.come(...numbers(7))
    expect(stage.with('regular')).toEqual([0, 1, 2, 3, 4])
    stage.runTo(29_999)
    expect(stage.with('regular')).toEqual([0, 1, 2, 3, 4])
    stage.runTo(30_000)
    expect(stage.with('regular')).toEqual([2, 3, 4, 5, 6])
  })

  test('turns are as long as the owner says', () => {
    stage.seedTurnMs = 2_000
    stage.come(...numbers(7))
    stage.runTo(1_999)
    expect(stage.with('regular')).toEqual([0, 1, 2, 3, 4])
    stage.runTo(2_000)
    expect(stage.with('regular')).toEqual([2, 3, 4, 5, 6])
  })

  test('who has just been served is not next again for a fifth of a turn', () => {
    stage.come(...numbers(6))
    const changesMs: number[] = []
    const waits: number[] = []
    for (let change = 0; change < 5; change++) {
      stage.runTo(stage.choker.deadlineMs()!)
      changesMs.push(stage.nowMs)
      waits.push(...numbers(6).filter((key) => !stage.served.includes(key)))
    }
    expect(changesMs).toEqual([30_000, 36_000, 42_000, 48_000, 54_000])
    expect(waits).toEqual([0, 1, 2, 3, 4])
  })

  test('a newcomer takes over at once from who had its turn', () => {
    stage = new ChokerStage(0)
    stage.mode = 'seeding'
    stage.come(0)
    stage.runTo(29_000)
    stage.come(1)
    stage.runTo(30_000)
    expect(stage.with('regular')).toEqual([1])
  })
})

describe('seeding: slots that are free, or held before', () => {
  beforeEach(() => {
    stage.mode = 'seeding'
  })

  test('where nobody waits nobody loses its turn, and time alone changes nothing', () => {
    stage.come(...numbers(5))
    expect(stage.choker.deadlineMs()).toBeNull()
    stage.runTo(3_600_000)
    expect(stage.with('regular')).toEqual([0, 1, 2, 3, 4])
  })

  test('a slot that is free goes to the next at once', () => {
    stage.come(...numbers(7))
    stage.runTo(1_000)
    stage.go(3)
    expect(stage.with('regular')).toEqual([0, 1, 2, 4, 5])
    stage.change(0, { isInterested: false })
    expect(stage.with('regular')).toEqual([1, 2, 4, 5, 6])
  })

  test('begins with the slots as they are, but nobody is ready any more', () => {
    stage.mode = 'leeching'
    stage.come(...numbers(7))
    give(1, 2, 3, 4, 0, 9)
    stage.change(5, { isInterested: false })
    stage.runTo(20_000)
    expect([stage.with('regular'), stage.with('optimistic'), stage.with('ready')]).toEqual([[0, 1, 2, 3], [4], [5]])
    stage.mode = 'seeding'
    stage.decide()
    expect([stage.with('regular'), stage.with('optimistic', 'ready')]).toEqual([[0, 1, 2, 3, 4], []])
    stage.mode = 'leeching'
    stage.decide()
    expect([stage.with('regular'), stage.with('optimistic', 'ready')]).toEqual([[0, 1, 2, 3], [6]])
  })
})
