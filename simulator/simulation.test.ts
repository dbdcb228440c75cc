import { describe, expect, test } from 'vitest'
import { Simulation } from './simulation.ts'

describe('a run', () => {
  test('is done the moment its condition holds, with the rest still to come', () => {
    const simulation = new Simulation()
    let ran = 0
    for (const atMs of [1, 2, 2, 3]) simulation.inMs(atMs, () => ran++)
    expect(simulation.run(() => ran === 2, 100)).toBe('done')
    expect([ran, simulation.nowMs, simulation.queue.nextNs]).toEqual([2, 2, 2_000_000])
    expect(simulation.run(() => ran === 2, 100)).toBe('done')
    expect([ran, simulation.eventCount]).toEqual([2, 2])
  })

  test('is idle when nothing is left to happen, and time stands where the last event left it', () => {
    const simulation = new Simulation()
    simulation.inMs(7, () => {})
    expect(simulation.run(() => false, 100)).toBe('idle')
    expect(simulation.nowMs).toBe(7)
  })

  test('ends at its limit: what is due then runs, what is due after does not', () => {
    const simulation = new Simulation()
    const ranMs: number[] = []
    for (const atMs of [99, 100, 100.000_001]) simulation.inMs(atMs, (nowMs) => ranMs.push(nowMs))
    expect(simulation.run(() => false, 100)).toBe('limit')
    expect(ranMs).toEqual([99, 100])
    expect(simulation.run(() => false, 101)).toBe('idle')
  })

  test('that has only cancelled events left is idle, and their time never comes', () => {
    const simulation = new Simulation()
    simulation.inMs(500, () => {}).cancel()
    simulation.inMs(5, () => {})
    expect(simulation.run(() => false, 100)).toBe('idle')
    expect([simulation.nowMs, simulation.eventCount]).toEqual([5, 1])
  })

  test('takes no time for what takes none: 100,000 events of one instant end at that instant', () => {
    const simulation = new Simulation()
    let left = 100_000
    const again = () => {
      if (--left > 0) simulation.soon(again)
    }
    simulation.soon(again)
    expect(simulation.run(() => left === 0, 0)).toBe('done')
    expect([simulation.nowMs, simulation.eventCount]).toEqual([0, 100_000])
  })
})

describe('the trace', () => {
  const traceOf = (delaysMs: readonly number[]) => {
    const simulation = new Simulation()
    for (const delayMs of delaysMs) simulation.inMs(delayMs, () => {})
    simulation.run(() => false, 1e6)
    return simulation.trace.digest()
  }

  test('is the same for the same events, and another when one of them comes a nanosecond later', () => {
    expect(traceOf([1, 2, 3])).toBe(traceOf([1, 2, 3]))
    expect(traceOf([1, 2, 3])).not.toBe(traceOf([1, 2, 3.000_001]))
    expect(traceOf([1, 2, 3])).not.toBe(traceOf([1, 2, 3, 3]))
  })

  test('holds what happened, not what was cancelled', () => {
    const simulation = new Simulation()
    simulation.inMs(2, () => {}).cancel()
    for (const delayMs of [1, 3]) simulation.inMs(delayMs, () => {})
    simulation.run(() => false, 1e6)
    expect(simulation.trace.digest()).toBe(traceOf([1, 3]))
  })
})
