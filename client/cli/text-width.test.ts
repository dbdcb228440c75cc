import { expect, test } from 'vitest'
import { displayWidth, fitted } from './text-width.ts'

test.each([
  ['', 0],
  ['abc', 3],
  ['ünï', 3],
  ['u\u0308', 1],
  ['文件', 4],
  ['ｆｕｌｌ', 8],
  ['🙂', 2],
  ['a\u200db', 2],
])('%j takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns)
})

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['abcdef', 1, '…'],
  ['abcdef', 0, ''],
  ['abcdef', -3, ''],
  ['文件名', 6, '文件名'],
  ['文件名', 5, '文件…'],
  ['文件名', 4, '文…'],
])('%j in %i columns is %j', (text, columns, expected) => {
  expect(fitted(text, columns)).toBe(expected)
})
