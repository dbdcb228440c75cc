import { describe, expect } from 'vitest'
import type { Message } from '../wire/messages.ts'
import { bytes } from '../wire/stream.testing.ts'
import { EARLY_LOST_MAX, EARLY_PIECES_MAX } from './early-pieces.ts'
import { type Transcript, transcript } from './transcript.testing.ts'
import {
  allowedFast,
  at,
  bitfield,
  block,
  extended,
  have,
  haveAll,
  haveNone,
  interested,
  ours,
  theirs,
  theirsBoth,
  theirsFast,
  unchoke,
} from './wire-words.testing.ts'

/** A magnet link (BEP 9) to a torrent of nine pieces: what a peer tells before we know that is judged when we do. */
const MAGNET = { pieces: 9, isMagnet: true, start: 'accepted' } as const

const lost = (piece: number): Message => extended(3, bytes(piece.toString(16).padStart(8, '0')))

function known(t: Transcript, nowMs: number): void {
  t.command(nowMs, (connection) => connection.contentKnown(nowMs, t.content))
}

describe('what comes before the metadata is told when it is here:', () => {
  for (const [what, messages, line] of [
    ['a bitfield', [bitfield('110000001')], 'has-these 110000001'],
    ['a bitfield and haves', [bitfield('110000001'), have(3), have(3)], 'has-these 110100001'],
    ['two bitfields, which add up', [bitfield('100000000'), bitfield('010000000')], 'has-these 110000000'],
    ['haves', [have(8), have(0)], 'has-these 100000001'],
    ['have-all', [haveAll], 'has-these 111111111'],
    ['have-all, and a piece lost since', [haveAll, lost(1), lost(2), have(2)], 'has-these 101111111'],
    ['a bitfield of nothing', [bitfield('000000000')], 'has-these 000000000'],
  ] as const) {
    transcript(what, MAGNET, (t) => {
      t.accepts(theirsBoth, ...messages)
      expect([t.connection.pieces.pieceCount, t.connection.requestable.pieceCount]).toEqual([0, 0])
      known(t, 5)
      t.event(5, line)
      expect(t.connection.requestable.setCount).toBe(0)
      t.peer(6, unchoke)
      t.event(6, 'unchoked')
      expect(t.connection.requestable.setCount).toBe(t.connection.pieces.setCount)
    })
  }

  transcript('nothing, of one that has nothing', MAGNET, (t) => {
    t.accepts(theirsBoth, haveNone)
    known(t, 5)
    t.peer(6, bitfield('100000000'))
    t.event(6, 'has-these 100000000')
  })

  transcript('all of it at once, when the metadata is here before the handshake', MAGNET, (t) => {
    known(t, 0)
    t.accepts(theirs, bitfield('110000001'))
    t.event(0, 'has-these 110000001')
  })
})

describe('a peer is closed when the metadata shows that it sent', () => {
  for (const [what, messages, text] of [
    [
      'a bitfield before it, of another piece count',
      [bitfield('11111111 11111111 1')],
      'bitfield.length: expected 2 bytes, received 3 bytes',
    ],
    ['a bitfield too short', [bitfield('11111111')], 'bitfield.length: expected 2 bytes, received 1 bytes'],
    ['a bitfield with spare bits', [bitfield('00000000 01')], 'bitfield.spare-bits: expected zeros, received ones'],
    ['a have of the piece behind the last', [have(8), have(9)], 'have.piece: expected below 9, received 9'],
    ['a lost piece behind the last', [haveAll, lost(9)], 'dont-have.piece: expected below 9, received 9'],
  ] as const) {
    transcript(what, MAGNET, (t) => {
      t.accepts(theirsBoth, ...messages)
      known(t, 5)
      t.event(5, `closed: ${text}`)
      known(t, 6)
    })
  }
})

describe('what comes before the metadata is bounded:', () => {
  const bits = (lengthBytes: number): Message => ({ type: 'bitfield', bits: new Uint8Array(lengthBytes) })
  const bytesMax = Math.ceil(EARLY_PIECES_MAX / 8)

  transcript('a bitfield by the largest torrent whose metadata is taken', MAGNET, (t) => {
    t.accepts(theirs, bits(bytesMax))
    t.peer(1, bits(bytesMax + 1))
    t.event(1, `closed: bitfield.length: expected ${bytesMax} bytes, received ${bytesMax + 1} bytes`)
  })

  transcript('the first bitfield too', MAGNET, (t) => {
    t.accepts(theirs)
    t.peer(1, bits(bytesMax + 1))
    t.event(1, `closed: bitfield.length: expected at most ${bytesMax} bytes, received ${bytesMax + 1} bytes`)
  })

  transcript('a have too', MAGNET, (t) => {
    t.accepts(theirs, have(EARLY_PIECES_MAX - 1))
    t.peer(1, have(EARLY_PIECES_MAX))
    t.event(1, `closed: have.piece: expected below ${EARLY_PIECES_MAX}, received ${EARLY_PIECES_MAX}`)
  })

  transcript('a second bitfield by the length of the first', MAGNET, (t) => {
    t.accepts(theirs, bitfield('11111111'))
    t.peer(1, bitfield('11111111 1'))
    t.event(1, 'closed: bitfield.length: expected 1 bytes, received 2 bytes')
  })

  transcript(`lost pieces by ${EARLY_LOST_MAX}`, MAGNET, (t) => {
    t.accepts(theirsBoth, haveAll)
    for (let from = 0; from < EARLY_LOST_MAX; from += 200) {
      t.peer(10 * from, ...Array.from({ length: 200 }, (_, piece) => lost(from + piece)))
    }
    expect(t.connection.state).toBe('open')
    t.peer(20_000, lost(EARLY_LOST_MAX))
    t.event(20_000, `closed: dont-have.piece: expected at most ${EARLY_LOST_MAX} pieces, received 1001`)
  })
})

describe('while the torrent is not known', () => {
  transcript('we have nothing, and a peer that asks is refused', MAGNET, (t) => {
    t.accepts(theirsFast)
    t.peer(1, { type: 'request', ...at(0, 0) })
    t.us(1, { type: 'reject', ...at(0, 0) })
    t.command(2, (connection) => connection.setInterested(2, true))
    t.us(2, interested)
    t.peer(3, haveAll, unchoke)
    t.event(3, 'unchoked')
    expect([t.connection.isUploadOnly, t.connection.requestable.setCount]).toEqual([true, 0])
    t.peer(4, block(0, 0))
    t.event(4, 'unasked 0:0+16384')
  })

  transcript('no suggested piece is told; an allowed one is kept, and judged later', MAGNET, (t) => {
    t.accepts(theirsFast, haveAll, { type: 'suggest', piece: 1 }, allowedFast(3), allowedFast(9))
    known(t, 1)
    t.event(1, 'has-these 111111111')
    expect([t.connection.requestable.setCount, t.connection.requestable.has(at(3, 0).piece)]).toEqual([1, true])
  })
})

const RESUMED = { ...MAGNET, ourPieces: '100000011', allowedFast: [8] }
transcript('what we have is told piece by piece, and what they may ask for while choked', RESUMED, (t) => {
  t.opened(0)
  t.peer(0, theirsFast, have(7))
  t.us(0, ours, haveNone)
  t.event(0, 'handshaken -LT2080-mnopqrstuvwx')
  known(t, 5)
  t.us(5, have(0), have(8), allowedFast(8))
  t.event(5, 'has-these 000000010')
  t.peer(6, { type: 'request', ...at(8, 0) })
  t.event(6, 'requests')
})
