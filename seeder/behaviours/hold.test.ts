import { describe, expect, test } from 'vitest'
import type { ScriptStep } from '../script.ts'
import { interested, request, Stage } from '../stage.testing.ts'

const hold = (options: object, when: ScriptStep['when'] = { afterStartMs: 0 }) => ({
  when,
  do: { behaviour: 'hold', ...options },
})
const speak = { when: { afterStartMs: 0 }, do: { behaviour: 'speak', pex: [] } }

describe('a peer that holds a part of the pieces', () => {
  test('shows these and serves them; requests for others are ignored', () => {
    const stage = new Stage({ script: [hold({ pieces: [0, 3, 9] })] })
    const client = stage.dial()
    client.send(interested)
    stage.at(60, () => client.send(request(1, 0), request(3, 0)))
    stage.runUntil(1_000)
    expect(client.take().slice(2)).toEqual(['40: bitfield 10010000', '40: unchoke', '90: block 3:0+16384'])
  })

  test('of none shows nothing, and with fast says so and rejects', () => {
    const plain = new Stage({ script: [hold({ pieces: [] })] })
    const client = plain.dial()
    plain.runUntil(1_000)
    expect(client.take().slice(2)).toEqual([])
    const stage = new Stage({ script: [hold({ pieces: [] }), speak] })
    const extended = stage.dialExtended()
    extended.send(interested)
    stage.at(60, () => extended.send(request(1, 0)))
    stage.runUntil(1_000)
    const heard = extended.take().slice(2)
    expect([heard[0], ...heard.slice(2)]).toEqual(['40: have-none', '40: unchoke', '80: reject 1:0+16384'])
  })

  test.each([
    ['all', '11110000'],
    ['truth', '01000000'],
  ])('claims %s: %s, and serves what it has', (claim, bits) => {
    const stage = new Stage({ script: [hold({ pieces: [1], claim })] })
    const client = stage.unchoked()
    const other = stage.dial()
    client.send(request(0, 0), request(1, 0))
    stage.runUntil(1_000)
    expect(client.take()).toEqual(['90: block 1:0+16384'])
    expect(other.take()[2]).toBe(`100: bitfield ${bits}`)
  })

  test('claims nothing: shows nothing, and serves what it has', () => {
    const stage = new Stage({ script: [hold({ share: 1, claim: 'nothing' })] })
    const client = stage.dial()
    client.send(interested)
    stage.at(60, () => client.send(request(0, 0)))
    stage.runUntil(1_000)
    expect(client.take().slice(2)).toEqual(['40: unchoke', '90: block 0:0+16384'])
  })

  test('drawn by a share holds that many, by the seed', () => {
    const drawn = (seed: number) => {
      const stage = new Stage({ script: [hold({ share: 0.3 })], totalBytes: 100 * 32_768, seed })
      stage.runUntil(0)
      return stage.peer.conduct.pieces
    }
    expect(drawn(1).setCount).toBe(30)
    expect(drawn(1).toWire()).toEqual(drawn(1).toWire())
    expect(drawn(2).toWire()).not.toEqual(drawn(1).toWire())
  })
})

test('what it comes to hold it tells by have; what it loses by lt_donthave, to who takes that', () => {
  const script = [speak, hold({ pieces: [0, 1] }), hold({ pieces: [1, 2] }, { received: 'have' })]
  const stage = new Stage({ script })
  const [plain, extended] = [stage.dial(), stage.dialExtended()]
  stage.at(100, () => plain.send({ type: 'have', piece: 0 }))
  stage.runUntil(1_000)
  expect(plain.take().slice(2)).toEqual(['40: bitfield 11000000', '120: have 2'])
  const heard = extended.take()
  expect([heard[2], ...heard.slice(4)]).toEqual(['40: bitfield 11000000', '120: extended 9 ....', '120: have 2'])
  expect(extended.hexFrom(0).slice(-38)).toBe('00000006140900000000' + '000000050400000002')
})
