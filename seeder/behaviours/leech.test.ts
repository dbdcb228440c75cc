import { describe, expect, test } from 'vitest'
import type { Message } from '../../client/wire/messages.ts'
import type { RawClient } from '../raw-client.testing.ts'
import { Stage } from '../stage.testing.ts'

// 4 pieces: three of two blocks, and a fourth of a block and 3,616 bytes. What is sent takes 10 ms.

const now = (behaviour: string, options: object = {}) => ({
  when: { afterStartMs: 0 },
  do: { behaviour, ...options },
})
const LEECHES = [now('hold', { pieces: [] }), now('leech', { depth: 3 })]
const HAS_ALL: Message = { type: 'bitfield', bits: Uint8Array.of(0xf0) }

function lines(client: RawClient): string[] {
  return client.take().map((line) => line.replace(/^\d+: /, ''))
}

/** The block that a line `request 1:0+16384` asks for. */
function answer(stage: Stage, line: string): Message & { type: 'piece' } {
  const [piece, offsetBytes, lengthBytes] = /(\d+):(\d+)\+(\d+)/.exec(line)!.slice(1).map(Number) as [
    number,
    number,
    number,
  ]
  const from = piece * 32_768 + offsetBytes
  return { type: 'piece', piece, offsetBytes, block: stage.content.slice(from, from + lengthBytes) }
}

/** Answers every request until there is none, and gives all it heard. */
function serve(stage: Stage, client: RawClient): string[] {
  const heard: string[] = []
  for (let news = lines(client); news.length > 0; news = lines(client)) {
    heard.push(...news)
    for (const line of news) if (line.startsWith('request')) client.send(answer(stage, line))
    stage.runUntil(stage.simulation.nowMs + 50)
  }
  return heard
}

describe('a peer that leeches', () => {
  test('is interested in what it lacks, asks in order for so much at once, and tells what it then has', () => {
    const stage = new Stage({ script: LEECHES })
    const client = stage.dial()
    stage.at(50, () => client.send(HAS_ALL))
    stage.at(100, () => client.send({ type: 'unchoke' }))
    stage.runUntil(200)
    expect(client.take().slice(2)).toEqual([
      '70: interested',
      '120: request 0:0+16384',
      '120: request 0:16384+16384',
      '120: request 1:0+16384',
    ])
    for (const line of ['0:0+16384', '0:16384+16384', '1:0+16384']) client.send(answer(stage, line))
    stage.runUntil(300)
    const heard = [...lines(client)]
    client.send(...heard.filter((line) => line.startsWith('request')).map((line) => answer(stage, line)))
    stage.runUntil(400)
    heard.push(...serve(stage, client))
    expect(heard).toEqual([
      'request 1:16384+16384',
      'have 0',
      'request 2:0+16384',
      'request 2:16384+16384',
      'have 1',
      'request 3:0+16384',
      'request 3:16384+3616',
      'have 2',
      'have 3',
      'not-interested',
    ])
    const { downloadedBytes, wrongBlocks, unchokedMs, chokedMs } = stage.peer.leechCounts
    expect([downloadedBytes, wrongBlocks, unchokedMs.map(Math.round), chokedMs]).toEqual([118_304, 0, [110], []])
    expect(stage.peer.conduct.pieces.isFull).toBe(true)
  })

  test('is not interested in who has nothing that it lacks, until that says more', () => {
    const stage = new Stage({ script: [now('hold', { pieces: [0] }), now('leech')] })
    const client = stage.dial()
    stage.at(50, () => client.send({ type: 'bitfield', bits: Uint8Array.of(0x80) }))
    stage.at(100, () => client.send({ type: 'have', piece: 2 }))
    stage.runUntil(200)
    expect(client.take().slice(3)).toEqual(['120: interested'])
  })
})

describe('a peer that leeches', () => {
  test('asks anew, after an unchoke, for what a choke took', () => {
    const stage = new Stage({ script: LEECHES })
    const client = stage.dial()
    client.send(HAS_ALL, { type: 'unchoke' })
    stage.at(100, () => client.send(answer(stage, '0:0+16384'), { type: 'choke' }))
    stage.at(200, () => client.send({ type: 'unchoke' }))
    stage.runUntil(300)
    expect(client.take().slice(6)).toEqual([
      '120: request 1:16384+16384',
      '220: request 0:16384+16384',
      '220: request 1:0+16384',
      '220: request 1:16384+16384',
    ])
    const { unchokedMs, chokedMs } = stage.peer.leechCounts
    expect([unchokedMs.map(Math.round), chokedMs.map(Math.round)]).toEqual([[30, 210], [110]])
  })

  test('counts what is wrong, and asks for it again; what it did not ask for it only counts', () => {
    const stage = new Stage({ script: [now('hold', { pieces: [0, 1, 2] }), now('leech', { depth: 3 })] })
    const client = stage.dial()
    client.send({ type: 'have', piece: 3 }, { type: 'unchoke' })
    stage.runUntil(100)
    client.take()
    const right = answer(stage, '3:0+16384')
    client.send({ ...right, block: right.block.map((byte) => byte ^ 1) }, answer(stage, '0:0+16384'))
    client.send({ ...right, block: right.block.subarray(1) })
    stage.runUntil(200)
    expect(lines(client)).toEqual(['request 3:0+16384'])
    const { downloadedBytes, wrongBlocks, unsolicitedBlocks } = stage.peer.leechCounts
    expect([downloadedBytes, wrongBlocks, unsolicitedBlocks]).toEqual([16_384, 1, 2])
    expect(serve(stage, client)).toEqual([])
    client.send(right)
    client.send(answer(stage, '3:16384+3616'))
    stage.runUntil(300)
    expect(lines(client)).toEqual(['have 3', 'not-interested'])
  })
})

describe('a peer that leeches, and', () => {
  test('speaks fast, leaves what was rejected until the next unchoke', () => {
    const stage = new Stage({ script: [now('speak', { extensions: false }), ...LEECHES] })
    const client = stage.dialExtended()
    client.send({ type: 'have-all' }, { type: 'unchoke' })
    stage.runUntil(100)
    client.take()
    client.send({ type: 'reject', piece: 0, offsetBytes: 0, lengthBytes: 16_384 })
    stage.runUntil(200)
    expect(lines(client)).toEqual(['request 1:16384+16384'])
    client.send({ type: 'choke' }, { type: 'unchoke' })
    client.send(answer(stage, '1:0+16384'))
    stage.runUntil(300)
    expect(lines(client)).toEqual(['request 0:0+16384'])
    expect(stage.peer.leechCounts.rejectedRequests).toBe(1)
  })

  test('speaks BEP 54, does not ask for a piece that they have lost', () => {
    const stage = new Stage({ script: [now('speak'), ...LEECHES] })
    const client = stage.dialExtended()
    client.send({ type: 'have', piece: 1 }, { type: 'have', piece: 2 })
    client.send({ type: 'extended', extensionId: 3, payload: Uint8Array.of(0, 0, 0, 1) }, { type: 'unchoke' })
    stage.runUntil(100)
    expect(lines(client).slice(-2)).toEqual(['request 2:0+16384', 'request 2:16384+16384'])
  })

  test('does not keep, takes what others have again and again, and serves what it has meanwhile', () => {
    const stage = new Stage({ script: [now('leech', { depth: 2, keep: false })] })
    const client = stage.dial()
    client.send({ type: 'have', piece: 3 }, { type: 'unchoke' }, { type: 'interested' })
    stage.runUntil(100)
    client.take()
    const round = [answer(stage, '3:0+16384'), answer(stage, '3:16384+3616')]
    for (let each = 0; each < 5; each++) {
      client.send(...round)
      stage.runUntil(stage.simulation.nowMs + 100)
      expect(lines(client)).toEqual(['request 3:0+16384', 'request 3:16384+3616'])
    }
    expect(stage.peer.leechCounts.downloadedBytes).toBe(5 * 20_000)
  })
})
