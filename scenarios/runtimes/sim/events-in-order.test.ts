import { expect, test } from 'vitest'
import type { ClientEvent } from '../../../client/ports/events.ts'
import { EventsInOrder } from './events-in-order.ts'

const EVENT: ClientEvent = { type: 'resumed' }

function told(areAhead: boolean): string[] {
  const lines: string[] = []
  const inOrder = new EventsInOrder(areAhead, (nowMs, client) => lines.push(`${nowMs} by ${client}`))
  for (const [nowMs, client] of [
    [5, 1],
    [9, 1],
    [3, 0],
    [9, 0],
  ] as const)
    inOrder.observe(nowMs, client, EVENT)
  lines.push('flush')
  inOrder.flush()
  inOrder.flush()
  return lines
}

test('who is ahead waits for the others; at one time they come by their number, and nobody twice', () => {
  expect(told(true)).toEqual(['flush', '3 by 0', '5 by 1', '9 by 0', '9 by 1'])
})

test('where nobody is ahead nothing waits', () => {
  expect(told(false)).toEqual(['5 by 1', '9 by 1', '3 by 0', '9 by 0', 'flush'])
})
