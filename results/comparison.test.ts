import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cliffsDelta, compare, effectInWords } from './comparison.ts'
import { comparisonTable } from './comparison-table.ts'
import { samplePlan, sampleRow } from './sample.testing.ts'
import type { CellRow, Manifest, ParameterSet } from './schema.ts'

const MEASURE = 'meanCompletionSeconds'

function rowsOf(parameters: ParameterSet, values: readonly number[], firstSeed = 7): CellRow[] {
  return values.map((meanCompletionSeconds, repeat) =>
    sampleRow({ seed: firstSeed + repeat, repeat, parameters, measures: { meanCompletionSeconds } }),
  )
}

function manifestOf(sweep: Manifest['parameters']['sweep']): Manifest {
  const { cellsTotal: total, ...plan } = samplePlan()
  const times = { startedAt: '2026-01-31T09:30:15.000Z', endedAt: null }
  const parameters = { fixed: {}, sweep, about: { rttMs: { label: 'RTT', unit: 'ms' } } }
  return { ...plan, ...times, schema: 1, parameters, state: 'complete', cells: { total, done: total }, resumed: [] }
}

test('pairs are of the same seed, whatever their order; the ratio is the median of theirs', () => {
  const base = rowsOf({}, [10, 20, 40, 80, 160])
  const other = rowsOf({}, [11, 22, 44, 96, 176]).toReversed()
  // By themselves they overlap widely; pair by pair it is 1.1, and once 1.2.
  const compared = compare(base, other, MEASURE, 1)!
  expect(compared.pairs).toBe(5)
  expect(compared.ratio!.median).toBeCloseTo(1.1)
  expect(compared.ratio!.interval!.low).toBeCloseTo(1.1)
  expect(compared.ratio!.interval!.high).toBeCloseTo(1.2)
  // Of 25 couples 15 are above and 10 below.
  expect(compared.cliffsDelta).toBeCloseTo(5 / 25)
})

test('what is invalid, or has no partner, is no pair; one pair is not enough, and nothing is divided by 0', () => {
  const base = rowsOf({}, [10, 20, 40])
  const other = rowsOf({}, [10, 20, 40], 8)
  expect(compare(base, other, MEASURE, 1)!.pairs).toBe(2)
  expect(compare(base, [{ ...other[0]!, invalid: 'x' }, ...other.slice(1)], MEASURE, 1)).toBeNull()
  expect(compare(rowsOf({}, [0, 1]), rowsOf({}, [1, 1]), MEASURE, 1)).toMatchObject({ ratio: null, cliffsDelta: 0.5 })
})

test('Cliff’s delta is the share of couples above less the share below', () => {
  const samples = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 9 })
  fc.assert(
    fc.property(samples, samples, (base, other) => {
      const signs = other.flatMap((over) => base.map((under) => Math.sign(over - under)))
      const expected = signs.reduce((sum, sign) => sum + sign, 0) / signs.length
      expect(cliffsDelta(base, other)).toBeCloseTo(expected, 10)
    }),
  )
})

test.each([
  [0.146, 'negligible'],
  [-0.147, 'small'],
  [0.33, 'medium'],
  [-0.474, 'large'],
])('an effect of %d is %s', (delta, words) => {
  expect(effectInWords(delta)).toBe(words)
})

test('words are compared with the first word, at each value of the numbers beside them', () => {
  const manifest = manifestOf([
    { name: 'rttMs', values: [20, 50] },
    { name: 'picker', values: ['rarest', 'random'] },
  ])
  const rows = [20, 50].flatMap((rttMs) => [
    ...rowsOf({ rttMs, picker: 'rarest' }, [10, 10]),
    ...rowsOf({ rttMs, picker: 'random' }, [rttMs, 2 * rttMs]),
  ])
  expect(comparisonTable(manifest, rows, MEASURE)).toMatchObject({
    head: ['setting', 'against', 'where', 'pairs', 'ratio', 'Cliff’s δ'],
    rows: [
      ['picker random', 'rarest', 'RTT 20 ms', '2', '3 [2, 4]', '+1 (large)'],
      ['picker random', 'rarest', 'RTT 50 ms', '2', '7.5 [5, 10]', '+1 (large)'],
    ],
  })
})

test('numbers are compared where they are all that varies, and nothing is with one repeat', () => {
  const one = manifestOf([{ name: 'rttMs', values: [20, 50] }])
  const rows = [...rowsOf({ rttMs: 20 }, [10, 10]), ...rowsOf({ rttMs: 50 }, [5, 5])]
  expect(comparisonTable(one, rows, MEASURE)!.rows).toEqual([['RTT 50 ms', '20', '2', '0.5', '−1 (large)']])
  expect(comparisonTable(one, [rows[0]!, rows[2]!], MEASURE)).toBeNull()
  const two = manifestOf([
    { name: 'rttMs', values: [20, 50] },
    { name: 'peers', values: [1, 2] },
  ])
  expect(comparisonTable(two, rows, MEASURE)).toBeNull()
})
