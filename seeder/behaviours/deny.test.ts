import { describe, expect, test } from 'vitest'
import { request, Stage } from '../stage.testing.ts'

function denied(options: object): string[] {
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'deny', ...options } }] })
  const client = stage.unchoked()
  client.send(request(0, 0), request(3, 16_384, 3_616))
  stage.runUntil(100_000)
  return client.take()
}

describe('a peer that shows everything and denies requests', () => {
  test('ignores them, and stays', () => {
    expect(denied({})).toEqual([])
  })

  test('rejects each, also to who does not speak fast', () => {
    expect(denied({ how: 'reject' })).toEqual(['80: reject 0:0+16384', '80: reject 3:16384+3616'])
  })

  test('serves as an honest peer where the share is 0', () => {
    expect(denied({ share: 0 })).toEqual(['90: block 0:0+16384', '92: block 3:16384+3616'])
  })

  test('denies about half where it is a half', () => {
    const script = [{ when: { afterStartMs: 0 }, do: { behaviour: 'deny', how: 'reject', share: 0.5 } }]
    const stage = new Stage({ script })
    const client = stage.unchoked()
    for (let each = 0; each < 400; each++) client.send(request(0, each, 1))
    stage.runUntil(10_000)
    const rejects = client.take().filter((line) => line.includes('reject')).length
    // Binomial: 200 of 400, with a deviation of 10; four of those.
    expect(Math.abs(rejects - 200)).toBeLessThan(40)
    expect(client.blocks.length).toBe(400 - rejects)
  })
})
