import { describe, expect, test } from 'vitest'
import { Stage } from './stage.testing.ts'

const flood = (perSecond: number, count: number) => ({
  when: { afterStartMs: 0 },
  do: { behaviour: 'flood', what: 'keep-alive', perSecond, count },
})

/** How many have come by then, from the moment at 40 ms when the first can be here. */
function cameBy(perSecond: number, ms: number, count = 1_000_000): number {
  const stage = new Stage({ script: [flood(perSecond, count)] })
  const client = stage.dial()
  stage.runUntil(41 + ms)
  return client.take().filter((line) => line.endsWith('keep-alive')).length
}

describe('what is sent at a rate', () => {
  test.each([
    [0.5, 5_999, 3],
    [1, 5_999, 6],
    [3, 999, 3],
    [99, 1_000, 100],
    [1_000, 999, 991],
    [20_000, 999, 19_801],
  ])(
    '%d a second is, after %d ms, %d: the first at once, then as they are due, in bursts of 10 ms',
    (rate, ms, count) => {
      expect(cameBy(rate, ms)).toBe(count)
    },
  )

  test('is never more than the count, whoever comes', () => {
    const stage = new Stage({ script: [flood(1_000, 250)] })
    const first = stage.dial()
    stage.runUntil(150)
    first.connection.reset()
    const [second, third] = [stage.dial(), stage.dial()]
    stage.runUntil(10_000)
    const counts = [first, second, third].map((client) => client.take().filter((line) => /alive/.test(line)).length)
    expect(counts.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(250)
    expect(Math.min(...counts)).toBeGreaterThan(50)
  })

  test('waits for who does not take it, and does not make up for it', () => {
    const stage = new Stage({
      script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'unsolicited', perSecond: 10_000, count: 1_000_000 } }],
    })
    const client = stage.dial()
    client.connection.pauseReceiving()
    stage.runUntil(10_000)
    const [session] = stage.peer.sessions.all
    // A MiB, and the block that went over it.
    expect(session!.unsentBytes).toBeGreaterThan(1_000_000)
    expect(session!.unsentBytes).toBeLessThan(1_048_576 + 16_397)
  })
})
