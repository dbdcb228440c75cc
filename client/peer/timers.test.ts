import { expect, test } from 'vitest'
import { earlier, Timers } from './timers.ts'

test('the earliest deadline is the one that leaves, and null when none runs', () => {
  const timers = new Timers(['a', 'b'])
  expect(timers.earliestMs()).toBeNull()
  timers.set('a', 20)
  timers.set('b', 10)
  expect(timers.earliestMs()).toBe(10)
  timers.set('b', 30)
  expect(timers.earliestMs()).toBe(20)
  timers.set('a', null)
  expect([timers.earliestMs(), timers.isSet('a'), timers.isSet('b')]).toEqual([30, false, true])
  timers.clear()
  expect(timers.earliestMs()).toBeNull()
})

test('what is due is taken once, the earliest first, at its deadline and not before', () => {
  const timers = new Timers(['a', 'b', 'c'])
  timers.set('a', 20)
  timers.set('b', 10)
  timers.set('c', 30)
  expect(timers.takeDue(9)).toBeNull()
  expect([timers.takeDue(20), timers.takeDue(20), timers.takeDue(20)]).toEqual(['b', 'a', null])
  expect([timers.isSet('a'), timers.earliestMs()]).toEqual([false, 30])
})

test('of two that are due at the same time, the one that is named first is taken first', () => {
  const timers = new Timers(['a', 'b'])
  timers.set('b', 10)
  timers.set('a', 10)
  expect([timers.takeDue(10), timers.takeDue(10)]).toEqual(['a', 'b'])
})

test.each([
  [null, null, null],
  [1, null, 1],
  [null, 2, 2],
  [1, 2, 1],
  [2, 1, 1],
])('of %s and %s the earlier is %s', (a, b, expected) => expect(earlier(a, b)).toBe(expected))
