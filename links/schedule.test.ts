import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Link, type LinkChange, PERFECT_LINK } from './link.ts'
import { capacityBytesBetween, changeTimesMs, linkAt, scheduleProblem } from './schedule.ts'

/** 1 MB/s up and 2 down; an outage from 10 to 12 s, then half of it up; the delay changes alone at 20 s. */
const LINK: Link = {
  ...PERFECT_LINK,
  upBytesPerSecond: 1e6,
  downBytesPerSecond: 2e6,
  rttMs: 30,
  schedule: [
    { atMs: 10_000, upBytesPerSecond: 0, downBytesPerSecond: 0 },
    { atMs: 12_000, upBytesPerSecond: 5e5, downBytesPerSecond: 2e6 },
    { atMs: 20_000, rttMs: 90, lossRate: 0.01 },
    { atMs: 20_000, rttMs: 60 },
    { atMs: 30_000, upBytesPerSecond: null },
  ],
}

describe('a link with a schedule', () => {
  test.each([
    [0, 1e6, 30, 0],
    [9_999.999, 1e6, 30, 0],
    [10_000, 0, 30, 0],
    [12_000, 5e5, 30, 0],
    [19_999, 5e5, 30, 0],
    [20_000, 5e5, 60, 0.01],
    [30_000, null, 60, 0.01],
    [1e9, null, 60, 0.01],
  ])('at %d ms has %s bytes/s up, %d ms and loses %d', (atMs, upBytesPerSecond, rttMs, lossRate) => {
    const link = linkAt(LINK, atMs)
    expect(link).toMatchObject({ upBytesPerSecond, rttMs, lossRate, jitterMs: 0 })
    expect(link).not.toHaveProperty('schedule')
  })

  test('changes at its moments, each once', () => {
    expect(changeTimesMs(LINK, 0)).toEqual([10_000, 12_000, 20_000, 30_000])
    expect(changeTimesMs(LINK, 12_000)).toEqual([20_000, 30_000])
    expect(changeTimesMs(PERFECT_LINK, 0)).toEqual([])
  })
})

describe('capacity', () => {
  test.each([
    ['up', 0, 1_000, 1e6],
    ['up', 0, 10_000, 10e6],
    ['up', 9_000, 13_000, 1e6 + 0 + 5e5],
    ['up', 10_500, 11_500, 0],
    ['up', 5_000, 5_000, 0],
    ['up', 6_000, 5_000, 0],
    // 10 s at 1 MB/s, none for 2, 18 at half of it; and from 30 s on no limit.
    ['up', 0, 30_000, 10e6 + 9e6],
    ['up', 0, 30_000.001, Number.POSITIVE_INFINITY],
    ['down', 0, 100_000, 98 * 2e6],
  ] as const)('%s from %d to %d ms is %d bytes', (direction, fromMs, toMs, bytes) => {
    expect(capacityBytesBetween(LINK, fromMs, toMs, direction)).toBe(bytes)
  })

  test('of a link that stays as it is: its rate times the time', () => {
    expect(capacityBytesBetween({ ...PERFECT_LINK, upBytesPerSecond: 2_500_000 }, 3, 1_003, 'up')).toBe(2_500_000)
    expect(capacityBytesBetween(PERFECT_LINK, 0, 1, 'down')).toBe(Number.POSITIVE_INFINITY)
    expect(capacityBytesBetween(PERFECT_LINK, 1, 1, 'down')).toBe(0)
  })

  test('adds up over any cut, and is what summing the link over each millisecond gives', () => {
    const change = fc.record({ atMs: fc.nat(200), upBytesPerSecond: fc.nat(50).map((rate) => rate * 1000) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(200), fc.nat(200), fc.nat(200), (changes, a, b, c) => {
        const schedule: LinkChange[] = changes.toSorted((x, y) => x.atMs - y.atMs)
        const link: Link = { ...PERFECT_LINK, upBytesPerSecond: 7_000, schedule }
        const [from, cut, to] = [a, b, c].toSorted((x, y) => x - y) as [number, number, number]
        const whole = capacityBytesBetween(link, from, to, 'up')
        const parts = capacityBytesBetween(link, from, cut, 'up') + capacityBytesBetween(link, cut, to, 'up')
        let summed = 0
        for (let ms = from; ms < to; ms++) summed += linkAt(link, ms).upBytesPerSecond! / 1000
        expect(parts).toBeCloseTo(whole, 6)
        expect(summed).toBeCloseTo(whole, 6)
      }),
    )
  })
})

describe('a schedule that is no schedule', () => {
  test.each<[readonly LinkChange[], string | null]>([
    [LINK.schedule!, null],
    [[], null],
    [[{ atMs: -1 }], 'schedule[0].atMs: expected 0 or more, received -1'],
    [[{ atMs: Number.NaN }], 'schedule[0].atMs: expected 0 or more, received NaN'],
    [[{ atMs: 5 }, { atMs: 4 }], 'schedule[1].atMs: expected the order of time, received 4'],
    [[{ atMs: 5, upBytesPerSecond: -1 }], 'schedule[0].upBytesPerSecond: expected 0 or more, received -1'],
    [[{ atMs: 5, lossRate: 1 }], 'schedule[0].lossRate: expected 0 to below 1, received 1'],
    [[{ atMs: 5, rttMs: null as unknown as number }], 'schedule[0].rttMs: expected 0 or more, received null'],
  ])('%j: %s', (schedule, problem) => {
    expect(scheduleProblem({ ...PERFECT_LINK, schedule })).toBe(problem)
  })
})
