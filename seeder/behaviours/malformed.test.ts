import { describe, expect, test } from 'vitest'
import { HANDSHAKE_BYTES } from '../../client/wire/handshake.ts'
import { interested, Stage } from '../stage.testing.ts'

const BITFIELD_BYTES = 6
const ZEROS = '00'.repeat(1_024)

function meet(options: object) {
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'malformed', ...options } }] })
  const client = stage.dial()
  client.send(interested)
  stage.runUntil(10_000)
  return { hex: client.hexFrom(HANDSHAKE_BYTES + BITFIELD_BYTES), heard: client.take().slice(3) }
}

/** Behind what it sends comes what an honest peer sends. */
const UNCHOKE = '0000000101'

describe('a peer whose frame is none, behind its bitfield', () => {
  test.each([
    ['length-4-gib', 'ffffffff63', UNCHOKE, ['40: frame.too-long']],
    ['length-2-gib', '8000000063', UNCHOKE, ['40: frame.too-long']],
    ['length-over-1-mib', '0010000163', UNCHOKE, ['40: frame.too-long']],
    ['unknown-id', `0000040163${ZEROS}`, UNCHOKE, ['41: unknown 99 of 1024', '41: unchoke']],
    ['id-alone', '0000000104', UNCHOKE, ['40: frame.length']],
    ['too-long', '000000020000', UNCHOKE, ['40: frame.length']],
    ['truncated', '0000000d0600000000', '', ['40: fin']],
    ['head-alone', '0000', '', ['40: fin']],
  ])('%s: %s', (how, frame, behind, heard) => {
    expect(meet({ how })).toEqual({ hex: frame + behind, heard })
  })

  test.each([
    ['bitfield', '05'],
    ['request', '06'],
    ['piece', '07'],
    ['extended', '14'],
  ])('%s of its id alone', (of, id) => {
    expect(meet({ how: 'id-alone', of }).hex).toBe(`00000001${id}${UNCHOKE}`)
  })

  test('noise: a KiB, the same every time', () => {
    const { hex, heard } = meet({ how: 'noise' })
    expect([hex.length / 2, hex.slice(0, 8)]).toEqual([1_024 + 5, '5308bd72'])
    expect(heard).toEqual(['41: frame.too-long'])
  })
})

test('once at each connection: at those there are when the step begins, and at each later one', () => {
  const script = [{ when: { received: 'have' as const }, do: { behaviour: 'malformed', how: 'too-long' } }]
  const stage = new Stage({ script })
  const first = stage.dial()
  stage.at(100, () => first.send({ type: 'have', piece: 0 }, { type: 'have', piece: 1 }))
  stage.runUntil(200)
  const second = stage.dial()
  stage.runUntil(1_000)
  expect([first.take().slice(3), second.take().slice(3)]).toEqual([['120: frame.length'], ['240: frame.length']])
})
