import { describe, expect, test } from 'vitest'
import { Stage } from '../stage.testing.ts'

/** What comes behind the interest, which is told at once. */
function asked(how: string, act: (client: ReturnType<Stage['dial']>, stage: Stage) => void = () => {}): string[] {
  const options = { how, perSecond: 20, count: 40 }
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'ask', ...options } }] })
  const client = stage.dial()
  act(client, stage)
  stage.runUntil(100_000)
  const heard = client.take().slice(3)
  expect(heard[0]).toBe('40: interested')
  return heard.slice(1)
}

const ranges = (lines: readonly string[]) =>
  lines.map((line) => {
    const [, piece, offset, length] = /request (\d+):(\d+)\+(\d+)$/.exec(line)!
    return { piece: Number(piece), offset: Number(offset), length: Number(length) }
  })

describe('a peer asks, choked or not, so many a second and so many in all', () => {
  test.each<[string, (range: ReturnType<typeof ranges>[number]) => boolean]>([
    ['beyond-piece', ({ piece, offset, length }) => offset === (piece === 3 ? 19_999 : 32_767) && length === 16_384],
    ['no-such-piece', ({ piece, offset, length }) => piece === 4 && offset <= 16_384 && length <= 16_384],
    ['too-long', ({ piece, length }) => piece < 4 && length > 16_384 && length <= 131_072],
    ['empty', ({ piece, length }) => piece < 4 && length === 0],
    ['overflow', ({ offset, length }) => offset === 0xffff_ffff && length === 0xffff_ffff],
    ['while-choked', ({ piece, offset, length }) => piece < 4 && offset <= 16_384 && length <= 16_384],
  ])('%s', (how, isSo) => {
    const heard = asked(how)
    expect(heard.length).toBe(40)
    // Every 50 ms from 40 on.
    expect([heard[0], heard[39]].map((line) => line!.split(':')[0])).toEqual(['40', '1990'])
    expect(ranges(heard).filter((range) => !isSo(range))).toEqual([])
  })
})

test('while it is choked only: none is sent from the unchoke to the choke', () => {
  const heard = asked('while-choked', (client, stage) => {
    stage.at(500, () => client.send({ type: 'unchoke' }))
    stage.at(1_000, () => client.send({ type: 'choke' }))
  })
  const times = heard.map((line) => Number(line.split(':')[0]))
  // There at 510 and 1,010, and on the way back for 10 ms.
  expect(times.filter((ms) => ms > 520 && ms < 1_020)).toEqual([])
  expect(times.some((ms) => ms > 1_020)).toBe(true)
})
