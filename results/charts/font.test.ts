import { expect, test } from 'vitest'
import { textWidth, wrapped } from './font.ts'

test('figures are of one width, so that columns of numbers line up', () => {
  const widths = [...'0123456789'].map((figure) => textWidth(`${figure}|`, 1000) - textWidth('|', 1000))
  // The measure is ink to ink, so it moves by the figure's left side bearing, at most 9 % of the size here.
  expect(Math.max(...widths) - Math.min(...widths)).toBeLessThan(90)
})

test('width grows with size and weight, and markup is only text', () => {
  expect(textWidth('throughput', 24)).toBeCloseTo(2 * textWidth('throughput', 12), 6)
  expect(textWidth('throughput', 12, 600)).toBeGreaterThan(textWidth('throughput', 12))
  expect(textWidth('a < b & c', 12)).toBeGreaterThan(textWidth('a b c', 12))
  expect(textWidth(' ', 12)).toBe(0)
})

test('text is broken at spaces, and no line is wider than allowed unless it is one word', () => {
  const text = 'content 24 MiB, link 16 Mbit/s, incomprehensibilities'
  const lines = wrapped(text, 12, 100)
  expect(lines.join(' ')).toBe(text)
  expect(lines.length).toBeGreaterThan(2)
  for (const line of lines) expect(textWidth(line, 12) <= 100 || !line.includes(' ')).toBe(true)
})
