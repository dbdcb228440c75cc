import { describe, expect, test } from 'vitest'
import { ALL_BLOCKS, request, Stage } from '../stage.testing.ts'

const BLOCKS = 400

/** Which of many blocks come wrong; each has one wrong byte, or none. */
function wrongBlocks(share: number, seed: number): number[] {
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'corrupt', share } }], seed })
  const client = stage.unchoked()
  for (let each = 0; each < BLOCKS; each++) client.send(request(each % 3, 0))
  stage.runUntil(100_000)
  const lines = client.take()
  expect(lines.length).toBe(BLOCKS)
  return lines.flatMap((line, index) => {
    if (!line.includes('wrong')) return []
    expect(line).toMatch(/, 1 wrong$/)
    return [index]
  })
}

describe('a peer that corrupts', () => {
  test('inverts one byte of every block by default, from the moment it begins, and tells its place and length right', () => {
    const stage = new Stage({ script: [{ when: { bytesServed: 20_000 }, do: { behaviour: 'corrupt' } }] })
    const before = stage.content.slice()
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS)
    stage.runUntil(1_000)
    expect(client.take().map((line) => line.slice(line.indexOf('b')))).toEqual([
      'block 0:0+16384',
      'block 0:16384+16384',
      'block 1:0+16384, 1 wrong',
      'block 1:16384+16384, 1 wrong',
      'block 2:0+16384, 1 wrong',
      'block 2:16384+16384, 1 wrong',
      'block 3:0+16384, 1 wrong',
      'block 3:16384+3616, 1 wrong',
    ])
    expect(Buffer.compare(stage.content, before)).toBe(0)
  })

  test('by a share of 0.5 draws block by block: about half, by the seed and by nothing else', () => {
    const wrong = wrongBlocks(0.5, 1)
    // Binomial: 200 of 400, with a deviation of 10; four of those.
    expect(Math.abs(wrong.length - BLOCKS / 2)).toBeLessThan(40)
    expect(wrongBlocks(0.5, 1)).toEqual(wrong)
    expect(wrongBlocks(0.5, 2)).not.toEqual(wrong)
  })

  test('by a share of 0 is honest, of 1 never', () => {
    expect([wrongBlocks(0, 1).length, wrongBlocks(1, 1).length]).toEqual([0, BLOCKS])
  })

  test('sends everything but blocks as it is', () => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'corrupt' } }] })
    const client = stage.dial()
    client.send({ type: 'interested' })
    stage.runUntil(1_000)
    expect(client.take().slice(1)).toEqual(['40: handshake for 32687b', '40: bitfield 11110000', '40: unchoke'])
  })

  test.each([
    [1, [0]],
    [3, [0, 1, 2]],
  ])('at most %d blocks corrupts the first, and is honest from then on', (blocks, wrong) => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'corrupt', blocks } }] })
    const client = stage.unchoked()
    client.send(...ALL_BLOCKS)
    stage.runUntil(1_000)
    const heard = client.take()
    expect(heard.flatMap((line, index) => (line.endsWith(', 1 wrong') ? [index] : []))).toEqual(wrong)
    expect(heard.length).toBe(8)
  })
})
