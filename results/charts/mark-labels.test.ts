import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textWidth } from './font.ts'
import { LABEL_GAP_PX, LABEL_ROWS_MAX, placedLabels } from './mark-labels.ts'

const WIDTH = 640
const TEXT = 12
const labelled = (...xs: number[]) => xs.map((x, index) => ({ x, label: `peer ${index + 1} dropped` }))

test('a lone label is right of its rule, in the row next to the plot', () => {
  expect(placedLabels(labelled(100), WIDTH, TEXT)).toEqual([{ side: 'right', row: 0 }])
})

test('at the right edge it is left of its rule', () => {
  expect(placedLabels(labelled(620), WIDTH, TEXT)).toEqual([{ side: 'left', row: 0 }])
})

test('rules close together step down to the right, so that none runs through a label', () => {
  const rows = placedLabels(labelled(250, 260, 270), WIDTH, TEXT).map((place) => place?.row)
  expect(rows).toEqual([2, 1, 0])
})

test('with no row left a rule goes without', () => {
  const xs = Array.from({ length: LABEL_ROWS_MAX + 1 }, (_, index) => 250 + index)
  expect(placedLabels(labelled(...xs), WIDTH, TEXT).filter((place) => place === null)).toHaveLength(1)
  expect(placedLabels(labelled(...xs.slice(1)), WIDTH, TEXT)).not.toContain(null)
})

test('wherever the rules are, no label leaves the plot, touches another or is cut by a rule', () => {
  const marks = fc.array(fc.integer({ min: 0, max: WIDTH }), { maxLength: 12 }).map((xs) => labelled(...xs))
  fc.assert(
    fc.property(marks, (given) => {
      const spans = placedLabels(given, WIDTH, TEXT).flatMap((place, index) => {
        if (place === null) return []
        const { x, label } = given[index]!
        const width = textWidth(label, TEXT) + 2 * LABEL_GAP_PX
        return {
          x,
          row: place.row,
          from: place.side === 'right' ? x : x - width,
          to: place.side === 'right' ? x + width : x,
        }
      })
      for (const one of spans) {
        expect(one.from).toBeGreaterThanOrEqual(0)
        expect(one.to).toBeLessThanOrEqual(WIDTH)
        for (const other of spans) {
          if (one === other) continue
          if (one.row === other.row) expect(one.to <= other.from || other.to <= one.from).toBe(true)
          if (one.row > other.row) expect(other.from < one.x && one.x < other.to).toBe(false)
        }
      }
    }),
    { numRuns: 200 },
  )
})
