import { expect, test } from 'vitest'
import { MEASURE_NAMES, measureOf, shownOf } from './measures.ts'

const UNIT_BY_ENDING: readonly (readonly [RegExp, string])[] = [
  [/BytesPerSecond$/, 'bytes/s'],
  [/Bytes$/, 'bytes'],
  [/[sS]econds$/, 'seconds'],
  [/PerSecond$/, '1/s'],
  [/Hash$/, 'hash'],
  [/^cpuSecondsPerGib$/, 'seconds'],
  [/^efficiency$|^mean(Leechers|Seeds)$|(Ratio|Fairness|Utilisation|Penalty|Copies)$/, 'ratio'],
  [/./, 'count'],
]

test.each(MEASURE_NAMES)('%s ends in its unit, is defined by one sentence and has a label', (name) => {
  const { unit, definition, label, runtimes } = measureOf(name)
  expect(unit).toBe(UNIT_BY_ENDING.find(([ending]) => ending.test(name))?.[1])
  expect(definition).toMatch(/^[A-Z][^.]*\.$/)
  expect(label).not.toBe('')
  expect(runtimes.length).toBeGreaterThan(0)
})

test('wasted bytes are shown in KiB: they are few blocks', () => {
  expect(shownOf('wastedBytes').symbol).toBe('KiB')
  expect(shownOf('peakRssBytes').symbol).toBe('MiB')
})
