import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Timeline } from './timeline.ts'

/** Runs all that is due, as the simulator does. */
function run(timeline: Timeline, limitNs = Number.POSITIVE_INFINITY): void {
  while (timeline.step(limitNs) !== null);
}

describe('a timeline', () => {
  test('while an event runs the present is the time it was due, and what it schedules counts from there', () => {
    const timeline = new Timeline(7)
    const log: number[] = []
    timeline.inMs(1.5, (nowMs) => {
      log.push(nowMs, timeline.nowMs, timeline.clock.nowMs(), timeline.nowNs)
      timeline.inMs(0.000_002, () => log.push(timeline.nowNs))
    })
    run(timeline)
    expect(log).toEqual([1.500_007, 1.500_007, 1.500_007, 1_500_007, 1_500_009])
  })

  test('a step runs one event, and none after its limit: the present stays where it was', () => {
    const timeline = new Timeline(0)
    timeline.queue.at(10, () => {})
    timeline.queue.at(10, () => {})
    expect([timeline.step(9), timeline.nowNs]).toEqual([null, 0])
    expect([timeline.step(10), timeline.step(10), timeline.step(10), timeline.nowNs]).toEqual([10, 10, null, 10])
  })

  test('the present never goes back', () => {
    const timeline = new Timeline(0)
    timeline.advanceTo(50)
    timeline.advanceTo(40)
    expect(timeline.nowNs).toBe(50)
    timeline.queue.at(30, () => {})
    expect([timeline.step(60), timeline.nowNs]).toEqual([30, 50])
  })

  test('call runs at once and nothing else does; soon runs after the call, at the same instant', () => {
    const timeline = new Timeline(0)
    const log: string[] = []
    timeline.advanceTo(5_000_000)
    timeline.call(() => {
      timeline.soon((nowMs) => log.push(`soon, at ${nowMs}`))
      log.push('called')
    })
    log.push('returned')
    run(timeline)
    expect(log).toEqual(['called', 'returned', 'soon, at 5'])
  })

  test('says so each time something is scheduled, so that its owner can rearm', () => {
    let told = 0
    const timeline = new Timeline(0, () => told++)
    const alarm = timeline.clock.alarm(() => {})
    timeline.inMs(1, () => {})
    alarm.set(1)
    alarm.set(1)
    alarm.set(null)
    expect(told).toBe(2)
  })
})

describe('an alarm of a timeline', () => {
  test.each([
    1 / 3,
    0.1 + 0.2,
    1.000_000_4,
    2.000_000_6,
    1e9 / 3,
    // Times 1e6 this is a whole number in floats, but that many nanoseconds are less.
    14_284.651_114 + 110_000,
  ])('never wakes before its deadline, not even by the last bit of a float: %d', (deadlineMs) => {
    const timeline = new Timeline(0)
    let wakes = 0
    const alarm = timeline.clock.alarm((nowMs) => {
      expect(timeline.nowMs).toBe(nowMs)
      expect(nowMs - deadlineMs).toBeLessThan(2e-6)
      // As every state machine does: what is not due yet is waited for again, and so for ever if this came too early.
      if (nowMs < deadlineMs && ++wakes < 10) alarm.set(deadlineMs)
    })
    alarm.set(deadlineMs)
    run(timeline)
    expect(wakes).toBe(0)
    expect(timeline.nowMs).toBeGreaterThanOrEqual(deadlineMs)
  })

  test('of any deadline that is counted from the present comes when that is due', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.constantFrom(5_000, 8_000, 10_000, 110_000, 240_000), (startNs, delayMs) => {
        const timeline = new Timeline(startNs * 50)
        const deadlineMs = timeline.nowMs + delayMs
        timeline.clock.alarm((nowMs) => expect(nowMs).toBeGreaterThanOrEqual(deadlineMs)).set(deadlineMs)
        expect(timeline.step(Number.POSITIVE_INFINITY)).not.toBe(null)
      }),
      { numRuns: 2_000 },
    )
  })

  test('that is moved or disarmed wakes nobody before its time', () => {
    const timeline = new Timeline(0)
    const wokenMs: number[] = []
    const alarm = timeline.clock.alarm((nowMs) => wokenMs.push(nowMs))
    for (const deadlineMs of [10, 5, 20, null, 7, 7]) alarm.set(deadlineMs)
    run(timeline)
    expect([wokenMs, timeline.nowMs]).toEqual([[7], 7])
  })
})

describe('an alarm that is set again and again', () => {
  test('that is disarmed leaves nothing behind', () => {
    const timeline = new Timeline(0)
    const alarm = timeline.clock.alarm(() => {})
    for (const deadlineMs of [10, 20, null]) alarm.set(deadlineMs)
    expect(timeline.queue.nextNs).toBe(null)
  })

  test('that is put off a thousand times has two events: one to see that it was, one at its time', () => {
    const timeline = new Timeline(0)
    const wokenMs: number[] = []
    const alarm = timeline.clock.alarm((nowMs) => wokenMs.push(nowMs))
    for (let deadlineMs = 1; deadlineMs <= 1_000; deadlineMs++) alarm.set(deadlineMs)
    expect([timeline.step(Number.POSITIVE_INFINITY), timeline.step(Number.POSITIVE_INFINITY)]).toEqual([1e6, 1e9])
    expect([wokenMs, timeline.queue.nextNs]).toEqual([[1_000], null])
  })

  test('whose deadline has passed wakes now, after what was due before', () => {
    const timeline = new Timeline(0)
    const log: string[] = []
    timeline.advanceTo(9_000_000)
    timeline.soon(() => log.push('soon'))
    timeline.clock.alarm((nowMs) => log.push(`woken at ${nowMs}`)).set(3)
    run(timeline)
    expect(log).toEqual(['soon', 'woken at 9'])
  })

  test('may be set again within its wake', () => {
    const timeline = new Timeline(0)
    const wokenMs: number[] = []
    const alarm = timeline.clock.alarm((nowMs) => {
      wokenMs.push(nowMs)
      if (nowMs < 4) alarm.set(nowMs + 1)
    })
    alarm.set(1)
    run(timeline)
    expect(wokenMs).toEqual([1, 2, 3, 4])
  })
})
