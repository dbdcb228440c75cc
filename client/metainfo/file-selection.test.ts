import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FILE_INDEX_MAX,
  type FileSelection,
  formatFileSelection,
  isSelected,
  lastSelected,
  parseFileSelection,
} from './file-selection.ts'
import { describeMetainfoFault } from './metainfo-fault.ts'

function selection(text: string): FileSelection {
  const parsed = parseFileSelection(text)
  if (parsed.kind === 'fault') throw new Error(describeMetainfoFault(parsed))
  return parsed
}

const problemOf = (text: string) => {
  const parsed = parseFileSelection(text, 'so')
  return parsed.kind === 'fault' ? `${parsed.code} | ${describeMetainfoFault(parsed)}` : 'none'
}

test.each([
  ['0,2,4,6-8', '0,2,4,6-8'],
  ['0', '0'],
  ['8,6-7', '6-8'],
  ['1,1,1-1', '1'],
  ['0-5,2-3', '0-5'],
  ['0-3,2-9', '0-9'],
  ['007', '7'],
  [`0-${FILE_INDEX_MAX}`, `0-${FILE_INDEX_MAX}`],
])('%s selects %s', (text, same) => expect(formatFileSelection(selection(text))).toBe(same))

describe('what is no list of files is refused in one line', () => {
  const EXPECTED = 'so: expected file numbers from 0 to 9999999, as 0,2,4-6, found'
  test.each([
    ['', `out-of-range | ${EXPECTED} ""`],
    ['a', `out-of-range | ${EXPECTED} "a"`],
    ['-1', `out-of-range | ${EXPECTED} "-1"`],
    ['1-', `out-of-range | ${EXPECTED} "1-"`],
    ['1-2-3', `out-of-range | ${EXPECTED} "1-2-3"`],
    ['3-1', `out-of-range | ${EXPECTED} "3-1"`],
    ['1,,2', `out-of-range | ${EXPECTED} ""`],
    ['1, 2', `out-of-range | ${EXPECTED} " 2"`],
    ['1.5', `out-of-range | ${EXPECTED} "1.5"`],
    ['0x1', `out-of-range | ${EXPECTED} "0x1"`],
    ['１', `out-of-range | ${EXPECTED} "１"`],
    ['10000000', `out-of-range | ${EXPECTED} "10000000"`],
    ['9'.repeat(1_000_000), `out-of-range | ${EXPECTED} "${'9'.repeat(40)}…"`],
    ['0-99999999999999999999', `out-of-range | ${EXPECTED} "0-99999999999999999999"`],
    ['\x1b[2J', `out-of-range | ${EXPECTED} "\\u001b[2J"`],
  ])('%s', (text, problem) => expect(problemOf(text)).toBe(problem))

  test('10,000 ranges are taken, one more is not', () => {
    const ranges = (count: number) => Array.from({ length: count }, (_, index) => `${index * 2}`).join(',')
    expect(selection(ranges(10_000)).ranges.length).toBe(10_000)
    expect(problemOf(ranges(10_001))).toBe('too-many | so: expected at most 10000 ranges of files, found more')
  })
})

test('a file is selected when a range names it', () => {
  const given = selection('2,4-6')
  expect([0, 1, 2, 3, 4, 5, 6, 7].filter((index) => isSelected(given, index))).toEqual([2, 4, 5, 6])
  expect(lastSelected(given)).toBe(6)
})

test('ranges come out ascending, apart, and select the same files', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(5)).map(([first, more]) => [first, first + more] as const)
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (given) => {
      const parsed = selection(given.map(([first, last]) => `${first}-${last}`).join(','))
      for (let index = 0; index < 70; index++) {
        const named = given.some(([first, last]) => index >= first && index <= last)
        expect(isSelected(parsed, index), `${index}`).toBe(named)
      }
      for (const [index, { first, last }] of parsed.ranges.entries()) {
        expect(first).toBeLessThanOrEqual(last)
        if (index > 0) expect(first).toBeGreaterThan(parsed.ranges[index - 1]!.last + 1)
      }
      expect(selection(formatFileSelection(parsed))).toEqual(parsed)
    }),
  )
})
