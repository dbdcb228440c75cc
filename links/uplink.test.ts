import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { EventQueue } from './event-queue.ts'
import { Host } from './host.ts'
import { type Link, PERFECT_LINK } from './link.ts'
import { capacityBytesBetween, linkAt } from './schedule.ts'
import { Uplink, UplinkFlow } from './uplink.ts'

/** At this rate 1,000 bytes leave in 1 ms: times below are in ms, sizes in kB. */
const RATE = 1_000_000
const MS = 1_000_000

let queue: EventQueue
let uplink: Uplink
/** `name at ms`, as units leave. */
let left: string[]

beforeEach(() => {
  queue = new EventQueue()
  uplink = new Uplink(queue, RATE)
  left = []
})

function send(atMs: number, flow: UplinkFlow, name: string, kilobytes = 1): void {
  const note = (leftNs: number, tookNs: number) => left.push(`${name} at ${leftNs / MS}, took ${tookNs / MS}`)
  uplink.send(atMs * MS, flow, { bytes: kilobytes * 1_000, left: note })
}

function runUntil(endMs = Number.POSITIVE_INFINITY): void {
  while (queue.runNext(endMs * MS) !== null);
}

describe('a unit', () => {
  test('leaves at max(now, busy until) + bytes / rate', () => {
    const flow = new UplinkFlow()
    send(0, flow, 'a', 3)
    send(0, flow, 'b', 2)
    runUntil(4)
    send(4, flow, 'c', 1)
    runUntil()
    expect(left).toEqual(['a at 3, took 3', 'b at 5, took 2', 'c at 6, took 1'])
  })

  test('gets no burst credit after idling', () => {
    const flow = new UplinkFlow()
    send(0, flow, 'a')
    runUntil(1_000)
    send(1_000, flow, 'b')
    send(1_000, flow, 'c')
    runUntil()
    expect(left).toEqual(['a at 1, took 1', 'b at 1001, took 1', 'c at 1002, took 1'])
  })

  test('that is sent late, and dated back to when it was due, still waits for those that left since', () => {
    const [one, other] = [new UplinkFlow(), new UplinkFlow()]
    send(10, one, 'a', 5)
    runUntil(20)
    send(12, other, 'b', 1)
    send(12, one, 'c', 1)
    runUntil()
    expect(left).toEqual(['a at 15, took 5', 'b at 16, took 1', 'c at 17, took 1'])
  })

  test('of no byte leaves in its turn, and takes no time', () => {
    const flow = new UplinkFlow()
    send(0, flow, 'a')
    send(0, flow, 'fin', 0)
    expect(left).toEqual([])
    runUntil()
    send(9, flow, 'alone', 0)
    expect(left).toEqual(['a at 1, took 1', 'fin at 1, took 0', 'alone at 9, took 0'])
  })

  test('leaves within the call where the uplink is unlimited, in order', () => {
    uplink = new Uplink(queue, null)
    const flow = new UplinkFlow()
    send(7, flow, 'a', 1_000)
    send(7, flow, 'b', 1_000)
    expect(left).toEqual(['a at 7, took 0', 'b at 7, took 0'])
    expect(queue.nextNs).toBe(null)
  })

  test('that is sent as another leaves follows it without a gap', () => {
    const flow = new UplinkFlow()
    uplink.send(0, flow, { bytes: 1_000, left: (leftNs) => send(leftNs / MS, flow, 'next') })
    runUntil()
    expect(left).toEqual(['next at 2, took 1'])
  })
})

describe('a rate that changes', () => {
  test('a change of rate counts at once, for what has not left of the unit that is leaving', () => {
    const flow = new UplinkFlow()
    for (const name of ['a', 'b', 'c']) send(0, flow, name, 4)
    // 1 of 4 kB has left; the 3 that have not take half of their time.
    runUntil(1)
    uplink.setRate(1 * MS, 2 * RATE)
    runUntil(5)
    uplink.setRate(5 * MS, null)
    runUntil()
    expect(left).toEqual(['a at 2.5, took 2.5', 'b at 4.5, took 2', 'c at 5, took 0.5'])
  })

  test('at a rate of 0 nothing leaves, and afterwards what had begun goes on where it was', () => {
    const flow = new UplinkFlow()
    for (const name of ['a', 'b']) send(0, flow, name, 4)
    runUntil(1)
    uplink.setRate(1 * MS, 0)
    runUntil()
    send(50, flow, 'c', 1)
    expect([left, queue.nextNs]).toEqual([[], null])
    uplink.setRate(100 * MS, RATE)
    runUntil()
    expect(left).toEqual(['a at 103, took 103', 'b at 107, took 4', 'c at 108, took 1'])
  })

  test('whatever becomes of the rate, as much has left as its integral (T3)', () => {
    const change = fc.record({ atMs: fc.nat(300), upBytesPerSecond: fc.nat(20).map((rate) => rate * 50_000) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.integer({ min: 1, max: 5 }), (changes, kilobytes) => {
        const schedule = changes.toSorted((x, y) => x.atMs - y.atMs)
        const link: Link = { ...PERFECT_LINK, upBytesPerSecond: RATE, schedule }
        const line = new EventQueue()
        const host = new Host(line, link)
        host.followSchedule(0, 0)
        const flow = new UplinkFlow()
        let sentBytes = 0
        for (let unit = 0; unit < 100; unit++) {
          const bytes = kilobytes * 1_000 - unit
          host.uplink.send(0, flow, {
            bytes,
            left: (leftNs) => {
              sentBytes += bytes
              // A nanosecond of rounding for each unit and each change; at 1 byte a microsecond that is a tenth of a byte.
              expect(Math.abs(capacityBytesBetween(link, 0, leftNs / MS, 'up') - sentBytes)).toBeLessThan(0.2)
            },
          })
        }
        while (line.runNext(Number.POSITIVE_INFINITY) !== null);
        if (linkAt(link, 1e9).upBytesPerSecond! > 0) expect(flow.units).toHaveLength(0)
      }),
    )
  })
})

describe('between flows', () => {
  /** Two of them do not fit into one turn. */
  const WHOLE = 16

  test('a flow with 1,000 units in line starves nobody: one that comes waits for two of them', () => {
    const [greedy, modest] = [new UplinkFlow(), new UplinkFlow()]
    for (let unit = 0; unit < 1_000; unit++) send(0, greedy, `greedy ${unit}`, WHOLE)
    runUntil(10.5 * WHOLE)
    left = []
    send(10.5 * WHOLE, modest, 'modest', WHOLE)
    runUntil(14 * WHOLE)
    // The one that is leaving, the one whose turn it is, and then itself.
    expect(left).toEqual([
      'greedy 10 at 176, took 16',
      'greedy 11 at 192, took 16',
      'modest at 208, took 16',
      'greedy 12 at 224, took 16',
    ])
  })

  test('small messages that wait leave in one turn: forty requests do not wait for forty blocks', () => {
    const [blocks, requests] = [new UplinkFlow(), new UplinkFlow()]
    for (let unit = 0; unit < 50; unit++) send(0, blocks, 'block', WHOLE)
    for (let unit = 0; unit < 40; unit++) send(0, requests, 'request', 0.017)
    runUntil(2 * WHOLE + 1)
    // The first was leaving when the others came.
    expect(left.map((line) => line.split(' ')[0])).toEqual(['block', 'block', ...new Array(40).fill('request')])
  })

  test('a turn is no longer than a whole unit, however small its units are', () => {
    const [small, other] = [new UplinkFlow(), new UplinkFlow()]
    for (let unit = 0; unit < 100; unit++) send(0, small, 'small', 1)
    for (let unit = 0; unit < 2; unit++) send(0, other, 'whole', WHOLE)
    runUntil()
    const names = left.map((line) => line.split(' ')[0])
    // The first was leaving when the others came.
    expect([names.indexOf('whole'), names.lastIndexOf('whole')]).toEqual([1 + 16, 1 + 16 + 1 + 16])
  })

  test('each has its turn, in the order in which they came', () => {
    const flows = [new UplinkFlow(), new UplinkFlow(), new UplinkFlow()]
    for (let unit = 0; unit < 2; unit++) {
      for (const [index, flow] of flows.entries()) send(0, flow, `${index}${unit}`, WHOLE)
    }
    runUntil()
    expect(left.map((line) => line.split(' ')[0])).toEqual(['00', '10', '20', '01', '11', '21'])
  })

  test('the share of flows that never run dry differs by one unit at most, at any moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 10, max: 40 }), (flowCount, unitCount) => {
        const line = new EventQueue()
        const shared = new Uplink(line, RATE)
        const sent: number[] = new Array(flowCount).fill(0)
        const flows = sent.map(() => new UplinkFlow())
        for (let unit = 0; unit < unitCount; unit++) {
          for (const [index, flow] of flows.entries()) {
            shared.send(0, flow, { bytes: WHOLE * 1_000, left: () => sent[index]!++ })
          }
        }
        while (line.runNext(Number.POSITIVE_INFINITY) !== null) {
          expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(1)
        }
        expect(sent).toEqual(sent.map(() => unitCount))
      }),
    )
  })
})

describe('a flow that is held', () => {
  test('sends nothing but what is leaving already, and the others have the line', () => {
    const [held, other] = [new UplinkFlow(), new UplinkFlow()]
    send(0, held, 'a')
    send(0, held, 'b')
    uplink.hold(held)
    send(0, held, 'c')
    send(0, other, 'x')
    runUntil(50)
    expect(left).toEqual(['a at 1, took 1', 'x at 2, took 1'])
    uplink.release(50 * MS, held)
    uplink.release(50 * MS, held)
    runUntil()
    expect(left.slice(2)).toEqual(['b at 51, took 1', 'c at 52, took 1'])
  })

  test('and released while the line is busy waits for its turn', () => {
    const [held, other] = [new UplinkFlow(), new UplinkFlow()]
    uplink.hold(held)
    send(0, held, 'a')
    send(0, other, 'x', 5)
    send(0, other, 'y', 5)
    uplink.release(1 * MS, held)
    runUntil()
    expect(left).toEqual(['x at 5, took 5', 'y at 10, took 5', 'a at 11, took 1'])
  })

  test('and has nothing in line is released without a trace', () => {
    const flow = new UplinkFlow()
    uplink.hold(flow)
    uplink.release(0, flow)
    expect(queue.nextNs).toBe(null)
    send(3, flow, 'a')
    runUntil()
    expect(left).toEqual(['a at 4, took 1'])
  })
})

test('clear drops what has not begun to leave, of that flow alone', () => {
  const [cleared, other] = [new UplinkFlow(), new UplinkFlow()]
  for (const name of ['a', 'b', 'c']) send(0, cleared, name)
  send(0, other, 'x')
  uplink.clear(cleared)
  runUntil(10)
  send(10, cleared, 'd')
  runUntil()
  expect(left).toEqual(['a at 1, took 1', 'x at 2, took 1', 'd at 11, took 1'])
})

test('whatever is sent, held, released and cleared: nothing is lost, doubled or overtaken within a flow', () => {
  const step = fc.record({
    kind: fc.constantFrom('send', 'send', 'send', 'hold', 'release', 'clear', 'run'),
    flow: fc.nat(3),
    kilobytes: fc.nat(4),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), fc.constantFrom(RATE, null), (steps, rate) => {
      const line = new EventQueue()
      const shared = new Uplink(line, rate)
      const flows = Array.from({ length: 4 }, () => new UplinkFlow())
      /** Per flow, units not left yet, and units that have. */
      const inLine: number[][] = flows.map(() => [])
      const gone: number[][] = flows.map(() => [])
      let nowNs = 0
      for (const [id, { kind, flow: index, kilobytes }] of steps.entries()) {
        const flow = flows[index]!
        if (kind === 'send') {
          inLine[index]!.push(id)
          shared.send(nowNs, flow, { bytes: kilobytes * 1_000, left: () => gone[index]!.push(id) })
        } else if (kind === 'hold') shared.hold(flow)
        else if (kind === 'release') shared.release(nowNs, flow)
        else if (kind === 'clear') {
          const waiting = flow.units.length
          shared.clear(flow)
          inLine[index]!.splice(inLine[index]!.length - waiting, waiting)
        } else nowNs = line.runNext(Number.POSITIVE_INFINITY) ?? nowNs
      }
      for (const flow of flows) shared.release(nowNs, flow)
      while (line.runNext(Number.POSITIVE_INFINITY) !== null);
      expect(gone).toEqual(inLine)
    }),
  )
})
