import { expect, test } from 'vitest'
import { printable } from './printable.ts'

test.each([
  ['plain ünïcode 文件 👨‍👩‍👧', 'plain ünïcode 文件 👨‍👩‍👧'],
  ['\u001b]0;title\u0007', '\\u{1b}]0;title\\u{7}'],
  ['a\r\nb\tc', 'a\\u{d}\\u{a}b\\u{9}c'],
  ['\u009b2J \u007f', '\\u{9b}2J \\u{7f}'],
  ['gpj.\u202eexe', 'gpj.\\u{202e}exe'],
  ['\u2028\ufeff\ud800', '\\u{2028}\\u{feff}\\u{d800}'],
])('%j is printed as %j', (text, shown) => {
  expect(printable(text)).toBe(shown)
})
