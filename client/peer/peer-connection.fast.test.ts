import { describe, expect } from 'vitest'
import type { Message } from '../wire/messages.ts'
import { REJECTED_FORGOTTEN_MS, REJECTS_IN_A_ROW_MAX, UNSOLICITED_REJECTS_MAX } from './download-side.ts'
import { ALLOWED_FAST_MAX } from './requestable.ts'
import { type Transcript, transcript } from './transcript.testing.ts'
import {
  allowedFast,
  at,
  bitfield,
  block,
  cancel,
  choke,
  have,
  haveAll,
  haveNone,
  interested,
  ours,
  reject,
  request,
  theirs,
  theirsBoth,
  theirsExtended,
  theirsFast,
  unchoke,
} from './wire-words.testing.ts'

const HANDSHAKEN = 'handshaken -LT2080-mnopqrstuvwx'
const PIECES = { pieces: 4, pieceBytes: 4 * 16_384 }
const suggest = (piece: number): Message => ({ type: 'suggest', piece })

/** Speaks fast, has everything, we are interested and unchoked. */
function ready(t: Transcript): void {
  t.opened(0)
  t.us(0, ours)
  t.peer(1, theirsFast, haveAll, unchoke)
  t.us(1, haveNone)
  t.event(1, HANDSHAKEN, 'has-these 1111', 'unchoked')
  t.command(1, (connection) => connection.setInterested(1, true))
  t.us(1, interested)
}

describe('what we have is told', () => {
  for (const [ourPieces, fast, plain] of [
    ['0000', haveNone, null],
    ['0100', bitfield('0100'), bitfield('0100')],
    ['1111', haveAll, bitfield('1111')],
  ] as const) {
    const setup = { ...PIECES, ourPieces, start: 'accepted' } as const
    transcript(`by ${fast.type} where both speak fast (${ourPieces})`, setup, (t) => {
      t.peer(0, theirsFast)
      t.us(0, ours, fast)
      t.event(0, HANDSHAKEN)
    })
    transcript(`by ${plain?.type ?? 'nothing'} where they do not (${ourPieces})`, setup, (t) => {
      t.peer(0, theirs)
      t.us(0, ours, ...(plain === null ? [] : [plain]))
      t.event(0, HANDSHAKEN)
    })
  }
})

describe('what they have', () => {
  transcript('is everything by have-all', PIECES, (t) => {
    ready(t)
    expect([t.connection.pieces.isFull, t.connection.isUploadOnly]).toEqual([true, true])
  })

  transcript('is nothing by have-none, and then what they tell', PIECES, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirsFast, haveNone)
    t.us(1, haveNone)
    t.event(1, HANDSHAKEN)
    expect(t.connection.isUploadOnly).toBe(false)
    t.peer(2, have(1))
    t.event(2, 'has 1')
  })

  transcript('may be told by a late have-all, as aria2 does when it is complete', PIECES, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirsFast, haveNone, bitfield('0100'), haveAll, haveAll)
    t.us(1, haveNone)
    t.event(1, HANDSHAKEN, 'has-these 0100', 'has 0', 'has 2', 'has 3 and everything')
  })

  transcript('is not taken back by a late have-none, which closes', PIECES, (t) => {
    ready(t)
    t.peer(2, haveNone)
    t.event(2, 'closed: have-none.late: expected have-none before any piece, received have-none after one')
  })
})

describe('a choke of a peer that speaks fast', () => {
  transcript('voids at once, and the reject that follows each request is no fault', PIECES, (t) => {
    ready(t)
    t.request(10, at(0, 0), at(0, 1))
    t.us(10, request(0, 0), request(0, 1))
    t.peer(20, choke)
    t.event(20, 'choked 0:0+16384 0:16384+16384')
    t.peer(21, reject(0, 0), block(0, 16_384))
    t.event(21, 'block 0:16384+16384')
    expect([t.connection.requestsFree, t.connection.requestable.setCount]).toEqual([0, 0])
  })

  transcript('leaves what is asked of allowed-fast pieces, and they may be asked for', PIECES, (t) => {
    ready(t)
    t.peer(5, allowedFast(2))
    t.request(10, at(0, 0), at(2, 0))
    t.us(10, request(0, 0), request(2, 0))
    t.peer(20, choke)
    t.event(20, 'choked 0:0+16384')
    const { connection } = t
    expect([connection.outstandingCount, connection.requestsFree]).toEqual([1, 9])
    expect([0, 1, 2, 3].map((piece) => connection.requestable.has(at(piece, 0).piece))).toEqual([
      false,
      false,
      true,
      false,
    ])
    t.request(30, at(2, 1))
    t.us(30, request(2, 1))
    t.deadline(10_010)
    t.event(10_010, 'snubbed 2:0+16384 2:16384+16384')
  })
})

describe('an allowed-fast piece', () => {
  transcript('may be asked for while choked, once the peer has it', PIECES, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirsFast, haveNone, allowedFast(1), allowedFast(4), allowedFast(2 ** 32 - 1))
    t.us(1, haveNone)
    t.event(1, HANDSHAKEN)
    t.command(2, (connection) => connection.setInterested(2, true))
    t.us(2, interested)
    expect(t.connection.requestsFree).toBe(0)
    t.peer(3, have(1))
    t.event(3, 'has 1')
    expect(t.connection.requestsFree).toBe(10)
    t.request(4, at(1, 0))
    t.us(4, request(1, 0))
    t.peer(5, block(1, 0))
    t.event(5, 'block 1:0+16384')
  })

  const MANY = { pieces: 200 }
  transcript(`counts among the first ${ALLOWED_FAST_MAX}, and not after them`, MANY, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirsFast, haveAll, ...Array.from({ length: 150 }, (_, piece) => allowedFast(piece)))
    t.us(1, haveNone)
    t.event(1, HANDSHAKEN, `has-these ${'1'.repeat(200)}`)
    const { requestable } = t.connection
    expect([requestable.setCount, requestable.has(at(99, 0).piece), requestable.has(at(100, 0).piece)]).toEqual([
      100,
      true,
      false,
    ])
  })

  transcript('of a peer that does not speak fast is none', PIECES, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, bitfield('1111'), allowedFast(1))
    t.event(1, HANDSHAKEN, 'has-these 1111')
    expect(t.connection.requestable.setCount).toBe(0)
  })
})

describe('a reject', () => {
  transcript('voids one request, and its piece is not asked for again', PIECES, (t) => {
    ready(t)
    t.request(10, at(0, 0), at(1, 0))
    t.us(10, request(0, 0), request(1, 0))
    t.peer(20, reject(0, 0))
    t.event(20, 'rejected 0:0+16384')
    const { connection } = t
    expect([connection.outstandingCount, connection.requestable.setCount]).toEqual([1, 3])
    expect([connection.requestable.has(at(0, 0).piece), connection.pieces.isFull]).toEqual([false, true])
    t.peer(21, block(1, 0))
    t.event(21, 'block 1:0+16384')
  })

  transcript('is forgotten by an unchoke', PIECES, (t) => {
    ready(t)
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    t.peer(20, reject(0, 0), choke, unchoke)
    t.event(20, 'rejected 0:0+16384', 'choked', 'unchoked')
    expect(t.connection.requestable.setCount).toBe(4)
  })

  transcript('is forgotten after 30 s, so that the only one with a piece is asked again', PIECES, (t) => {
    expect(REJECTED_FORGOTTEN_MS).toBe(30_000)
    ready(t)
    t.request(10, at(0, 0), at(1, 0))
    t.us(10, request(0, 0), request(1, 0))
    t.peer(20, reject(0, 0))
    t.event(20, 'rejected 0:0+16384')
    t.peer(30, reject(1, 0))
    t.event(30, 'rejected 1:0+16384')
    expect(t.connection.requestable.setCount).toBe(2)
    t.deadline(30_030)
    expect(t.connection.requestable.setCount).toBe(4)
  })

  transcript('of the last that is owed stops the clock', PIECES, (t) => {
    ready(t)
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    t.peer(20, reject(0, 0))
    t.event(20, 'rejected 0:0+16384')
    expect(t.connection.deadlineMs()).toBe(30_020)
  })

  transcript('answers a cancel, and is no fault then', PIECES, (t) => {
    ready(t)
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    t.command(20, (connection) => connection.cancel(20, at(0, 0)))
    t.us(20, cancel(0, 0))
    t.peer(30, reject(0, 0))
    expect(t.connection.requestable.setCount).toBe(4)
  })

  transcript(`of what nobody asked for is suffered ${UNSOLICITED_REJECTS_MAX} times, one more closes`, PIECES, (t) => {
    ready(t)
    t.peer(10, ...Array.from({ length: UNSOLICITED_REJECTS_MAX }, () => reject(0, 0)))
    t.peer(11, reject(9, 0))
    t.event(11, 'closed: reject.unsolicited: expected rejects of what was asked for, received 65')
  })
})

describe('a piece that is suggested', () => {
  transcript('is told, when it exists', PIECES, (t) => {
    ready(t)
    t.peer(2, suggest(3), suggest(4), suggest(2 ** 32 - 1), suggest(0))
    t.event(2, 'suggested 3', 'suggested 0')
  })
})

const DEEP = { pieces: 4, pieceBytes: 512 * 16_384, depth: 300 }
transcript('a peer that rejects everything is closed after 256 rejects without a block', DEEP, (t) => {
  ready(t)
  const first = Array.from({ length: REJECTS_IN_A_ROW_MAX }, (_, index) => index)
  t.request(10, at(0, 0), ...first.map((index) => at(1, index)))
  t.us(10, request(0, 0), ...first.map((index) => request(1, index)))
  t.peer(20, ...first.slice(1).map((index) => reject(1, index)), block(0, 0))
  t.event(20, ...first.slice(1).map((index) => `rejected 1:${index * 16_384}+16384`), 'block 0:0+16384')
  t.peer(21, reject(1, 0))
  t.event(21, 'rejected 1:0+16384')
  const again = first.map((index) => at(2, index))
  t.request(22, ...again)
  t.us(22, ...first.map((index) => request(2, index)))
  t.peer(23, ...first.map((index) => reject(2, index)))
  t.event(
    23,
    ...first.map((index) => `rejected 2:${index * 16_384}+16384`),
    'closed: reject.flood: expected a block among 256 answers, received rejects only',
  )
})

describe('where only one of us speaks an extension', () => {
  for (const [speaks, handshake] of [
    ['BEP 3 alone', theirs],
    ['BEP 3 and 10', theirsExtended],
  ] as const) {
    transcript(`fast messages change nothing (${speaks})`, { ...PIECES, start: 'accepted' }, (t) => {
      t.accepts(handshake)
      t.peer(1, haveAll, haveNone, suggest(1), allowedFast(1), reject(0, 0))
      expect([t.connection.pieces.setCount, t.connection.requestable.setCount]).toEqual([0, 0])
    })
  }

  transcript('a peer that speaks both is told of both, the extensions first', { ...PIECES, start: 'accepted' }, (t) => {
    t.accepts(theirsBoth)
  })
})
