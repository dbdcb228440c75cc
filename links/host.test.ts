import { beforeEach, describe, expect, test } from 'vitest'
import { EventQueue } from './event-queue.ts'
import { Host } from './host.ts'
import { type Link, NS_PER_MS, PERFECT_LINK } from './link.ts'

const LINK: Link = {
  ...PERFECT_LINK,
  upBytesPerSecond: 1_000,
  rttMs: 10,
  schedule: [
    { atMs: 100, upBytesPerSecond: 500 },
    { atMs: 200, rttMs: 30, upBytesPerSecond: 700 },
    { atMs: 200, lossRate: 0.5 },
  ],
}

let queue: EventQueue
let seen: string[]

beforeEach(() => {
  queue = new EventQueue()
  seen = []
})

const now = ({ link, rttNs }: Host) => `${link.upBytesPerSecond} B/s, ${rttNs / NS_PER_MS} ms, loses ${link.lossRate}`

/** Its link whenever something happens, to the end. */
function watch(host: Host): readonly string[] {
  for (let dueNs = queue.runNext(1e12); dueNs !== null; dueNs = queue.runNext(1e12)) {
    seen.push(`${dueNs / NS_PER_MS}: ${now(host)}`)
  }
  return seen
}

describe('a host', () => {
  test('does not follow the schedule of its link until it is told to', () => {
    const host = new Host(queue, LINK)
    expect([now(host), watch(host)]).toEqual(['1000 B/s, 10 ms, loses 0', []])
  })

  test.each([
    // Both changes of one moment are made at the first of its events; nothing is left for the other.
    [0, 0, '1000 B/s, 10 ms, loses 0', ['100: 500 B/s, 10 ms, loses 0', '200: 700 B/s, 30 ms, loses 0.5']],
    [150, 0, '500 B/s, 10 ms, loses 0', ['200: 700 B/s, 30 ms, loses 0.5']],
    [200, 0, '700 B/s, 30 ms, loses 0.5', []],
    [1_050, 1_000, '1000 B/s, 10 ms, loses 0', ['1100: 500 B/s, 10 ms, loses 0', '1200: 700 B/s, 30 ms, loses 0.5']],
  ])('at %d ms follows one that counts from %d ms', (nowMs, originMs, first, then) => {
    const host = new Host(queue, LINK)
    host.followSchedule(nowMs * NS_PER_MS, originMs * NS_PER_MS)
    expect(now(host)).toBe(first)
    expect(watch(host)).toEqual(then)
  })

  test('that follows one twice follows the second', () => {
    const host = new Host(queue, LINK)
    host.followSchedule(0, 0)
    host.followSchedule(50 * NS_PER_MS, 50 * NS_PER_MS)
    expect(watch(host)).toEqual(['150: 500 B/s, 10 ms, loses 0', '250: 700 B/s, 30 ms, loses 0.5'])
  })

  test('whose link is set meanwhile keeps what is set until the next change, and drops what a new schedule lacks', () => {
    const host = new Host(queue, LINK)
    host.followSchedule(0, 0)
    queue.at(150 * NS_PER_MS, (nowNs) => host.setLink(nowNs, { ...LINK, upBytesPerSecond: 1, rttMs: 2 }))
    expect(watch(host)).toEqual([
      '100: 500 B/s, 10 ms, loses 0',
      '150: 1 B/s, 2 ms, loses 0',
      '200: 700 B/s, 30 ms, loses 0.5',
    ])
    host.setLink(300 * NS_PER_MS, PERFECT_LINK)
    expect(now(host)).toBe('null B/s, 0 ms, loses 0')
  })
})
