import { describe, expect, test } from 'vitest'
import { EventQueue } from './event-queue.ts'
import { Host } from './host.ts'
import { type Link, mbitToBytesPerSecond, NS_PER_MS, PERFECT_LINK } from './link.ts'
import { Flow } from './network.ts'
import { openFlow } from './slow-flow.ts'
import { INITIAL_WINDOW_BYTES } from './slow-start.ts'

const RTT_MS = 100
const UNIT = 16_397
const NO_CHANCE = { below: () => expect.fail('nothing to draw') }
const SLOW: Link = { ...PERFECT_LINK, rttMs: RTT_MS, slowStart: true }

function path(link: Partial<Link> = {}) {
  const queue = new EventQueue()
  const from = new Host(queue, { ...SLOW, ...link })
  return { queue, flow: openFlow(queue, NO_CHANCE, from, new Host(queue, PERFECT_LINK)) }
}

/** Sends so many units of so many bytes at 0; gives when each has left and arrived, in ms. */
function burst(units: number, link: Partial<Link> = {}, bytes = UNIT) {
  const { queue, flow } = path(link)
  const [leftMs, arrivedMs]: [number[], number[]] = [[], []]
  for (let unit = 0; unit < units; unit++) {
    flow.send(
      0,
      bytes,
      (nowNs) => leftMs.push(nowNs / NS_PER_MS),
      (nowNs) => arrivedMs.push(nowNs / NS_PER_MS),
    )
  }
  while (queue.runNext(1e15) !== null);
  return { leftMs, arrivedMs }
}

test('a link without slow start has flows without', () => {
  const queue = new EventQueue()
  const host = new Host(queue, PERFECT_LINK)
  expect(openFlow(queue, NO_CHANCE, host, host).constructor).toBe(Flow)
})

describe('a flow on an unlimited path', () => {
  // A unit whose last byte is within IW x (2^k - 1) bytes leaves in round k, and arrives half a round trip later.
  test('has sent IW x (2^k - 1) bytes after k round trips, exactly', () => {
    const { leftMs, arrivedMs } = burst(60, {}, UNIT)
    for (const [unit, atMs] of leftMs.entries()) {
      const endBytes = (unit + 1) * UNIT
      let round = 1
      while (INITIAL_WINDOW_BYTES * (2 ** round - 1) < endBytes) round++
      expect(atMs).toBe((round - 1) * RTT_MS)
      expect(arrivedMs[unit]).toBe(atMs + RTT_MS / 2)
    }
    expect(leftMs).toHaveLength(60)
    expect(leftMs.at(-1)).toBe(6 * RTT_MS)
  })

  test('keeps what it is given in order and whole: each is told once, also of no byte', () => {
    const { queue, flow } = path()
    const log: string[] = []
    for (const [name, bytes] of Object.entries({ a: UNIT, b: 0, c: 3, d: 2 * UNIT })) {
      flow.send(
        0,
        bytes,
        () => log.push(`${name} left`),
        () => log.push(name),
      )
    }
    while (queue.runNext(1e15) !== null);
    expect(log.filter((line) => line.length === 1)).toEqual(['a', 'b', 'c', 'd'])
    expect(log.filter((line) => line.length > 1)).toEqual(['a left', 'b left', 'c left', 'd left'])
  })

  test('that is reset drops what waits for the window', () => {
    const { queue, flow } = path()
    const log: string[] = []
    for (let unit = 0; unit < 10; unit++)
      flow.send(
        0,
        UNIT,
        () => {},
        () => log.push('unit'),
      )
    flow.sendUrgently(0, (atNs) => log.push(`reset at ${atNs / NS_PER_MS}`))
    while (queue.runNext(1e15) !== null);
    expect(log).toEqual(['reset at 50'])
  })
})

describe('a flow on a link of 20 Mbit/s', () => {
  const link = { upBytesPerSecond: mbitToBytesPerSecond(20) }
  const unitMs = (UNIT * 1000) / mbitToBytesPerSecond(20)
  // 250,000 bytes fill it. Rounds of 14,480 x 2^k: 4 of them, 217,200 bytes, end before it is full; each but the last
  // leaves the link idle for the rest of its round trip.
  const lostMs = [1, 2, 4, 8].reduce((sum, k) => sum + RTT_MS - (k * INITIAL_WINDOW_BYTES * 1000) / 2.5e6, 0)

  test('is as late as the link idled in slow start, and no more: then it is full', () => {
    const { arrivedMs } = burst(400, link)
    const fluidMs = 400 * unitMs + RTT_MS / 2
    expect(arrivedMs.at(-1)! - fluidMs).toBeGreaterThan(lostMs - RTT_MS / 2)
    expect(arrivedMs.at(-1)! - fluidMs).toBeLessThan(lostMs + RTT_MS / 2)
    const steady = arrivedMs.slice(-100)
    for (const [index, atMs] of steady.entries()) expect(atMs - steady[0]!).toBeCloseTo(index * unitMs, 4)
  })

  test('begins slowly again after a pause, and does not after a short one', () => {
    const { queue, flow } = path(link)
    const took = (atMs: number): number => {
      let arrivedMs = 0
      queue.at(atMs * NS_PER_MS, (nowNs) => {
        for (let unit = 0; unit < 40; unit++) {
          flow.send(
            nowNs,
            UNIT,
            () => {},
            (arrivedNs) => {
              arrivedMs = arrivedNs / NS_PER_MS - atMs
            },
          )
        }
      })
      while (queue.runNext(1e15) !== null);
      return arrivedMs
    }
    const fluidMs = 40 * unitMs + RTT_MS / 2
    const first = took(0)
    expect(first - fluidMs).toBeGreaterThan(200)
    expect(took(first + 250)).toBeCloseTo(fluidMs, 4)
    expect(took(100_000)).toBeCloseTo(first, 4)
  })
})
