import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap, type HeapItem } from './heap.ts'

class Numbered implements HeapItem {
  heapIndex: number | undefined
  readonly value: number
  readonly sequence: number

  constructor(value: number, sequence: number) {
    this.value = value
    this.sequence = sequence
  }
}

const isBefore = (a: Numbered, b: Numbered) => a.value < b.value || (a.value === b.value && a.sequence < b.sequence)

test('whatever is pushed and removed, the first is the least of what is there, and only that has a place', () => {
  // A number is pushed; null removes the first, and an index any other.
  const anySteps = fc.array(fc.oneof(fc.nat(20), fc.constant(null), fc.record({ remove: fc.nat(100) })))
  fc.assert(
    fc.property(anySteps, (steps) => {
      const heap = new Heap(isBefore)
      const there: Numbered[] = []
      const remove = (item: Numbered | undefined) => {
        if (item === undefined) return
        heap.remove(item)
        there.splice(there.indexOf(item), 1)
        expect(item.heapIndex).toBeUndefined()
      }
      for (const [sequence, step] of steps.entries()) {
        if (step === null) remove(heap.first)
        else if (typeof step === 'object') remove(there[step.remove % there.length])
        else {
          const item = new Numbered(step, sequence)
          there.push(item)
          heap.push(item)
        }
        expect(heap.first).toBe(there.toSorted((a, b) => (isBefore(a, b) ? -1 : 1))[0])
        expect(new Set(there.map((item) => item.heapIndex)).size).toBe(there.length)
      }
    }),
  )
})
