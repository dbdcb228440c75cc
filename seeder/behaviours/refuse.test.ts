import { describe, expect, test } from 'vitest'
import { request, Stage } from '../stage.testing.ts'

describe('a peer that refuses', () => {
  test('with its port closed takes nobody new, and serves those it has', () => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 50 }, do: { behaviour: 'refuse' } }] })
    const client = stage.unchoked()
    const refused = stage.dial()
    client.send(request(0, 0))
    stage.runUntil(10_000)
    expect(refused.take()).toEqual(['80: refused'])
    expect(client.take()).toEqual(['90: block 0:0+16384'])
  })

  test('with a reset takes who dials and throws it out at once, and serves those it has', () => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 50 }, do: { behaviour: 'refuse', how: 'reset' } }] })
    const client = stage.unchoked()
    const refused = stage.dial()
    client.send(request(0, 0))
    stage.runUntil(10_000)
    expect(refused.take()).toEqual(['80: opened', '80: reset'])
    expect(client.take()).toEqual(['90: block 0:0+16384'])
    expect(stage.peer.sessions.all.length).toBe(1)
  })

  test('from the start is met by nobody', () => {
    for (const [how, end] of Object.entries({ 'port-closed': '20: refused', reset: '20: reset' })) {
      const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'refuse', how } }] })
      const client = stage.dial()
      stage.runUntil(10_000)
      expect(client.take().at(-1)).toBe(end)
    }
  })
})
