import { expect, test } from 'vitest'
import { FLOOD_UNITS_MAX, FLOOD_UNITS_PER_SECOND, MessageBudget } from './message-budget.ts'

const spent = (budget: MessageBudget, nowMs: number, cost: number, payloadBytes = 0) =>
  budget.spend(nowMs, cost, payloadBytes) === null

test('as much as the maximum may be said at once, and not one unit more', () => {
  const budget = new MessageBudget()
  budget.begin(1_000_000)
  expect(spent(budget, 1_000_000, FLOOD_UNITS_MAX)).toBe(true)
  expect(spent(budget, 1_000_000, 1)).toBe(false)
})

test('it comes back with time, and never grows beyond the maximum', () => {
  const budget = new MessageBudget()
  budget.begin(0)
  expect(spent(budget, 0, FLOOD_UNITS_MAX)).toBe(true)
  expect(spent(budget, 500, FLOOD_UNITS_PER_SECOND / 2)).toBe(true)
  expect(spent(budget, 1_000_000_000, FLOOD_UNITS_MAX)).toBe(true)
  expect(spent(budget, 1_000_000_004, 1)).toBe(false)
})

test('payload costs a unit for each whole KiB', () => {
  const budget = new MessageBudget()
  budget.begin(0)
  expect(spent(budget, 0, 0, FLOOD_UNITS_MAX * 1_024 + 1_023)).toBe(true)
  expect(spent(budget, 0, 0, 1_023)).toBe(true)
  expect(spent(budget, 0, 0, 1_024)).toBe(false)
})

test('the fault says what is allowed', () => {
  const budget = new MessageBudget()
  expect(budget.spend(0, FLOOD_UNITS_MAX + 1)).toEqual({
    code: 'message.flood',
    expected: 'at most 200 useless messages a second',
    received: 'more',
  })
})
