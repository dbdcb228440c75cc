import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitParts } from './parts.ts'

test.each([
  ['nothing of nothing', [], [], []],
  ['empty stretches', ['abc'], [0, 3, 0], ['', 'abc', '']],
  ['empty parts', ['', 'ab', '', 'c', ''], [1, 2], ['a', 'b,c']],
  ['one part in many', ['abcdef'], [1, 2, 3], ['a', 'bc', 'def']],
  ['many parts in one', ['a', 'bc', 'def'], [6], ['a,bc,def']],
  ['less than there is', ['abc', 'def'], [4], ['abc,d']],
])('%s', (_what, parts, lengths, expected) => {
  const bytes = parts.map((part) => new TextEncoder().encode(part))
  const split = splitParts(bytes, lengths)
  expect(split.map((views) => views.map((view) => new TextDecoder().decode(view)).join(','))).toEqual(expected)
})

test('too few bytes are an error', () => {
  expect(() => splitParts([new Uint8Array(3)], [2, 2])).toThrow(RangeError)
})

test('whatever the cuts, nothing is lost, added or copied', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), fc.array(fc.nat(9)), (partLengths, cuts) => {
      const total = partLengths.reduce((sum, length) => sum + length, 0)
      const memory = Uint8Array.from({ length: total }, (_, index) => index)
      let at = 0
      const parts = partLengths.map((length) => {
        at += length
        return memory.subarray(at - length, at)
      })
      let left = total
      const lengths = cuts.map((cut) => {
        const length = Math.min(cut, left)
        left -= length
        return length
      })
      const split = splitParts(parts, lengths)
      expect(split.map((views) => views.reduce((sum, view) => sum + view.length, 0))).toEqual(lengths)
      const joined = split.flat().flatMap((view) => [...view])
      expect(joined).toEqual([...memory.subarray(0, total - left)])
      expect(split.flat().every((view) => view.buffer === memory.buffer && view.length > 0)).toBe(true)
    }),
  )
})
