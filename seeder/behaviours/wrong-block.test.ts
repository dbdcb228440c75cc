import { describe, expect, test } from 'vitest'
import { request, Stage } from '../stage.testing.ts'

// Asked for are three blocks: of pieces 0, 1 and 3, the last of 3,616 bytes.
const ASKED = [request(0, 0), request(1, 16_384), request(3, 16_384, 3_616)]
const PIECE_BYTES = 32_768

/** In the order of the requests. */
function answers(how: string, share = 1): string[] {
  const script = [{ when: { afterStartMs: 0 }, do: { behaviour: 'wrong-block', how, share } }]
  const stage = new Stage({ script })
  const client = stage.unchoked()
  client.send(...ASKED)
  stage.runUntil(10_000)
  return client.take().map((line) => line.replace(/^\d+: /, '').replace(/, \d+ wrong/, ''))
}

describe('a peer answers', () => {
  test.each([
    ['shorter', ['block 0:0+16383', 'block 1:16384+16383', 'block 3:16384+3615']],
    ['empty', ['frame.length']],
    // What is longer than a block is the decoder's to see; the last is not.
    ['longer', ['frame.length']],
    ['offset', ['block 0:1+16384', 'block 1:16385+16384', 'block 3:16385+3616']],
    ['other-block', ['block 0:16384+16384', 'block 1:0+16384', 'block 3:0+3616']],
    ['index', ['block 1:0+16384', 'block 2:16384+16384', 'block 0:16384+3616']],
    ['no-such-piece', ['block 4:0+16384', 'block 4:16384+16384', 'block 4:16384+3616']],
  ])('%s', (how, expected) => {
    expect(answers(how)).toEqual(expected)
  })

  test('with the bytes that were asked for, under the wrong name', () => {
    const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'wrong-block', how: 'index' } }] })
    const client = stage.unchoked()
    client.send(request(0, 0))
    stage.runUntil(1_000)
    expect(Buffer.compare(client.blocks[0]!, stage.content.subarray(0, 16_384))).toBe(0)
    expect(stage.content.length).toBeGreaterThan(PIECE_BYTES)
  })

  test('right where the share is 0', () => {
    expect(answers('shorter', 0)).toEqual(['block 0:0+16384', 'block 1:16384+16384', 'block 3:16384+3616'])
  })
})
