import { describe, expect } from 'vitest'
import type { Message } from '../wire/messages.ts'
import { bytes } from '../wire/stream.testing.ts'
import { UNSOLICITED_BLOCKS_MAX } from './download-side.ts'
import { type Transcript, transcript } from './transcript.testing.ts'
import { at, block, cancel, choke, keepAlive, request, unchoke } from './wire-words.testing.ts'

const PIECE = { pieces: 1, pieceBytes: 4 * 16_384 }

describe('a choke', () => {
  transcript('voids what is owed, in order, and what is in flight is still welcome', PIECE, (t) => {
    t.ready('1')
    t.request(10, at(0, 1), at(0, 0))
    t.us(10, request(0, 1), request(0, 0))
    t.peer(90, choke)
    t.event(90, 'choked 0:16384+16384 0:0+16384')
    expect([t.connection.outstandingCount, t.connection.requestsFree]).toEqual([0, 0])
    t.peer(95, block(0, 16_384))
    t.event(95, 'block 0:16384+16384')
    t.peer(96, unchoke)
    t.event(96, 'unchoked')
    expect(t.connection.requestsFree).toBe(10)
    t.peer(97, block(0, 0))
    t.event(97, 'block 0:0+16384')
  })

  transcript('forbids requests until the unchoke', PIECE, (t) => {
    t.ready('1')
    t.peer(5, choke)
    t.event(5, 'choked')
    t.command(6, (connection) => expect(() => connection.request(6, at(0, 0))).toThrow('request to a peer that chokes'))
    t.peer(7, unchoke)
    t.event(7, 'unchoked')
    t.request(8, at(0, 0))
    t.us(8, request(0, 0))
  })

  transcript('that repeats, or an unchoke that does, is told once', PIECE, (t) => {
    t.ready('1')
    t.peer(5, unchoke, choke, choke, unchoke, unchoke)
    t.event(5, 'choked', 'unchoked')
  })

  transcript('stops the clock of the requests it voids', PIECE, (t) => {
    t.ready('1')
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    t.peer(90, choke)
    t.event(90, 'choked 0:0+16384')
    t.deadline(110_010)
    t.us(110_010, keepAlive)
  })
})

describe('the pipeline', () => {
  transcript('takes as many requests as its depth, and one more for each block', { ...PIECE, depth: 3 }, (t) => {
    t.ready('1')
    expect(t.connection.requestsFree).toBe(3)
    t.request(5, at(0, 0), at(0, 1), at(0, 2))
    t.us(5, request(0, 0), request(0, 1), request(0, 2))
    expect([t.connection.requestsFree, t.connection.outstandingCount]).toEqual([0, 3])
    t.command(6, (connection) => expect(() => connection.request(6, at(0, 3))).toThrow('full pipeline'))
    t.peer(7, block(0, 16_384))
    t.event(7, 'block 0:16384+16384')
    expect([t.connection.requestsFree, t.connection.outstandingCount]).toEqual([1, 2])
    t.request(8, at(0, 3))
    t.us(8, request(0, 3))
    t.peer(9, block(0, 0), block(0, 49_152), block(0, 32_768))
    t.event(9, 'block 0:0+16384', 'block 0:49152+16384', 'block 0:32768+16384')
    expect([t.connection.requestsFree, t.connection.downloadedBytes]).toEqual([3, 65_536])
  })

  transcript('of a depth that is given is filled block by block', { ...PIECE, depth: 9 }, (t) => {
    t.ready('1')
    t.request(5, at(0, 0), at(0, 1), at(0, 2), at(0, 3))
    t.us(5, request(0, 0), request(0, 1), request(0, 2), request(0, 3))
    t.command(6, (connection) => expect([connection.requestsFree, connection.wantsRequests]).toEqual([5, true]))
  })

  transcript('of the depth that it finds itself waits for a quarter of it', { ...PIECE, depth: 'auto' }, (t) => {
    t.ready('1')
    // It begins at 4: one at a time.
    t.request(5, at(0, 0), at(0, 1), at(0, 2))
    t.us(5, request(0, 0), request(0, 1), request(0, 2))
    t.command(6, (connection) => expect([connection.requestsFree, connection.wantsRequests]).toEqual([1, true]))
    t.request(7, at(0, 3))
    t.us(7, request(0, 3))
    t.command(8, (connection) => expect([connection.requestsFree, connection.wantsRequests]).toEqual([0, false]))
  })

  transcript('takes none from a peer in which we are not interested', PIECE, (t) => {
    t.ready('1')
    t.command(5, (connection) => connection.setInterested(5, false))
    t.us(5, { type: 'not-interested' })
    expect(t.connection.requestsFree).toBe(0)
    t.command(6, (connection) => expect(() => connection.request(6, at(0, 0))).toThrow('request to a peer'))
  })

  transcript('of depth auto starts with 4 and grows by one a block', { ...PIECE, depth: 'auto' }, (t) => {
    t.ready('1')
    t.request(5, at(0, 0), at(0, 1), at(0, 2), at(0, 3))
    t.us(5, request(0, 0), request(0, 1), request(0, 2), request(0, 3))
    expect(t.connection.requestsFree).toBe(0)
    t.peer(6, block(0, 0))
    t.event(6, 'block 0:0+16384')
    expect(t.connection.requestsFree).toBe(2)
  })

  transcript('knows the short last block', { pieces: 2, pieceBytes: 32_768, totalBytes: 32_768 + 100 }, (t) => {
    t.ready('11')
    t.request(5, at(1, 0, 100))
    t.us(5, { type: 'request', piece: 1, offsetBytes: 0, lengthBytes: 100 })
    t.peer(6, block(1, 0, 100))
    t.event(6, 'block 1:0+100')
    expect(t.connection.outstandingCount).toBe(0)
  })
})

describe('a cancel', () => {
  transcript('frees the pipeline, and a block that comes all the same is welcome', { ...PIECE, depth: 2 }, (t) => {
    t.ready('1')
    t.request(5, at(0, 0), at(0, 1))
    t.us(5, request(0, 0), request(0, 1))
    t.command(6, (connection) => connection.cancel(6, at(0, 0)))
    t.us(6, cancel(0, 0))
    expect(t.connection.requestsFree).toBe(1)
    t.peer(7, block(0, 0))
    t.event(7, 'block 0:0+16384')
    expect(t.connection.requestsFree).toBe(1)
  })

  transcript('of what is not owed sends nothing', PIECE, (t) => {
    t.ready('1')
    t.command(5, (connection) => connection.cancel(5, at(0, 0)))
    t.request(6, at(0, 0))
    t.us(6, request(0, 0))
    t.peer(7, block(0, 0))
    t.event(7, 'block 0:0+16384')
    t.command(8, (connection) => connection.cancel(8, at(0, 0)))
  })

  transcript('of the last that is owed stops the clock, of another does not', PIECE, (t) => {
    t.ready('1')
    t.request(10, at(0, 0), at(0, 1))
    t.us(10, request(0, 0), request(0, 1))
    t.command(20, (connection) => connection.cancel(20, at(0, 0)))
    t.us(20, cancel(0, 0))
    expect(t.connection.deadlineMs()).toBe(10_010)
    t.command(30, (connection) => connection.cancel(30, at(0, 1)))
    t.us(30, cancel(0, 1))
    expect(t.connection.deadlineMs()).toBe(30 + 110_000)
  })
})

/** Owes two blocks from 10 ms on, and is snubbed at 10,010 ms. */
function snub(t: Transcript): void {
  t.ready('1')
  t.request(10, at(0, 0), at(0, 1))
  t.us(10, request(0, 0), request(0, 1))
  t.deadline(10_010)
  t.event(10_010, 'snubbed 0:0+16384 0:16384+16384')
}

describe('a peer that owes blocks', () => {
  transcript('and sends none for 10 s is snubbed, and asked for one at a time until it delivers', PIECE, (t) => {
    snub(t)
    expect([t.connection.isSnubbed, t.connection.outstandingCount, t.connection.requestsFree]).toEqual([true, 0, 1])
    t.request(10_010, at(0, 2))
    t.us(10_010, request(0, 2))
    expect(t.connection.requestsFree).toBe(0)
    t.deadline(20_010)
    t.event(20_010, 'snubbed 0:32768+16384')
    t.request(20_020, at(0, 3))
    t.us(20_020, request(0, 3))
    t.peer(20_500, block(0, 49_152))
    t.event(20_500, 'block 0:49152+16384')
    expect([t.connection.isSnubbed, t.connection.requestsFree]).toEqual([false, 10])
    expect(t.connection.deadlineMs()).toBe(20_020 + 110_000)
  })
})

describe('a peer that owes blocks and is slow', () => {
  transcript('delivers also with a block that was given up', PIECE, (t) => {
    snub(t)
    t.peer(11_000, block(0, 16_384))
    t.event(11_000, 'block 0:16384+16384')
    expect([t.connection.isSnubbed, t.connection.requestsFree]).toEqual([false, 10])
  })

  transcript('has 10 s again after each block', PIECE, (t) => {
    t.ready('1')
    t.request(10, at(0, 0), at(0, 1))
    t.us(10, request(0, 0), request(0, 1))
    t.peer(10_009, block(0, 0))
    t.event(10_009, 'block 0:0+16384')
    t.deadline(20_009)
    t.event(20_009, 'snubbed 0:16384+16384')
  })

  transcript('has 10 s again after a late block too: it is sending', PIECE, (t) => {
    snub(t)
    t.request(10_010, at(0, 2))
    t.us(10_010, request(0, 2))
    t.peer(19_000, block(0, 0))
    t.event(19_000, 'block 0:0+16384')
    t.deadline(29_000)
    t.event(29_000, 'snubbed 0:32768+16384')
  })

  transcript('is given no more time by blocks that nobody asked for', PIECE, (t) => {
    t.ready('1')
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    t.peer(9_000, block(0, 49_152))
    t.event(9_000, 'unasked 0:49152+16384')
    t.deadline(10_010)
    t.event(10_010, 'snubbed 0:0+16384')
    t.peer(10_020, block(0, 49_152))
    t.event(10_020, 'unasked 0:49152+16384')
    expect(t.connection.isSnubbed).toBe(true)
  })

  transcript('is on the clock from its first request, not from its second', PIECE, (t) => {
    t.ready('1')
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    t.request(5_000, at(0, 1))
    t.us(5_000, request(0, 1))
    t.deadline(10_010)
    t.event(10_010, 'snubbed 0:0+16384 0:16384+16384')
  })

  transcript('is on no clock when it owes no more', PIECE, (t) => {
    t.ready('1')
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    t.peer(20, block(0, 0))
    t.event(20, 'block 0:0+16384')
    t.deadline(110_010)
    t.us(110_010, keepAlive)
  })
})

describe('a block that is asked for again', () => {
  transcript('may come twice: the answer to the request that was given up is no fault', PIECE, (t) => {
    snub(t)
    t.request(10_010, at(0, 0))
    t.us(10_010, request(0, 0))
    t.peer(10_020, block(0, 0), block(0, 16_384), block(0, 0))
    t.event(10_020, 'block 0:0+16384', 'block 0:16384+16384', 'block 0:0+16384')
    t.peer(10_030, block(0, 0))
    t.event(10_030, 'unasked 0:0+16384')
  })

  const SMALL = { pieces: 1, pieceBytes: 16_384, totalBytes: 10 }
  const range = at(0, 0, 10)

  transcript('never closes an honest peer that answers every request, however often it stalls', SMALL, (t) => {
    t.ready('1')
    let nowMs = 1_000
    for (let round = 0; round <= UNSOLICITED_BLOCKS_MAX; round++) {
      t.request(nowMs, range)
      t.us(nowMs, { type: 'request', ...range })
      nowMs += 10_000
      t.deadline(nowMs)
      t.event(nowMs, 'snubbed 0:0+10')
      t.request(nowMs, range)
      t.us(nowMs, { type: 'request', ...range })
      t.peer(nowMs, block(0, 0, 10), block(0, 0, 10))
      t.event(nowMs, 'block 0:0+10', 'block 0:0+10')
    }
  })
})

describe('blocks that nobody asked for', () => {
  const short = block(0, 16_384, 1)
  const strange: readonly (readonly [string, Message, string])[] = [
    ['was never asked for', block(0, 49_152), 'unasked 0:49152+16384'],
    ['came already', block(0, 0), 'unasked 0:0+16384'],
    ['starts between blocks', block(0, 16_385), 'unasked 0:16385+16384'],
    ['is short', block(0, 16_384, 100), 'unasked 0:16384+100'],
    ['reaches past the piece', block(0, 65_536), 'unasked 0:65536+16384'],
    ['is of a piece that does not exist', block(1, 0), 'unasked 1:0+16384'],
    ['is of piece 2^32 - 1', block(2 ** 32 - 1, 0, 5), 'unasked 4294967295:0+5'],
  ]
  for (const [what, message, line] of strange) {
    transcript(`are told as such: one that ${what}`, PIECE, (t) => {
      t.ready('1')
      t.request(5, at(0, 0), at(0, 1))
      t.us(5, request(0, 0), request(0, 1))
      t.peer(6, block(0, 0), message)
      t.event(6, 'block 0:0+16384', line)
      expect(t.connection.outstandingCount).toBe(1)
      t.peer(7, block(0, 16_384))
      t.event(7, 'block 0:16384+16384')
    })
  }

  transcript('are suffered 64 times, and the 65th closes', PIECE, (t) => {
    t.ready('1')
    t.request(5, at(0, 1))
    t.us(5, request(0, 1))
    const line = 'unasked 0:16384+1'
    t.peer(6, ...Array.from({ length: UNSOLICITED_BLOCKS_MAX }, () => short))
    t.event(6, ...Array.from({ length: 64 }, () => line))
    t.peer(7, block(0, 16_384))
    t.event(7, 'block 0:16384+16384')
    t.peer(8, short, short)
    t.event(8, 'closed: block.unsolicited: expected blocks that were asked for, received 65')
  })
})

transcript('a frame that is too long closes, and what is owed is voided', PIECE, (t) => {
  t.ready('1')
  t.request(5, at(0, 0))
  t.us(5, request(0, 0))
  t.peer(6, bytes('ffffffff'))
  t.event(6, 'closed: frame.too-long: expected at most 1048576, received 4294967295 | 0:0+16384')
})

transcript('a block longer than was ever asked for closes before it is here', PIECE, (t) => {
  t.ready('1')
  t.request(5, at(0, 0))
  t.us(5, request(0, 0))
  t.peer(6, bytes('0000400a 07'))
  t.event(6, 'closed: frame.length: expected piece of 10 to 16393, received 16394 | 0:0+16384')
})
