import { describe, expect, test } from 'vitest'
import { encodeMetadataMessage, parseMetadataMessage } from '../../client/wire/ut-metadata.ts'
import { INFO_BYTES, Stage } from '../stage.testing.ts'

const wrong = (options: object) => ({ when: { afterStartMs: 0 }, do: { behaviour: 'metadata', ...options } })

interface Given {
  readonly announced: number
  /** Of each answer: what it says that the total is, and its data. */
  readonly answers: readonly (readonly [total: number, data: Buffer])[]
  readonly lines: readonly string[]
}

/** A client that asks for pieces 0 and 1. */
function given(options: object): Given {
  const stage = new Stage({ script: [wrong(options)] })
  const client = stage.dialExtended()
  const ask = (piece: number) => encodeMetadataMessage({ kind: 'request', piece })
  client.send(
    { type: 'extended', extensionId: 2, payload: ask(0) },
    { type: 'extended', extensionId: 2, payload: ask(1) },
  )
  stage.runUntil(10_000)
  const bytes = Buffer.from(client.hexFrom(0), 'hex')
  const announced = Number(/13:metadata_sizei(\d+)e/.exec(bytes.toString('latin1'))![1])
  const answers: [number, Buffer][] = []
  for (let at = 68; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
    const frame = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))
    const head = /^d8:msg_typei1e5:piecei\d+e10:total_sizei(\d+)ee/.exec(frame.subarray(2).toString('latin1'))
    if (frame[0] === 20 && head !== null) answers.push([Number(head[1]), frame.subarray(2 + head[0].length)])
  }
  return { announced, answers, lines: client.take() }
}

const INFO = Buffer.from(Uint8Array.from({ length: INFO_BYTES }, (_, at) => (at * 7) & 0xff))
const dataOf = ({ answers }: Given) => Buffer.concat(answers.map(([, data]) => data))
const differing = (bytes: Buffer) => INFO.reduce((count, byte, at) => count + (byte === bytes[at] ? 0 : 1), 0)

describe('a peer gives an info dictionary', () => {
  test('of the right size and another hash: one byte is wrong', () => {
    const { announced, answers } = given({ how: 'wrong-hash' })
    expect([announced, ...answers.map(([total, data]) => [total, data.length])]).toEqual([
      20_000,
      [20_000, 16_384],
      [20_000, 3_616],
    ])
    expect(differing(dataOf(given({ how: 'wrong-hash' })))).toBe(1)
  })

  test.each([
    ['too-small', 19_999],
    ['too-large', 20_001],
  ])('%s: %d bytes, which it announces', (how, bytes) => {
    const answer = given({ how })
    expect([answer.announced, answer.answers.map(([total]) => total)]).toEqual([bytes, [bytes, bytes]])
    expect(dataOf(answer).length).toBe(bytes)
  })

  test('of another size than it announces', () => {
    const { announced, answers } = given({ how: 'other-size-in-data' })
    expect([announced, ...answers.map(([total]) => total)]).toEqual([20_000, 19_999, 19_999])
  })

  test('in pieces that are a byte too short', () => {
    const { answers } = given({ how: 'short-data' })
    expect(answers.map(([total, data]) => [total, data.length])).toEqual([
      [20_000, 16_383],
      [20_000, 3_615],
    ])
    expect(parseMetadataMessage(answers[0]![1])).toMatchObject({ code: 'extension.bencode' })
  })

  test.each([
    [{}, 0xffff_ffff],
    [{ announcedBytes: 9_007_199_254_740_991 }, 9_007_199_254_740_991],
  ])('of gigabytes, %j, and gives zeros', (options, bytes) => {
    const answer = given({ how: 'gigabytes', ...options })
    expect([answer.announced, answer.answers.map(([total]) => total)]).toEqual([bytes, [bytes, bytes]])
    expect(dataOf(answer).equals(Buffer.alloc(2 * 16_384))).toBe(true)
  })

  test('that it has, and rejects or ignores requests for it', () => {
    const rejects = given({ how: 'rejects' })
    expect([rejects.announced, rejects.lines.slice(-2)]).toEqual([
      20_000,
      ['40: extended 7 d8:msg_typei2e5:piecei0ee', '40: extended 7 d8:msg_typei2e5:piecei1ee'],
    ])
    const ignores = given({ how: 'ignores' })
    expect([ignores.announced, ignores.lines.length]).toEqual([20_000, 4])
  })
})

test('a peer gives pieces of metadata that nobody asked for, to who takes none too', () => {
  const stage = new Stage({ script: [wrong({ how: 'unasked' })] })
  const client = stage.dial()
  stage.runUntil(1_000)
  const heard = client.take().slice(3)
  // Pieces of 16,384 and 3,616 bytes in turn, at 30, 40, 50 ms…; 20 ms later a large one is here: those sent by 980.
  expect(heard.length).toBe(96)
  expect(heard.every((line) => /extended 2 d8:msg_typei1e5:piecei[01]e10:total_sizei20000ee/.test(line))).toBe(true)
  expect(heard.slice(0, 3).map((line) => /piecei(\d)e.* of (\d+)$/.exec(line)!.slice(1))).toEqual([
    ['0', '16429'],
    ['1', '3661'],
    ['0', '16429'],
  ])
})
