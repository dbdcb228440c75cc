import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DIALS_PER_SECOND, DIALS_PER_SECOND_COMPLETE, DIALS_PER_SECOND_MAX, DialBudget } from './dial-budget.ts'

/** Dials as often as it may at that time; each is refused at once, or lasts. */
function dialAll(budget: DialBudget, nowMs: number, refused: boolean): number {
  let count = 0
  for (; budget.freeAtMs() <= nowMs; count++) {
    budget.begun(nowMs)
    if (refused) budget.refused(nowMs)
  }
  return count
}

describe('dials that last', () => {
  test(`are ${DIALS_PER_SECOND} at once, and the next one a second after the first`, () => {
    const budget = new DialBudget()
    expect([dialAll(budget, 5_000, false), budget.freeAtMs()]).toEqual([DIALS_PER_SECOND, 6_000])
    expect([dialAll(budget, 5_999, false), dialAll(budget, 6_000, false)]).toEqual([0, DIALS_PER_SECOND])
  })

  test('are counted in any second, not from one second to the next', () => {
    const budget = new DialBudget()
    for (let dial = 0; dial < DIALS_PER_SECOND; dial++) budget.begun(dial * 10)
    expect([dialAll(budget, 1_000, false), dialAll(budget, 1_009, false), dialAll(budget, 1_010, false)]).toEqual([
      1, 0, 1,
    ])
  })
})

test(`of who has everything ${DIALS_PER_SECOND_COMPLETE} last in a second, whatever was begun before`, () => {
  const budget = new DialBudget()
  for (let dial = 0; dial < 10; dial++) budget.begun(dial * 50)
  budget.complete(true)
  expect([budget.freeAtMs(), dialAll(budget, 1_350, false), dialAll(budget, 1_400, false)]).toEqual([1_350, 1, 1])
  expect(dialAll(budget, 3_000, false)).toBe(DIALS_PER_SECOND_COMPLETE)
  budget.complete(false)
  expect(dialAll(budget, 3_000, false)).toBe(DIALS_PER_SECOND - DIALS_PER_SECOND_COMPLETE)
})

describe('dials that are refused', () => {
  test(`do not count, but for ${DIALS_PER_SECOND_MAX} in any second`, () => {
    const budget = new DialBudget()
    expect([dialAll(budget, 0, true), budget.freeAtMs()]).toEqual([DIALS_PER_SECOND_MAX, 1_000])
    expect([dialAll(budget, 999, true), dialAll(budget, 1_000, true)]).toEqual([0, DIALS_PER_SECOND_MAX])
  })

  test('give their place back once, and only while it counts', () => {
    const budget = new DialBudget()
    for (let dial = 0; dial < DIALS_PER_SECOND; dial++) budget.begun(dial)
    budget.refused(7)
    budget.refused(7)
    budget.refused(100)
    expect(dialAll(budget, 500, false)).toBe(1)
  })
})

test('whatever happens, in no second more dials begin than are allowed', () => {
  const anySteps = fc.array(fc.tuple(fc.nat(200), fc.nat(60), fc.boolean()), { maxLength: 40 })
  fc.assert(
    fc.property(anySteps, (steps) => {
      const budget = new DialBudget()
      const dials: { nowMs: number; refused: boolean }[] = []
      let nowMs = 0
      for (const [stepMs, wanted, refused] of steps) {
        nowMs += stepMs
        for (let dial = 0; dial < wanted && budget.freeAtMs() <= nowMs; dial++) {
          budget.begun(nowMs)
          if (refused) budget.refused(nowMs)
          dials.push({ nowMs, refused })
        }
        const within = dials.filter((dial) => dial.nowMs > nowMs - 1000)
        expect(within.length).toBeLessThanOrEqual(DIALS_PER_SECOND_MAX)
        expect(within.filter((dial) => !dial.refused).length).toBeLessThanOrEqual(DIALS_PER_SECOND)
      }
    }),
  )
})
