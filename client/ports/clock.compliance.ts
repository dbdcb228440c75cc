/**
 * What every `Clock` must do, real or virtual: the rules of ./clock.ts as tests. A test file calls `clockCompliance` with
 * its own way to let time pass.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from './clock.ts'

export interface ClockWorld {
  readonly clock: Clock
  /** Lets time pass and the world go on until the condition holds. Rejects when it never will (or not in some seconds). */
  run(until: () => boolean): Promise<void>
  close(): void | Promise<void>
}

/** Lets `ms` of the world's time pass: long enough to see that nothing more comes. */
export async function pass(world: Pick<ClockWorld, 'clock' | 'run'>, ms: number): Promise<void> {
  let passed = false
  const alarm = world.clock.alarm(() => {
    passed = true
  })
  alarm.set(world.clock.nowMs() + ms)
  await world.run(() => passed)
}

interface Wake {
  readonly nowMs: number
  readonly clockMs: number
  readonly duringSet: boolean
}

/** An alarm that writes its wakes down, and whether one came during `set`. */
function recorder(clock: Clock) {
  const wakes: Wake[] = []
  let setting = false
  const alarm = clock.alarm((nowMs) => wakes.push({ nowMs, clockMs: clock.nowMs(), duringSet: setting }))
  const set = (deadlineMs: number | null) => {
    setting = true
    alarm.set(deadlineMs)
    setting = false
  }
  return { wakes, set }
}

export function clockCompliance(name: string, makeWorld: () => ClockWorld | Promise<ClockWorld>): void {
  describe(`clock: ${name}`, () => {
    let world: ClockWorld
    beforeEach(async () => {
      world = await makeWorld()
    })
    afterEach(() => world.close())
    registerDeadlines(() => world)
    registerReplacing(() => world)
    registerWithinWake(() => world)
  })
}

function registerDeadlines(world: () => ClockWorld): void {
  test('wakes once, at its deadline or later, and says when', async () => {
    const { clock, run } = world()
    const alarm = recorder(clock)
    const deadlineMs = clock.nowMs() + 3.25
    alarm.set(deadlineMs)
    await run(() => alarm.wakes.length > 0)
    await pass(world(), 5)
    expect(alarm.wakes).toHaveLength(1)
    expect(alarm.wakes[0]!.nowMs).toBeGreaterThanOrEqual(deadlineMs)
    expect(alarm.wakes[0]!.clockMs).toBeGreaterThanOrEqual(alarm.wakes[0]!.nowMs)
  })

  test('a deadline of now or long ago wakes as soon as possible, but never during set', async () => {
    const { clock, run } = world()
    for (const deadlineMs of [clock.nowMs(), clock.nowMs() - 1000, 0, -1]) {
      const alarm = recorder(clock)
      alarm.set(deadlineMs)
      expect(alarm.wakes).toHaveLength(0)
      await run(() => alarm.wakes.length > 0)
      expect(alarm.wakes[0]!.duringSet).toBe(false)
    }
  })

  test('200 alarms with scattered deadlines each wake once and none before its time', async () => {
    const { clock, run } = world()
    const startMs = clock.nowMs()
    const alarms = Array.from({ length: 200 }, (_, index) => {
      const alarm = recorder(clock)
      const deadlineMs = startMs + ((index * 37) % 200) / 16
      alarm.set(deadlineMs)
      return { ...alarm, deadlineMs }
    })
    await run(() => alarms.every((alarm) => alarm.wakes.length > 0))
    await pass(world(), 5)
    for (const alarm of alarms) {
      expect(alarm.wakes).toHaveLength(1)
      expect(alarm.wakes[0]!.nowMs).toBeGreaterThanOrEqual(alarm.deadlineMs)
      expect(alarm.wakes[0]!.duringSet).toBe(false)
    }
  })

  test('a deadline beyond 2^31 ms does not wake early, and a nearer one replaces it', async () => {
    const { clock, run } = world()
    for (const farMs of [2 ** 31 - 1, 2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY]) {
      const alarm = recorder(clock)
      alarm.set(clock.nowMs() + farMs)
      await pass(world(), 5)
      expect(alarm.wakes).toHaveLength(0)
      alarm.set(clock.nowMs() + 1)
      await run(() => alarm.wakes.length > 0)
      expect(alarm.wakes).toHaveLength(1)
    }
  })

  test('time never goes backwards', async () => {
    const { clock } = world()
    let beforeMs = clock.nowMs()
    for (let round = 0; round < 5; round++) {
      await pass(world(), 0.5)
      const nowMs = clock.nowMs()
      expect(nowMs).toBeGreaterThanOrEqual(beforeMs + 0.5)
      beforeMs = nowMs
    }
  })
}

function registerReplacing(world: () => ClockWorld): void {
  test('a later deadline replaces an earlier one, again and again: one wake, at the last', async () => {
    const { clock, run } = world()
    const alarm = recorder(clock)
    const startMs = clock.nowMs()
    for (let step = 0; step <= 20; step++) alarm.set(startMs + 2 + step / 2)
    await run(() => alarm.wakes.length > 0)
    await pass(world(), 5)
    expect(alarm.wakes).toHaveLength(1)
    expect(alarm.wakes[0]!.nowMs).toBeGreaterThanOrEqual(startMs + 12)
  })

  test('an earlier deadline replaces a later one', async () => {
    const { clock, run } = world()
    const alarm = recorder(clock)
    alarm.set(clock.nowMs() + 60_000)
    alarm.set(clock.nowMs() + 1)
    await run(() => alarm.wakes.length > 0)
    expect(alarm.wakes).toHaveLength(1)
  })

  test('a disarmed alarm does not wake: far, near, passed; and it can be armed again', async () => {
    const { clock, run } = world()
    for (const aheadMs of [4, 0.25, -1]) {
      const alarm = recorder(clock)
      alarm.set(clock.nowMs() + aheadMs)
      alarm.set(null)
      alarm.set(null)
      await pass(world(), 8)
      expect(alarm.wakes).toHaveLength(0)
      alarm.set(clock.nowMs() + 1)
      await run(() => alarm.wakes.length > 0)
      expect(alarm.wakes).toHaveLength(1)
    }
  })

  test('a passed deadline that is moved to the future before it woke waits for the new one', async () => {
    const { clock, run } = world()
    const alarm = recorder(clock)
    alarm.set(clock.nowMs() - 1)
    const deadlineMs = clock.nowMs() + 6
    alarm.set(deadlineMs)
    await run(() => alarm.wakes.length > 0)
    expect(alarm.wakes[0]!.nowMs).toBeGreaterThanOrEqual(deadlineMs)
  })
}

function registerWithinWake(world: () => ClockWorld): void {
  test('set within wake arms the next: five in a row, each at its time', async () => {
    const { clock, run } = world()
    const startMs = clock.nowMs()
    const wokenMs: number[] = []
    const alarm = clock.alarm((nowMs) => {
      wokenMs.push(nowMs)
      if (wokenMs.length < 5) alarm.set(startMs + wokenMs.length * 1.5)
    })
    alarm.set(startMs)
    await run(() => wokenMs.length === 5)
    await pass(world(), 3)
    expect(wokenMs).toHaveLength(5)
    wokenMs.forEach((atMs, index) => {
      expect(atMs).toBeGreaterThanOrEqual(startMs + index * 1.5)
    })
  })

  test('a wake may disarm another alarm that is due as well', async () => {
    const { clock, run } = world()
    let woken = 0
    const stopOther = (other: () => ReturnType<Clock['alarm']>) => () => {
      woken++
      other().set(null)
    }
    const first: ReturnType<Clock['alarm']> = clock.alarm(stopOther(() => second))
    const second: ReturnType<Clock['alarm']> = clock.alarm(stopOther(() => first))
    first.set(clock.nowMs() - 1)
    second.set(clock.nowMs() - 1)
    await run(() => woken > 0)
    await pass(world(), 5)
    expect(woken).toBe(1)
  })
}
