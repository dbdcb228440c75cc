import { describe, expect, test } from 'vitest'
import { interested, Stage } from '../stage.testing.ts'

const at = (behaviour: string, options: object = {}) => ({
  when: { afterStartMs: 0 },
  do: { behaviour, ...options },
})

/** What it hears behind the handshake, of 4 pieces unless it says otherwise. */
function shown(options: object, totalBytes = 118_304): string[] {
  const stage = new Stage({ script: [at('bitfield', options)], totalBytes })
  const client = stage.dial()
  client.send(interested)
  stage.runUntil(10_000)
  return client.take().slice(2)
}

describe('a peer shows its 4 pieces', () => {
  test.each([
    ['too-short', ['40: bitfield ', '40: unchoke']],
    ['too-long', ['40: bitfield 1111000000000000', '40: unchoke']],
    ['spare-bits', ['40: bitfield 11111111', '40: unchoke']],
    ['twice', ['40: bitfield 11110000', '40: bitfield 11110000', '40: unchoke']],
    ['then-have-none', ['40: bitfield 11110000', '40: have-none', '40: unchoke']],
    ['never', ['40: unchoke']],
    ['late', ['40: unchoke', '1040: bitfield 11110000']],
  ])('%s', (how, heard) => {
    expect(shown({ how })).toEqual(heard)
  })

  test('so late', () => {
    expect(shown({ how: 'late', afterMs: 250 })).toEqual(['40: unchoke', '290: bitfield 11110000'])
  })
})

test('of 10 pieces, too short is a byte; of 8 there are no spare bits to set', () => {
  expect(shown({ how: 'too-short' }, 10 * 32_768)[0]).toBe('40: bitfield 11111111')
  expect(shown({ how: 'spare-bits' }, 8 * 32_768)[0]).toBe('40: bitfield 11111111')
  expect(shown({ how: 'spare-bits' }, 9 * 32_768)[0]).toBe('40: bitfield 1111111111111111')
})

test('where have-all was due it is a bitfield all the same, of what the peer claims', () => {
  const stage = new Stage({
    script: [at('speak'), at('hold', { pieces: [1], claim: 'all' }), at('bitfield', { how: 'spare-bits' })],
  })
  const client = stage.dialExtended()
  stage.runUntil(1_000)
  expect(client.take()[2]).toBe('40: bitfield 11111111')
})
