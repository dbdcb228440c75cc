import { expect, test } from 'vitest'
import { pieceBar, shareBar } from './piece-bar.ts'
import { pieceMap } from './status.testing.ts'

test.each([
  ['each column for two pieces', '##', '--', '#-', '█░▓'],
  ['half of what is wanted in a column is most of it', '#-', '#.', '..', '▓█·'],
])('%s', (_, first, second, third, expected) => {
  expect(pieceBar(pieceMap(`${first}${second}${third}`), 3)).toBe(expected)
})

test('less than half of a column is some of it', () => {
  expect(pieceBar(pieceMap('#---####'), 2)).toBe('▒█')
})

test('fewer pieces than columns: each has several', () => {
  expect(pieceBar(pieceMap('#-'), 6)).toBe('███░░░')
})

test('no piece is all of them', () => {
  expect(pieceBar(pieceMap(''), 3)).toBe('███')
})

test('a share is rounded down', () => {
  expect(shareBar(0.99, 3)).toBe('██░')
})
