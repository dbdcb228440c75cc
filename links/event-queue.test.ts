import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventQueue, type Scheduled } from './event-queue.ts'

/** Runs everything that is due by `limitNs`; gives the times. */
function drain(queue: EventQueue, limitNs = Number.POSITIVE_INFINITY): number[] {
  const ranNs: number[] = []
  for (let dueNs = queue.runNext(limitNs); dueNs !== null; dueNs = queue.runNext(limitNs)) ranNs.push(dueNs)
  return ranNs
}

describe('an event queue', () => {
  test('runs in the order of time, and within one time in the order of scheduling', () => {
    const queue = new EventQueue()
    const log: string[] = []
    for (const [name, dueNs] of Object.entries({ c: 30, a1: 10, b: 20, a2: 10, a3: 10 })) {
      queue.at(dueNs, (nowNs) => log.push(`${name} at ${nowNs}`))
    }
    expect(drain(queue)).toEqual([10, 10, 10, 20, 30])
    expect(log).toEqual(['a1 at 10', 'a2 at 10', 'a3 at 10', 'b at 20', 'c at 30'])
  })

  test('runs nothing that is due after the limit, and what is due at it', () => {
    const queue = new EventQueue()
    queue.at(10, () => {})
    queue.at(11, () => {})
    expect([queue.nextNs, queue.runNext(9)]).toEqual([10, null])
    expect([queue.runNext(10), queue.runNext(10), queue.nextNs]).toEqual([10, null, 11])
    expect([queue.runNext(11), queue.runNext(99), queue.nextNs]).toEqual([11, null, null])
  })

  test('an action may schedule at its own time: that runs behind what was there', () => {
    const queue = new EventQueue()
    const log: string[] = []
    queue.at(5, (nowNs) => {
      log.push('first')
      queue.at(nowNs, () => log.push('scheduled by the first'))
    })
    queue.at(5, () => log.push('second'))
    drain(queue)
    expect(log).toEqual(['first', 'second', 'scheduled by the first'])
  })

  test('what was cancelled is as if it had never been: no time is told for it, and nothing waits for it', () => {
    const queue = new EventQueue()
    const ran: number[] = []
    const [first, , last] = [10, 20, 30].map((dueNs) => queue.at(dueNs, (nowNs) => ran.push(nowNs)))
    first!.cancel()
    expect(queue.nextNs).toBe(20)
    expect(queue.runNext(15)).toBe(null)
    last!.cancel()
    expect(drain(queue)).toEqual([20])
    expect([ran, queue.nextNs]).toEqual([[20], null])
  })

  test('cancelling twice, or after it ran, or from within it, does nothing', () => {
    const queue = new EventQueue()
    let ran = 0
    const once: Scheduled = queue.at(1, () => {
      ran++
      once.cancel()
    })
    const never = queue.at(2, () => ran++)
    never.cancel()
    never.cancel()
    drain(queue)
    once.cancel()
    expect([ran, queue.nextNs]).toEqual([1, null])
  })
})

type Step =
  | { readonly kind: 'schedule'; readonly dueNs: number }
  | { readonly kind: 'cancel'; readonly draw: number }
  | { readonly kind: 'run'; readonly limitNs: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('schedule'), dueNs: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), draw: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('run'), limitNs: fc.nat(40) }) },
) as fc.Arbitrary<Step>

test('whatever is scheduled, cancelled and run, the queue does as a sorted array would', () => {
  let ranCount = 0
  let cancelledCount = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 100 }), (steps) => {
      const queue = new EventQueue()
      let model: { dueNs: number; id: number }[] = []
      const scheduled: Scheduled[] = []
      const ran: number[] = []
      for (const each of steps) {
        if (each.kind === 'schedule') {
          const id = scheduled.length
          scheduled.push(queue.at(each.dueNs, () => ran.push(id)))
          model.push({ dueNs: each.dueNs, id })
          model.sort((a, b) => a.dueNs - b.dueNs || a.id - b.id)
        } else if (each.kind === 'cancel') {
          const cancelled = each.draw % Math.max(1, scheduled.length)
          scheduled[cancelled]?.cancel()
          cancelledCount += model.filter(({ id }) => id === cancelled).length
          model = model.filter(({ id }) => id !== cancelled)
        } else {
          const first = model[0] !== undefined && model[0].dueNs <= each.limitNs ? model.shift() : undefined
          expect(queue.runNext(each.limitNs)).toBe(first?.dueNs ?? null)
          expect(ran.splice(0)).toEqual(first === undefined ? [] : [first.id])
          ranCount += first === undefined ? 0 : 1
        }
        expect(queue.nextNs).toBe(model[0]?.dueNs ?? null)
      }
    }),
  )
  expect(ranCount).toBeGreaterThan(500)
  expect(cancelledCount).toBeGreaterThan(50)
})
