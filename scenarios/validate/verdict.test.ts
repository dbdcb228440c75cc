import { describe, expect, test } from 'vitest'
import type { Prediction } from './check.ts'
import { about, atLeast, atMost, between, exactly, findingOf, neverBelow } from './predictions.ts'
import { judge, overall } from './verdict.ts'

function verdictOf(prediction: Prediction, values: readonly number[]) {
  const samples = values.map((value, index) => ({ seed: index + 1, value }))
  return judge(findingOf('a figure', '', samples, prediction), [], true)
}

describe('where every run must agree', () => {
  test.each<[string, Prediction, number[], string]>([
    ['within 0.5 %', exactly(100, 0.005), [99.5, 100.5], 'pass'],
    ['one of them 0.6 % off', exactly(100, 0.005), [100, 100, 100.6], 'fail'],
    ['zero is zero', exactly(0, 0), [0, 0], 'pass'],
    ['zero is not one', exactly(0, 0), [0, 1], 'fail'],
    ['at the bound', neverBelow(1), [1, 1.5], 'pass'],
    ['one of them beats the bound by a hair', neverBelow(1), [1.2, 0.9999, 1.3], 'fail'],
    ['each at most', atMost(1.5, 'each'), [1.5], 'pass'],
    ['each at most, one above', atMost(1.5, 'each'), [0.1, 1.6], 'fail'],
  ])('%s', (_, prediction, values, verdict) => {
    expect(verdictOf(prediction, values).verdict).toBe(verdict)
  })

  test('the run that does not agree is named', () => {
    expect(verdictOf(neverBelow(1), [1.2, 0.9]).reason).toBe('1 of 2 runs do not agree, the first is 0.9 with seed 2')
  })
})

describe('where the typical run must', () => {
  test.each<[string, Prediction, number[], string]>([
    ['one sample has no interval', about(32, 0.1), [33], 'pass'],
    ['all within', about(32, 0.1), [31, 32, 33, 34, 35], 'pass'],
    ['the median is off', about(32, 0.1), [36, 37, 38], 'fail'],
    ['the median is right, the interval is not', about(32, 0.1), [20, 32, 50], 'fail'],
    ['at least', atLeast(0.9), [0.91, 0.95, 0.99], 'pass'],
    ['not at least', atLeast(0.9), [0.8, 0.85, 0.89], 'fail'],
    ['between', between(0.85, 1.15), [0.9, 1.1], 'pass'],
    ['beyond', between(0.85, 1.15), [1.2, 1.3], 'fail'],
  ])('%s', (_, prediction, values, verdict) => {
    expect(verdictOf(prediction, values).verdict).toBe(verdict)
  })
})

describe('whatever the figures say', () => {
  const good = findingOf('a figure', '', [{ seed: 1, value: 1 }], exactly(1, 0))

  test('a run that did not come to its end is a fail', () => {
    const { verdict, reason } = judge(good, ['N = 5, seed 2: not complete after 60 s'], true)
    expect([verdict, reason]).toEqual(['fail', 'N = 5, seed 2: not complete after 60 s'])
  })

  test('no samples: not run where nothing ran, a fail where something did', () => {
    const empty = { ...good, samples: [] }
    expect(judge(empty, [], false).verdict).toBe('not run')
    expect(judge(empty, [], true)).toMatchObject({ verdict: 'fail', reason: 'no run has the figure' })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is no figure', (value) => {
    const { verdict } = judge({ ...good, samples: [{ seed: 1, value }], prediction: neverBelow(0) }, [], true)
    expect(verdict).toBe('fail')
  })
})

test('of several: one fail is a fail, and what did not run has not passed', () => {
  expect(overall(['pass', 'pass'])).toBe('pass')
  expect(overall(['pass', 'not run', 'fail'])).toBe('fail')
  expect(overall(['pass', 'not run'])).toBe('not run')
  expect(overall([])).toBe('not run')
})
