import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventQueue } from './event-queue.ts'
import { Host } from './host.ts'
import { type Link, mbitToBytesPerSecond, PERFECT_LINK } from './link.ts'
import type { LinkRandom } from './loss.ts'
import { Flow } from './network.ts'
import { seeded } from './random.testing.ts'

/** A block of 16 KiB with its header. */
const UNIT = 16_397
/** 1.6397 MB/s: a unit takes 10 ms, exactly. */
const RATE = UNIT * 100
const MS = 1_000_000

const NO_CHANCE: LinkRandom = { below: () => expect.fail('nothing to draw on a link without jitter and loss') }

class World {
  readonly queue = new EventQueue()
  nowNs = 0
  readonly random: LinkRandom

  constructor(random: LinkRandom = NO_CHANCE) {
    this.random = random
  }

  host(link: Partial<Link> = {}): Host {
    return new Host(this.queue, { ...PERFECT_LINK, ...link })
  }

  flow(from: Host, to: Host): Flow {
    return new Flow(this.queue, this.random, from, to)
  }

  /** A flow from one new host to another. */
  path(from: Partial<Link>, to: Partial<Link> = {}): Flow {
    return this.flow(this.host(from), this.host(to))
  }

  run(): void {
    for (let dueNs = this.step(); dueNs !== null; dueNs = this.step()) this.nowNs = dueNs
  }

  step(): number | null {
    return this.queue.runNext(Number.POSITIVE_INFINITY)
  }
}

/** Sends units at these times, from events; gives the times of arrival in ms. */
function arrivals(world: World, flow: Flow, sendAtMs: readonly number[], bytes = UNIT): number[] {
  const arrivedMs: number[] = []
  for (const atMs of sendAtMs) {
    world.queue.at(atMs * MS, (nowNs) =>
      flow.send(
        nowNs,
        bytes,
        () => {},
        (arrivedNs) => arrivedMs.push(arrivedNs / MS),
      ),
    )
  }
  world.run()
  return arrivedMs
}

/** So many units at time 0. */
function burst(flow: Flow, units: number, arrived: (nowNs: number) => void): void {
  for (let unit = 0; unit < units; unit++) flow.send(0, UNIT, () => {}, arrived)
}

describe('delay', () => {
  test.each([
    [0, 0, 0],
    [50, 0, 25],
    [0, 50, 25],
    [20, 50, 35],
    [0.000_001, 0, 0.000_001],
  ])('between hosts of %d and %d ms is %d ms one way: half the sum of both round trips', (fromMs, toMs, delayMs) => {
    const world = new World()
    const flow = world.path({ rttMs: fromMs }, { rttMs: toMs })
    expect(arrivals(world, flow, [0, 7])).toEqual([delayMs, 7 + delayMs])
  })

  test('comes after the uplink: a unit arrives a delay after its last byte has left', () => {
    const world = new World()
    const flow = world.path({ upBytesPerSecond: RATE, rttMs: 50 })
    expect(arrivals(world, flow, [0, 0, 100])).toEqual([35, 45, 135])
  })

  test('a link that changes counts at once; what would overtake waits', () => {
    const world = new World()
    const from = world.host({ rttMs: 100 })
    const flow = world.flow(from, world.host())
    world.queue.at(1 * MS, (nowNs) => from.setLink(nowNs, { ...PERFECT_LINK, rttMs: 20, upBytesPerSecond: RATE }))
    // Without the first in front of it, the second would be there at 2 + 10 + 10 ms.
    expect(arrivals(world, flow, [0, 2, 90])).toEqual([50, 50, 110])
  })
})

describe('the downlink', () => {
  test('that is faster than the uplink costs nothing: the unit is through the moment it is whole', () => {
    const world = new World()
    const flow = world.path({ upBytesPerSecond: RATE, rttMs: 20 }, { downBytesPerSecond: 1.25 * RATE })
    expect(arrivals(world, flow, [0, 0, 0])).toEqual([20, 30, 40])
  })

  test('that is slower sets the pace, counted from when the first byte came in', () => {
    const world = new World()
    const flow = world.path({ upBytesPerSecond: 2 * RATE, rttMs: 20 }, { downBytesPerSecond: RATE })
    // The first byte comes in at 10 ms, and 10 ms a unit go through.
    expect(arrivals(world, flow, [0, 0, 0, 0])).toEqual([20, 30, 40, 50])
  })

  test('whose rate changes goes on at the new one with what is in line: at half of it, not at all, at twice', () => {
    const world = new World()
    const to = world.host({ downBytesPerSecond: RATE })
    const flow = world.flow(world.host(), to)
    const rates: [atMs: number, rate: number | null][] = [
      [5, RATE / 2],
      [15, 0],
      [100, 2 * RATE],
      [107, null],
    ]
    for (const [atMs, downBytesPerSecond] of rates) {
      world.queue.at(atMs * MS, (nowNs) => to.setLink(nowNs, { ...PERFECT_LINK, downBytesPerSecond }))
    }
    // Half of the first is through at 5, all of it at 15, where it stops; then 5 ms each, and at 107 the last two at once.
    expect(arrivals(world, flow, [0, 0, 0, 20])).toEqual([15, 105, 107, 107])
  })

  test('gives no credit for idling', () => {
    const world = new World()
    const flow = world.path({}, { downBytesPerSecond: RATE })
    expect(arrivals(world, flow, [0, 1_000, 1_000])).toEqual([10, 1_010, 1_020])
  })
})

test('a unit that arrives at the very nanosecond at which the one before it is through comes after it', () => {
  const world = new World()
  const flow = world.path({ rttMs: 20 }, { downBytesPerSecond: RATE })
  const log: string[] = []
  const send = (atMs: number, name: string, bytes: number) =>
    world.queue.at(atMs * MS, (nowNs) =>
      flow.send(
        nowNs,
        bytes,
        () => {},
        (atNs) => log.push(`${name} at ${atNs / MS}`),
      ),
    )
  send(0, 'block', UNIT)
  // Sent before the block has arrived, so its arrival was scheduled before the block is through.
  send(10, 'fin', 0)
  world.run()
  expect(log).toEqual(['block at 20', 'fin at 20'])
})

describe('a downlink that several share', () => {
  test('serves in the order of arrival', () => {
    const world = new World()
    const to = world.host({ downBytesPerSecond: RATE })
    const log: string[] = []
    for (const [name, rttMs] of Object.entries({ far: 60, near: 20, middle: 40 })) {
      const flow = world.flow(world.host({ rttMs }), to)
      burst(flow, 1, (atNs) => log.push(`${name} at ${atNs / MS}`))
    }
    world.run()
    // 10 ms each: near from 10 on, middle from 20, far from 30.
    expect(log).toEqual(['near at 20', 'middle at 30', 'far at 40'])
  })

  test('never gives more than its rate, but for one unit a flow that was cut through', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0.2, 0.5, 0.9, 1.1, 3), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(60), { minLength: 8, maxLength: 8 }),
        (uplinks, rtts) => {
          const world = new World()
          const to = world.host({ downBytesPerSecond: RATE })
          const deliveredNs: number[] = []
          for (const [index, share] of uplinks.entries()) {
            const flow = world.flow(world.host({ upBytesPerSecond: share * RATE, rttMs: rtts[index]! }), to)
            burst(flow, 20, (atNs) => deliveredNs.push(atNs))
          }
          world.run()
          expect(deliveredNs.length).toBe(uplinks.length * 20)
          // In any stretch of k deliveries, at most one of each flow was under way through the downlink when it began:
          // the others took their whole 10 ms within it. 1 ns of rounding a unit.
          for (let from = 0; from < deliveredNs.length; from += 7) {
            for (let to = from + 1; to < deliveredNs.length; to += 5) {
              const wholeUnits = to - from - uplinks.length
              expect(deliveredNs[to]! - deliveredNs[from]!).toBeGreaterThanOrEqual(wholeUnits * (10 * MS - 1))
            }
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test('of 1, 3 and 20 uplinks that together are faster than it, the sum is its rate exactly (T2)', () => {
    for (const peers of [1, 3, 20]) {
      const world = new World()
      const to = world.host({ downBytesPerSecond: RATE })
      const deliveredNs: number[] = []
      for (let peer = 0; peer < peers; peer++) {
        const flow = world.flow(world.host({ upBytesPerSecond: 1.5 * RATE, rttMs: peer }), to)
        burst(flow, 50, (atNs) => deliveredNs.push(atNs))
      }
      world.run()
      // Behind the start, which is ragged, 10 ms from each to the next.
      const steady = deliveredNs.slice(2 * peers)
      expect(steady.length).toBe(48 * peers)
      for (const [index, atNs] of steady.entries()) expect(atNs - steady[0]!).toBe(index * 10 * MS)
    }
  })
})

describe('jitter', () => {
  test('makes each unit late by up to the sum of both, and none overtakes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 30 }), (seed, fromMs, toMs) => {
        const world = new World(seeded(seed))
        const flow = world.path({ rttMs: 40, jitterMs: fromMs }, { jitterMs: toMs })
        const sentMs = Array.from({ length: 100 }, (_, index) => index)
        const arrivedMs = arrivals(world, flow, sentMs)
        for (const [index, atMs] of arrivedMs.entries()) {
          // Nobody before it is later than it may be itself, so waiting for those adds nothing to the bound.
          expect(atMs).toBeGreaterThanOrEqual(index + 20)
          expect(atMs).toBeLessThanOrEqual(index + 20 + fromMs + toMs)
          expect(atMs).toBeGreaterThanOrEqual(arrivedMs[index - 1] ?? 0)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('is drawn evenly: its mean is half of it', () => {
    const world = new World(seeded(1))
    // So far apart that none waits for another.
    const sentMs = Array.from({ length: 4_000 }, (_, index) => index * 100)
    const lateMs = arrivals(world, world.path({ jitterMs: 60 }), sentMs).map((atMs, index) => atMs - sentMs[index]!)
    const meanMs = lateMs.reduce((sum, each) => sum + each, 0) / lateMs.length
    // One even draw of 0 to 60 has a deviation of 60/√12 = 17.3 ms, the mean of 4,000 one of 0.27 ms: four of those.
    expect(Math.abs(meanMs - 30)).toBeLessThan(1.1)
  })
})

describe('loss', () => {
  test('costs a round trip of the path each time the slowest segment is lost, and one draw a unit', () => {
    // Of 12 segments, 1 % of which are lost: at 0.9989 of all draws one is lost twice.
    const draws = [0.9989, 0.5]
    let drawn = 0
    const world = new World({ below: (bound) => Math.floor(draws[drawn++]! * bound) })
    const flow = world.path({ upBytesPerSecond: RATE, rttMs: 30, lossRate: 0.01 }, { rttMs: 10 })
    expect(arrivals(world, flow, [0, 500])).toEqual([10 + 20 + 2 * 40, 500 + 10 + 20])
    expect(drawn).toBe(2)
  })

  test('of a unit holds up those behind it, which keep their order', () => {
    let drawn = 0
    const world = new World({ below: (bound) => (drawn++ === 0 ? Math.floor(0.95 * bound) : 0) })
    const flow = world.path({ upBytesPerSecond: RATE, rttMs: 40, lossRate: 0.01 })
    expect(arrivals(world, flow, [0, 0, 60])).toEqual([70, 70, 90])
  })

  // 1 - 0.99 x 0.98 = 0.0298.
  test.each([
    [0.9701, 10],
    [0.9703, 20],
  ])('both links lose, and units without a byte lose nothing (a draw of %d)', (draw, arrivalMs) => {
    let drawn = 0
    const world = new World({
      below: (bound) => {
        drawn++
        return Math.floor(draw * bound)
      },
    })
    const flow = world.path({ rttMs: 10, lossRate: 0.01 }, { rttMs: 10, lossRate: 0.02 })
    expect(arrivals(world, flow, [0], 1)).toEqual([draw < 0.9702 ? arrivalMs : arrivalMs + 10])
    expect(arrivals(world, flow, [100], 0)).toEqual([110])
    expect(drawn).toBe(1)
  })

  test('stalls a unit by as many round trips on average as 1 - (1 - p^(k+1))^12 sums up to', () => {
    for (const lossRate of [0.002, 0.01, 0.05]) {
      const world = new World(seeded(7))
      const sentMs = Array.from({ length: 5_000 }, (_, index) => index * 1_000)
      const flow = world.path({ rttMs: 20, lossRate })
      const stalledMs = arrivals(world, flow, sentMs).map((atMs, index) => atMs - sentMs[index]! - 10)
      const stalls = stalledMs.reduce((sum, each) => sum + each, 0) / 20
      const expected = [1, 2, 3, 4, 5].reduce((sum, k) => sum + 5_000 * (1 - (1 - lossRate ** k) ** 12), 0)
      expect(Math.abs(stalls - expected)).toBeLessThan(4 * Math.sqrt(1.3 * expected))
      expect(stalls).toBe(Math.round(stalls))
    }
  })
})

describe('a pair with a distance of its own', () => {
  test('takes half of it each way, on top of both links, and stalls for a round trip of all', () => {
    const world = new World({ below: (bound) => Math.floor(0.95 * bound) })
    const [from, to] = [world.host({ rttMs: 30, lossRate: 0.01 }), world.host({ rttMs: 10 })]
    const flow = new Flow(world.queue, world.random, from, to, 60)
    expect(flow.delayNs).toBe(50 * MS)
    expect(arrivals(world, flow, [0])).toEqual([50 + 100])
  })
})

describe('a flow', () => {
  test('conserves bytes: what was sent arrives once and in order, whatever the links', () => {
    const link = fc.record({
      upBytesPerSecond: fc.constantFrom(null, RATE / 3, RATE),
      downBytesPerSecond: fc.constantFrom(null, RATE / 2, RATE),
      rttMs: fc.nat(50),
      jitterMs: fc.constantFrom(0, 10),
      lossRate: fc.constantFrom(0, 0.02),
    })
    const sends = fc.array(fc.record({ atMs: fc.nat(300), flow: fc.nat(5), bytes: fc.nat(UNIT) }), {
      minLength: 20,
      maxLength: 60,
    })
    fc.assert(
      fc.property(fc.array(link, { minLength: 3, maxLength: 3 }), sends, fc.nat(), (links, units, seed) => {
        const world = new World(seeded(seed))
        const hosts = links.map((each) => world.host(each))
        const flows = hosts.flatMap((from) => hosts.flatMap((to) => (to === from ? [] : [world.flow(from, to)])))
        const leftIds: number[][] = flows.map(() => [])
        const arrivedIds: number[][] = flows.map(() => [])
        const ordered = units.toSorted((a, b) => a.atMs - b.atMs)
        for (const [id, { atMs, flow, bytes }] of ordered.entries()) {
          world.queue.at(atMs * MS, (nowNs) =>
            flows[flow]!.send(
              nowNs,
              bytes,
              () => leftIds[flow]!.push(id),
              () => arrivedIds[flow]!.push(id),
            ),
          )
        }
        world.run()
        const sentIds = flows.map((_, flow) => [...ordered.keys()].filter((id) => ordered[id]!.flow === flow))
        expect(leftIds).toEqual(sentIds)
        expect(arrivedIds).toEqual(sentIds)
      }),
    )
  })
})

describe('a reset', () => {
  test('goes ahead of what is queued, which is dropped, and not ahead of what has left', () => {
    const world = new World()
    const flow = world.path({ upBytesPerSecond: RATE, rttMs: 8 })
    const log: string[] = []
    for (const name of ['first', 'leaving', 'queued']) {
      flow.send(
        0,
        UNIT,
        () => log.push(`${name} left`),
        () => log.push(name),
      )
    }
    world.queue.at(12 * MS, (nowNs) => flow.sendUrgently(nowNs, (atNs) => log.push(`reset at ${atNs / MS}`)))
    world.run()
    // The first is there at 14 ms; the reset, of 12 ms, at 16; the unit that was leaving then came at 24.
    expect(log).toEqual(['first left', 'first', 'reset at 16', 'leaving left', 'leaving'])
  })

  test('overtakes nothing that is on its way, though the delay fell meanwhile', () => {
    const world = new World()
    const from = world.host({ rttMs: 100 })
    const flow = world.flow(from, world.host())
    const log: string[] = []
    burst(flow, 1, () => log.push('unit'))
    from.setLink(0, PERFECT_LINK)
    flow.sendUrgently(0, (atNs) => log.push(`reset at ${atNs / MS}`))
    world.run()
    expect(log).toEqual(['unit', 'reset at 50'])
  })
})

/**
 * T1 where it comes from. d units are outstanding: one that arrives is asked for again at once, and the request takes
 * half a round trip. A round of d units then takes max(d × U/C, RTT + U/C), to the nanosecond.
 */
describe('a ping-pong of d outstanding units gives min(C, d × U / (RTT + U/C)) (T1)', () => {
  const cases = [20, 50, 100].flatMap((rttMs) => [1, 2, 5, 9, 10, 40, 64].map((depth) => [rttMs, depth] as const))

  test.each(cases)('20 Mbit/s, %d ms, d = %d', (rttMs, depth) => {
    const world = new World()
    const seeder = world.host({ upBytesPerSecond: mbitToBytesPerSecond(20), rttMs })
    const leecher = world.host()
    const [requests, units] = [world.flow(leecher, seeder), world.flow(seeder, leecher)]
    const arrivedNs: number[] = []
    const ask = (nowNs: number): void => {
      const serve = (askedNs: number) => units.send(askedNs, UNIT, () => {}, arrived)
      requests.send(nowNs, 17, () => {}, serve)
    }
    const arrived = (nowNs: number): void => {
      arrivedNs.push(nowNs)
      if (arrivedNs.length < 400) ask(nowNs)
    }
    for (let unit = 0; unit < depth; unit++) ask(0)
    world.run()
    const tookNs = Math.round((UNIT * 1e9) / mbitToBytesPerSecond(20))
    const roundNs = Math.max(depth * tookNs, rttMs * MS + tookNs)
    for (let unit = 0; unit + depth < 400; unit++) expect(arrivedNs[unit + depth]! - arrivedNs[unit]!).toBe(roundNs)
    const predicted = Math.min(2_500_000 / UNIT, depth / (rttMs / 1_000 + UNIT / 2_500_000))
    expect((depth * 1e9) / roundNs / predicted).toBeCloseTo(1, 6)
  })
})
