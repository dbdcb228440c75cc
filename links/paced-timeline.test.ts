import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LateClock } from './late-clock.testing.ts'
import { msToNs } from './link.ts'
import { PacedTimeline } from './paced-timeline.ts'
import { Uplink, UplinkFlow } from './uplink.ts'

describe('a paced timeline', () => {
  test('lateness never adds up: what an event schedules counts from when that was due', () => {
    const clock = new LateClock()
    clock.latenessMs = () => 3
    const lateMs: number[] = []
    const timeline = new PacedTimeline(clock, (latenessMs) => lateMs.push(latenessMs))
    const presentMs: number[] = []
    const again = (nowMs: number): void => {
      presentMs.push(nowMs)
      if (presentMs.length < 100) timeline.inMs(10, again)
    }
    timeline.enter(() => timeline.inMs(10, again))
    clock.runUntil(2_000)
    // The hundredth in a row is due at 1,000 ms; had each counted from its wake, at 1,297.
    expect(presentMs).toEqual(Array.from({ length: 100 }, (_, index) => (index + 1) * 10))
    expect(lateMs).toEqual(Array.from({ length: 100 }, () => 3))
  })

  test('a link on it keeps its rate exactly, though the clock wakes up to 12 ms late', () => {
    const clock = new LateClock()
    let drawn = 0
    clock.latenessMs = () => [0, 12, 5, 1, 9][drawn++ % 5]!
    const timeline = new PacedTimeline(clock)
    // 1,000 bytes at 200,000 bytes/s leave in 5 ms.
    const uplink = new Uplink(timeline.queue, 200_000)
    const flow = new UplinkFlow()
    const leftMs: number[] = []
    timeline.enter(() => {
      for (let unit = 0; unit < 200; unit++) {
        uplink.send(timeline.nowNs, flow, { bytes: 1_000, left: (leftNs) => leftMs.push(leftNs / 1e6) })
      }
    })
    clock.runUntil(2_000)
    expect(leftMs).toEqual(Array.from({ length: 200 }, (_, index) => (index + 1) * 5))
    expect(drawn).toBeGreaterThan(50)
  })

  test('however late the clock, no event runs early, and each finds the present at its time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ delayMs: fc.nat(40), thenMs: fc.nat(40) }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(50), { minLength: 1, maxLength: 10 }),
        (events, lateness) => {
          const clock = new LateClock(1_000.25)
          let wakes = 0
          clock.latenessMs = () => lateness[wakes++ % lateness.length]!
          const timeline = new PacedTimeline(clock)
          const ran: number[] = []
          const expectedMs = events.flatMap(({ delayMs, thenMs }) => [1_000.25 + delayMs, 1_000.25 + delayMs + thenMs])
          const check = (nowMs: number): void => {
            expect(timeline.nowMs).toBe(nowMs)
            expect(clock.nowMs()).toBeGreaterThanOrEqual(nowMs)
            ran.push(nowMs)
          }
          timeline.enter(() => {
            for (const { delayMs, thenMs } of events) {
              timeline.inMs(delayMs, (nowMs) => {
                check(nowMs)
                timeline.inMs(thenMs, check)
              })
            }
          })
          clock.runUntil(2_000)
          expect(ran).toEqual(expectedMs.sort((a, b) => a - b))
        },
      ),
    )
  })
})

describe('the alarm of a paced timeline', () => {
  test('is set to what is due next, and to nothing when nothing is', () => {
    const clock = new LateClock()
    const timeline = new PacedTimeline(clock)
    timeline.enter(() => timeline.inMs(20, () => {}))
    expect(clock.deadlineMs).toBe(20)
    timeline.call(() => timeline.inMs(5, () => {}))
    expect(clock.deadlineMs).toBe(5)
    const scheduled = timeline.inMs(2, () => {})
    expect(clock.deadlineMs).toBe(2)
    clock.runUntil(3)
    expect(clock.deadlineMs).toBe(5)
    scheduled.cancel()
    clock.runUntil(30)
    expect(clock.deadlineMs).toBe(null)
  })

  test('and entries from outside are the work that is counted, sleep is not', () => {
    const clock = new LateClock()
    const timeline = new PacedTimeline(clock)
    clock.pass(100)
    timeline.enter(() => {
      clock.pass(2)
      timeline.inMs(10, () => clock.pass(3))
    })
    clock.runUntil(500)
    expect(timeline.workedMs).toBe(5)
  })
})

describe('how far a paced timeline is behind', () => {
  test('adds up where an event is more than 1 ms overdue, and within an event is how late it runs', () => {
    const clock = new LateClock()
    const timeline = new PacedTimeline(clock)
    const lagsMs: number[] = []
    const runLate = (latenessMs: number) => {
      clock.latenessMs = () => latenessMs
      timeline.enter(() => timeline.inMs(100, () => lagsMs.push(timeline.lagNs / 1e6)))
      clock.runUntil(clock.nowMs() + 200)
    }
    for (const latenessMs of [0, 1, 1.5, 20]) runLate(latenessMs)
    expect(lagsMs).toEqual([0, 1, 1.5, 20])
    expect(timeline.behindMs).toBe(21.5)
  })
})

describe('what comes in from outside', () => {
  test('enters at the real present, after all that was due before it', () => {
    const clock = new LateClock()
    const timeline = new PacedTimeline(clock)
    const log: string[] = []
    const write = (name: string) => (nowMs: number) => log.push(`${name} at ${nowMs}`)
    timeline.enter(() => {
      timeline.inMs(10, (nowMs) => {
        write('due')(nowMs)
        timeline.inMs(5, write('due then'))
        timeline.inMs(100, write('later'))
      })
    })
    clock.pass(42)
    timeline.enter((nowMs) => {
      write('entered')(nowMs)
      timeline.inMs(1, write('from there'))
    })
    clock.runUntil(200)
    expect(log).toEqual(['due at 10', 'due then at 15', 'entered at 42', 'from there at 43', 'later at 110'])
  })

  test('a call finds the real present, but leaves no event that is due behind it', () => {
    const clock = new LateClock()
    const timeline = new PacedTimeline(clock)
    const log: number[] = []
    clock.pass(7)
    timeline.call(() => {
      log.push(timeline.nowMs)
      timeline.inMs(3, () => log.push(timeline.nowMs))
    })
    clock.pass(20)
    // The event of 10 ms has not run yet: were the present 27 ms, it would run in the past.
    timeline.call(() => log.push(timeline.nowMs))
    clock.runUntil(30)
    timeline.call(() => log.push(timeline.nowMs))
    expect(log).toEqual([7, 10, 10, 30])
  })

  test('a call from within an event stays at the time of the event', () => {
    const clock = new LateClock()
    clock.latenessMs = () => 8
    const timeline = new PacedTimeline(clock)
    let presentNs = 0
    timeline.enter(() =>
      timeline.inMs(10, () =>
        timeline.call(() => {
          presentNs = timeline.nowNs
        }),
      ),
    )
    clock.runUntil(50)
    expect(presentNs).toBe(msToNs(10))
  })
})
